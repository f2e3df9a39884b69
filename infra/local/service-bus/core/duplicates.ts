// Remembers message ids for a while, so that a message sent twice is kept once.

/** Ids in the order they came; since the window is one length for all, the oldest run out first. */
export class Duplicates {
  readonly #windowMs: number
  readonly #until = new Map<string, number>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  get size(): number {
    return this.#until.size
  }

  /** True when the id was noted within the window. */
  has(id: string, nowMs: number): boolean {
    for (const [oldest, until] of this.#until) {
      if (until > nowMs) break
      this.#until.delete(oldest)
    }
    return this.#until.has(id)
  }

  /** Notes an id and returns the moment it is forgotten (epoch milliseconds). */
  note(id: string, nowMs: number): number {
    const until = nowMs + this.#windowMs
    this.#until.set(id, until)
    return until
  }

  /** Takes up what was noted before a restart; call in the order of `untilMs`. */
  restore(id: string, untilMs: number): void {
    this.#until.set(id, untilMs)
  }
}
