// A queue whose receivers compete: each message has a lock of its own.
import { BusError } from './bus-error.ts'
import type { LockToken } from './lock-token.ts'
import type { Consumer, QueuedMessage } from './queued-message.ts'
import { RemovableHeap } from './removable-heap.ts'
import { StoredQueue } from './stored-queue.ts'

export class PlainQueue extends StoredQueue {
  readonly #ready = new RemovableHeap<QueuedMessage>()
  /** Rotates: whoever got a message goes to the end. */
  readonly #consumers: Consumer[] = []

  protected override offer(message: QueuedMessage): void {
    message.ready = this.#ready.push(message.sequence, message)
    this.pump()
  }

  protected override withdraw(message: QueuedMessage): void {
    if (message.ready !== undefined) this.#ready.remove(message.ready)
  }

  protected override forgotten(): void {}
  protected override unlocked(): void {}

  protected override lockTerm(): { untilMs: number; ownDeadline: boolean } {
    return { untilMs: this.surroundings.now() + this.settings.lockDurationMs, ownDeadline: true }
  }

  protected override lockLost(): BusError {
    return new BusError(
      'com.microsoft:message-lock-lost',
      `The lock supplied is invalid: it expired, or the message was already removed from '${this.settings.path}'.`,
    )
  }

  /** Throws BusError resource-limit-exceeded when too many receive already. */
  attach(consumer: Consumer): void {
    const { maxReceivers } = this.surroundings.limits
    if (this.#consumers.length >= maxReceivers) {
      throw new BusError(
        'amqp:resource-limit-exceeded',
        `'${this.settings.path}' has ${maxReceivers} receivers, which is the limit.`,
      )
    }
    this.#consumers.push(consumer)
  }

  /** Messages it holds stay locked until their locks run out, as in Azure. Idempotent. */
  detach(consumer: Consumer): void {
    const index = this.#consumers.indexOf(consumer)
    if (index >= 0) this.#consumers.splice(index, 1)
  }

  /** Hands out what is ready to who has credit. Call when credit grows. */
  pump(): void {
    while (this.#ready.size > 0) {
      const consumer = this.#nextConsumer()
      if (consumer === undefined) return
      const message = this.#ready.pop()?.value
      if (message === undefined) return
      this.take(message, consumer.mode)
      consumer.deliver(message)
    }
  }

  #nextConsumer(): Consumer | undefined {
    const index = this.#consumers.findIndex((consumer) => consumer.credit() > 0)
    const consumer = this.#consumers[index]
    if (consumer !== undefined && index < this.#consumers.length - 1) {
      this.#consumers.splice(index, 1)
      this.#consumers.push(consumer)
    }
    return consumer
  }

  /** Locks again from now; returns the new ends (epoch milliseconds). Throws BusError lock-lost; then none is renewed. */
  renew(tokens: readonly LockToken[]): number[] {
    const messages = tokens.map((token) => this.locked(token))
    const untilMs = this.surroundings.now() + this.settings.lockDurationMs
    for (const message of messages) {
      const { lock } = message
      if (lock === undefined) continue
      this.surroundings.deadlines.cancel(lock.deadline)
      lock.untilMs = untilMs
      lock.deadline = this.surroundings.deadlines.add(untilMs, () => this.failDelivery(message))
    }
    return messages.map(() => untilMs)
  }
}
