// The messages of one queue by sequence number, with their counts, their bytes and their records in the journal.

import type { Surroundings } from './entity.ts'
import { encodeForJournal } from './message.ts'
import type { MessageState, QueuedMessage } from './queued-message.ts'

export class MessageTable {
  readonly #surroundings: Surroundings
  readonly #entity: string
  /** In the order of sequence numbers, since numbers only grow. */
  readonly #messages = new Map<number, QueuedMessage>()
  readonly #counts: Record<MessageState, number> = { ready: 0, locked: 0, scheduled: 0, deferred: 0 }
  #bytes = 0

  constructor(surroundings: Surroundings, entity: string) {
    this.#surroundings = surroundings
    this.#entity = entity
  }

  /** Encoded bytes of all messages, as they were received. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#messages.size
  }

  get counts(): Readonly<Record<MessageState, number>> {
    return this.#counts
  }

  get(sequence: number): QueuedMessage | undefined {
    return this.#messages.get(sequence)
  }

  has(message: QueuedMessage): boolean {
    return this.#messages.get(message.sequence) === message
  }

  add(message: QueuedMessage, state: MessageState): void {
    message.state = state
    this.#messages.set(message.sequence, message)
    this.#counts[state] += 1
    this.#bytes += message.content.sizeBytes
  }

  shift(message: QueuedMessage, state: MessageState): void {
    this.#counts[message.state] -= 1
    this.#counts[state] += 1
    message.state = state
  }

  delete(message: QueuedMessage): void {
    const { ledger } = this.#surroundings
    this.#counts[message.state] -= 1
    this.#bytes -= message.content.sizeBytes
    this.#messages.delete(message.sequence)
    if (ledger.keeps) ledger.record({ kind: 'remove', entity: this.#entity, sequence: message.sequence })
  }

  /** Records the message as it is now. A lock is not recorded: after a restart the message is where it was before it. */
  keep(message: QueuedMessage): void {
    const { ledger } = this.#surroundings
    if (!ledger.keeps) return
    ledger.record({
      kind: 'put',
      entity: this.#entity,
      sequence: message.sequence,
      message: {
        enqueuedAtMs: message.enqueuedAtMs,
        deliveryCount: message.deliveryCount,
        state: message.state === 'locked' ? (message.lock?.from ?? 'ready') : message.state,
        scheduledForMs: message.scheduledForMs,
        enqueueSequenceNumber: message.enqueueSequenceNumber,
        deadLetterSource: message.deadLetterSource,
        raw: encodeForJournal(message.content),
      },
    })
  }

  /** Messages in any state from a number on, in order. */
  from(sequence: number, max: number, sessionId: string | undefined): QueuedMessage[] {
    const found: QueuedMessage[] = []
    for (const message of this.#messages.values()) {
      if (found.length >= max) break
      if (message.sequence < sequence) continue
      if (sessionId === undefined || message.content.sessionId === sessionId) found.push(message)
    }
    return found
  }
}
