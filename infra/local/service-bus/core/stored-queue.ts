// The life of a message in a queue, a subscription or a dead-letter queue: scheduled, ready, locked, deferred, gone. How
// ready messages find a receiver is the business of the two kinds built on this: plain-queue.ts and session-queue.ts.
import type { StoredEntity } from '../journal.ts'
import { BusError } from './bus-error.ts'
import {
  checkContent,
  type Destination,
  DuplicateGate,
  type EntityStats,
  type QueueSettings,
  type Surroundings,
} from './entity.ts'
import type { LockToken } from './lock-token.ts'
import { deadLettered, type MessageContent, parseMessage, withApplicationProperties } from './message.ts'
import { MessageTable } from './message-table.ts'
import type { Lock, Origin, Outcome, QueuedMessage } from './queued-message.ts'

export abstract class StoredQueue implements Destination {
  readonly settings: QueueSettings
  /** Lower-case path: the name in the journal. */
  readonly key: string
  /** Absent on a dead-letter queue. */
  readonly deadLetters: StoredQueue | undefined
  protected readonly surroundings: Surroundings
  protected readonly table: MessageTable
  readonly #locks = new Map<LockToken, QueuedMessage>()
  readonly #duplicates: DuplicateGate
  #nextSequence = 1
  #sends = 0
  #deliveries = 0

  constructor(surroundings: Surroundings, settings: QueueSettings, deadLetters: StoredQueue | undefined) {
    this.surroundings = surroundings
    this.settings = settings
    this.key = settings.path.toLowerCase()
    this.deadLetters = deadLetters
    this.table = new MessageTable(surroundings, this.key)
    this.#duplicates = new DuplicateGate(surroundings, this.key, settings.duplicateWindowMs)
  }

  // ---- what the two kinds decide -------------------------------------------------------------------------------------

  /** A message became ready: queue it by number and hand it out if someone waits. */
  protected abstract offer(message: QueuedMessage): void
  /** A ready message leaves without being delivered. */
  protected abstract withdraw(message: QueuedMessage): void
  /** A message is gone for good. */
  protected abstract forgotten(message: QueuedMessage): void
  /** Until when a message locked now stays locked, and whether that needs a deadline of its own. */
  protected abstract lockTerm(message: QueuedMessage): { untilMs: number; ownDeadline: boolean }
  /** A message that was locked is so no more. */
  protected abstract unlocked(message: QueuedMessage): void
  protected abstract lockLost(): BusError

  // ---- sending -------------------------------------------------------------------------------------------------------

  check(content: MessageContent): void {
    const { path, requiresSession } = this.settings
    checkContent(path, content, this.surroundings.limits)
    if (requiresSession && content.sessionId === undefined) {
      throw new BusError(
        'amqp:not-allowed',
        `The SessionId was not set on a message, and it cannot be sent to '${path}', which requires sessions.`,
      )
    }
    if (this.table.bytes + content.sizeBytes > this.surroundings.limits.maxEntityBytes) {
      throw new BusError(
        'amqp:resource-limit-exceeded',
        `'${path}' holds ${this.table.bytes} of ${this.surroundings.limits.maxEntityBytes} allowed bytes and has no room for ${content.sizeBytes} more.`,
      )
    }
  }

