// Everything that happens later: locks, expiry, scheduled messages, waiting receivers. One ordered set, one timer over it.
import { type HeapNode, RemovableHeap } from './removable-heap.ts'

export type Deadline = HeapNode<() => void>

/** Time for the bus. `setTimer` returns the function that calls the timer off. */
export interface BusClock {
  /** Epoch milliseconds. */
  now(): number
  setTimer(delayMs: number, fire: () => void): () => void
}

/** Longest delay setTimeout keeps; a later deadline is simply armed again. */
const longestTimerMs = 2_147_483_647

/** The machine's clock. Its timers never keep the process alive. */
export const systemClock: BusClock = {
  now: () => Date.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Runs each action once its moment has come, earliest first; at most one timer is armed at any time. */
export class Deadlines {
  readonly #heap = new RemovableHeap<() => void>()
  readonly #clock: BusClock
  #armedFor = Number.POSITIVE_INFINITY
  #disarm: (() => void) | undefined
  #closed = false

  constructor(clock: BusClock) {
    this.#clock = clock
  }

  /** `atMs` is epoch milliseconds; a moment in the past runs on the next timer turn, never inside this call. */
  add(atMs: number, run: () => void): Deadline {
    const deadline = this.#heap.push(atMs, run)
    if (atMs < this.#armedFor) this.#arm(atMs)
    return deadline
  }

  cancel(deadline: Deadline | undefined): void {
    if (deadline !== undefined) this.#heap.remove(deadline)
  }

  close(): void {
    this.#closed = true
    this.#disarm?.()
  }

  #arm(atMs: number): void {
    if (this.#closed) return
    this.#disarm?.()
    this.#armedFor = atMs
    const delay = Math.min(Math.max(atMs - this.#clock.now(), 0), longestTimerMs)
    this.#disarm = this.#clock.setTimer(delay, () => this.#fire())
  }

  #fire(): void {
    this.#disarm = undefined
    const now = this.#clock.now()
    for (let next = this.#heap.peek(); next !== undefined && next.key <= now; next = this.#heap.peek()) {
      this.#heap.remove(next)
      next.value()
    }
    this.#armedFor = Number.POSITIVE_INFINITY
    const next = this.#heap.peek()
    if (next !== undefined) this.#arm(next.key)
  }
}
