// Messages in a list: delivered when someone takes them, once their time has come, one at a time within a session.
import { atSending, type Message } from '../../api/message.ts'
import type { Clock } from '../../ports/clock.ts'
import type { CloudEvent, MessageBus } from '../../ports/message-bus.ts'

/** As the real bus: a second message with the same id within this time is dropped. */
const duplicateWindowMs = 30_000

export class MemoryMessageBus implements MessageBus {
  readonly events: CloudEvent[] = []
  readonly #clock: Pick<Clock, 'now'>
  readonly #waiting: Message[] = []
  readonly #seen = new Map<string, number>()
  /** Messages accepted since the start, by queue. */
  readonly sent: Record<string, number> = {}

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  async send(messages: readonly Message[]): Promise<void> {
    for (const unsent of messages) {
      const message = atSending(unsent, this.#clock.now())
      if (message.id !== undefined && this.#isDuplicate(`${message.queue}\n${message.id}`)) continue
      this.sent[message.queue] = (this.sent[message.queue] ?? 0) + 1
      this.#waiting.push(message)
    }
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    this.events.push(...events)
  }

  /** Messages that may be delivered now, in the order they were sent. */
  due(): readonly Message[] {
    return this.#waiting.filter(({ notBefore }) => (notBefore ?? 0) <= this.#clock.now())
  }

  /** When the earliest message that is not yet due will be; undefined when none waits. */
  nextDue(): number | undefined {
    const later = this.#waiting.map(({ notBefore }) => notBefore ?? 0).filter((at) => at > this.#clock.now())
    return later.length === 0 ? undefined : Math.min(...later)
  }

  /** Takes a message out of the list; putting it back is `put`. */
  take(message: Message): void {
    const index = this.#waiting.indexOf(message)
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  put(message: Message): void {
    this.#waiting.push(message)
  }

  #isDuplicate(id: string): boolean {
    const now = this.#clock.now()
    const seen = this.#seen.get(id)
    if (seen !== undefined && now - seen < duplicateWindowMs) return true
    this.#seen.set(id, now)
    return false
  }
}