  send(content: MessageContent): boolean {
    this.#sends += 1
    if (!this.#duplicates.admits(content.messageId)) return false
    const now = this.surroundings.now()
    if (content.scheduledForMs !== undefined && content.scheduledForMs > now)
      this.#hold(content, content.scheduledForMs)
    else this.receive(content, {})
    return true
  }

  /** Takes a message without checks: a topic's copy, or a dead-lettered one. */
  receive(content: MessageContent, origin: Origin): void {
    const message = this.#create(content, origin.enqueuedAtMs ?? this.surroundings.now(), origin)
    this.table.add(message, 'ready')
    this.table.keep(message)
    this.#watchExpiry(message)
    this.offer(message)
  }

  /** Takes a message that this queue cannot serve straight to its dead letters. */
  receiveDead(content: MessageContent, reason: string, description: string): void {
    this.deadLetters?.receive(deadLettered(content, reason, description), { deadLetterSource: this.settings.path })
  }

  schedule(content: MessageContent, atMs: number): number {
    this.#sends += 1
    if (!this.#duplicates.admits(content.messageId)) return this.#nextSequence++
    return this.#hold(content, atMs)
  }

  cancelScheduled(sequences: readonly number[]): void {
    const messages = sequences.map((sequence) => {
      const message = this.table.get(sequence)
      if (message?.state !== 'scheduled') throw this.#notFound(sequence)
      return message
    })
    for (const message of messages) this.remove(message)
  }

  #hold(content: MessageContent, atMs: number): number {
    const message = this.#create(content, this.surroundings.now(), {})
    message.scheduledForMs = atMs
    this.table.add(message, 'scheduled')
    this.table.keep(message)
    message.deadline = this.surroundings.deadlines.add(atMs, () => this.#activate(message))
    return message.sequence
  }

  #activate(message: QueuedMessage): void {
    message.enqueuedAtMs = this.surroundings.now()
    message.scheduledForMs = undefined
    message.deadline = undefined
    this.table.shift(message, 'ready')
    this.table.keep(message)
    this.#watchExpiry(message)
    this.offer(message)
  }

  #create(content: MessageContent, enqueuedAtMs: number, origin: Origin): QueuedMessage {
    const { defaultTtlMs } = this.settings
    const ttlMs = Math.min(content.ttlMs ?? Number.POSITIVE_INFINITY, defaultTtlMs ?? Number.POSITIVE_INFINITY)
    /** Nothing expires in a dead-letter queue. */
    const expires = this.deadLetters !== undefined && Number.isFinite(ttlMs)
    return {
      sequence: this.#nextSequence++,
      content,
      enqueuedAtMs,
      deliveryCount: origin.deliveryCount ?? 0,
      state: 'ready',
      ttlMs: expires ? ttlMs : undefined,
      scheduledForMs: undefined,
      enqueueSequenceNumber: origin.enqueueSequenceNumber,
      deadLetterSource: origin.deadLetterSource,
    }
  }

  // ---- bookkeeping ---------------------------------------------------------------------------------------------------

  /** Takes up what was there before a restart. Call once, before anyone sends or receives. */
  restore(stored: StoredEntity): void {
    this.#duplicates.restore(stored.duplicates)
    for (const { sequence, message: kept } of stored.messages) {
      this.#nextSequence = sequence
      const content = parseMessage(kept.raw, this.surroundings.newToken)
      const message = this.#create(content, kept.enqueuedAtMs, kept)
      message.scheduledForMs = kept.scheduledForMs
      this.table.add(message, kept.state)
      if (kept.state === 'scheduled') {
        message.deadline = this.surroundings.deadlines.add(kept.scheduledForMs ?? 0, () => this.#activate(message))
      } else {
        this.#watchExpiry(message)
        if (kept.state === 'ready') this.offer(message)
        else this.tracked(message)
      }
    }
    this.#nextSequence = Math.max(this.#nextSequence, stored.nextSequence)
  }

  /** A message that was restored without being offered. */
  protected tracked(_message: QueuedMessage): void {}

  /** Takes a message out for good. */
  protected remove(message: QueuedMessage): void {
    this.surroundings.deadlines.cancel(message.deadline)
    if (message.state === 'ready') this.withdraw(message)
    if (message.state === 'locked') this.#unlock(message)
    this.table.delete(message)
    this.forgotten(message)
  }

  stats(): EntityStats {
    const { ready, locked, scheduled, deferred } = this.table.counts
    return {
      active: ready,
      locked,
      scheduled,
      deferred,
      deadLettered: this.deadLetters?.table.size ?? 0,
      sends: this.#sends,
      deliveries: this.#deliveries,
    }
  }

  #notFound(sequence: number): BusError {
    return new BusError(
      'com.microsoft:message-not-found',
      `'${this.settings.path}' has no such message with sequence number ${sequence}.`,
    )
  }

  // ---- time to live --------------------------------------------------------------------------------------------------

  #watchExpiry(message: QueuedMessage): void {
    if (message.ttlMs === undefined) return
    const expiresAt = message.enqueuedAtMs + message.ttlMs
    message.deadline = this.surroundings.deadlines.add(expiresAt, () => this.#expire(message))
  }

  /** A locked message outlives its time until its lock ends; then `giveBack` looks again. */
  #expire(message: QueuedMessage): void {
    if (message.state === 'locked') return
    if (this.settings.deadLetterOnExpiry && this.deadLetters !== undefined) {
      this.moveToDeadLetters(message, 'TTLExpiredException', 'The message expired and was dead lettered.')
    } else {
      this.remove(message)
    }
  }

  #isExpired(message: QueuedMessage): boolean {
    return message.ttlMs !== undefined && message.enqueuedAtMs + message.ttlMs <= this.surroundings.now()
  }

  // ---- locks ---------------------------------------------------------------------------------------------------------

  /** Hands a ready or deferred message to a receiver; the caller delivers it. */
  protected take(message: QueuedMessage, mode: 'lock' | 'delete'): void {
    this.#deliveries += 1
    if (mode === 'delete') {
      this.remove(message)
      return
    }
    const { untilMs, ownDeadline } = this.lockTerm(message)
    const lock: Lock = {
      token: this.surroundings.newToken(),
      untilMs,
      from: message.state === 'deferred' ? 'deferred' : 'ready',
    }
    if (ownDeadline) lock.deadline = this.surroundings.deadlines.add(untilMs, () => this.failDelivery(message))
    message.lock = lock
    this.#locks.set(lock.token, message)
    this.table.shift(message, 'locked')
  }

  #unlock(message: QueuedMessage): void {
    const { lock } = message
    if (lock === undefined) return
    this.surroundings.deadlines.cancel(lock.deadline)
    this.#locks.delete(lock.token)
    message.lock = undefined
    this.unlocked(message)
  }

  /** The lock ran out: counts as a failed delivery. */
  protected failDelivery(message: QueuedMessage): void {
    message.deliveryCount += 1
    if (this.deadLetters !== undefined && message.deliveryCount >= this.settings.maxDeliveryCount) {
      this.moveToDeadLetters(
        message,
        'MaxDeliveryCountExceeded',
        `Message could not be consumed after ${message.deliveryCount} delivery attempts.`,
      )
      return
    }
    this.giveBack(message, message.lock?.from ?? 'ready')
    if (this.table.has(message)) this.table.keep(message)
  }

  /** Returns a locked message to its place without counting. */
  protected giveBack(message: QueuedMessage, state: 'ready' | 'deferred'): void {
    this.#unlock(message)
    this.table.shift(message, state)
    if (this.#isExpired(message)) this.#expire(message)
    else if (state === 'ready') this.offer(message)
  }

  /** The message a token locks. Throws BusError lock-lost when the lock is gone, whoever holds the message now. */
  locked(token: LockToken): QueuedMessage {
    const message = this.#locks.get(token)
    if (message === undefined) throw this.lockLost()
    return message
  }

  /** Throws BusError lock-lost when the lock is gone. */
  settle(token: LockToken, outcome: Outcome): void {
    const message = this.locked(token)
    if (outcome.kind === 'complete') this.remove(message)
    else if (outcome.kind === 'release') this.giveBack(message, message.lock?.from ?? 'ready')
    else if (outcome.kind === 'dead-letter') {
      this.moveToDeadLetters(message, outcome.reason, outcome.description, outcome.properties)
    } else this.#modify(message, outcome)
  }

  #modify(message: QueuedMessage, outcome: Extract<Outcome, { kind: 'abandon' | 'defer' }>): void {
    if (outcome.properties !== undefined) {
      message.content = withApplicationProperties(message.content, outcome.properties)
    }
    if (outcome.kind === 'abandon') {
      this.failDelivery(message)
      return
    }
    this.giveBack(message, 'deferred')
    if (this.table.has(message)) this.table.keep(message)
  }

  /** The copy keeps body, properties, id, enqueued time and count; its number is the dead-letter queue's own. */
  protected moveToDeadLetters(
    message: QueuedMessage,
    reason: string | undefined,
    description: string | undefined,
    properties?: ReadonlyMap<string, Buffer>,
  ): void {
    if (this.deadLetters === undefined) {
      throw new BusError(
        'amqp:not-allowed',
        `'${this.settings.path}' is a dead-letter queue: its messages cannot be dead-lettered again.`,
      )
    }
    this.remove(message)
    this.deadLetters.receive(deadLettered(message.content, reason, description, properties), {
      enqueuedAtMs: message.enqueuedAtMs,
      deliveryCount: message.deliveryCount,
      deadLetterSource: this.settings.path,
    })
  }

  // ---- by sequence number --------------------------------------------------------------------------------------------

  /** Messages in any state from a number on, in order; at most `max` and at most what the limits allow. */
  peek(from: number, max: number, sessionId?: string): QueuedMessage[] {
    return this.table.from(from, Math.min(max, this.surroundings.limits.maxPeek), sessionId)
  }

  /** Takes deferred messages. Throws BusError message-not-found when one of them is not deferred; then none is taken. */
  receiveDeferred(sequences: readonly number[], mode: 'lock' | 'delete', sessionId?: string): QueuedMessage[] {
    const messages = sequences.map((sequence) => {
      const message = this.table.get(sequence)
      if (message?.state !== 'deferred') throw this.#notFound(sequence)
      if (sessionId !== undefined && message.content.sessionId !== sessionId) throw this.#notFound(sequence)
      return message
    })
    for (const message of messages) this.take(message, mode)
    return messages
  }
}
