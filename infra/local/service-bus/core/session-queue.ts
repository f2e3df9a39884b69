// A queue in which messages of one session go, in order, to the one receiver that holds the session.
import type { StoredEntity } from '../journal.ts'
import { BusError } from './bus-error.ts'
import type { Deadline } from './deadlines.ts'
import type { Consumer, QueuedMessage } from './queued-message.ts'
import { type HeapNode, RemovableHeap } from './removable-heap.ts'
import { StoredQueue } from './stored-queue.ts'

/** A receiver that holds, or waits for, a session. */
export interface SessionConsumer extends Consumer {
  /** The session is its own until `untilMs` (epoch milliseconds), or until it renews or releases. */
  granted(sessionId: string, untilMs: number): void
  /** It waited long enough; nothing was granted. */
  refused(error: BusError): void
  /** The lock ran out: the session is somebody else's now. */
  lost(error: BusError): void
}

interface Session {
  readonly id: string
  readonly ready: RemovableHeap<QueuedMessage>
  readonly locked: Set<QueuedMessage>
  /** Messages in any state. */
  size: number
  state: Buffer | undefined
  owner: SessionConsumer | undefined
  lockedUntilMs: number
  deadline: Deadline | undefined
  /** Its place among the free sessions with something ready. */
  available: HeapNode<Session> | undefined
}

interface Waiter {
  readonly consumer: SessionConsumer
  readonly deadline: Deadline
}

export class SessionQueue extends StoredQueue {
  readonly #sessions = new Map<string, Session>()
  /** Free sessions with a ready message, by the number of their oldest. */
  readonly #available = new RemovableHeap<Session>()
  /** First come, first served: a Map keeps insertion order. */
  readonly #waiters = new Map<SessionConsumer, Waiter>()
  readonly #held = new Map<SessionConsumer, Session>()

  override restore(stored: StoredEntity): void {
    super.restore(stored)
    for (const { session, state } of stored.sessions) this.#session(session).state = state
  }

  // ---- messages ------------------------------------------------------------------------------------------------------

  protected override offer(message: QueuedMessage): void {
    const session = this.#session(message.content.sessionId ?? '')
    if (message.ready === undefined) session.size += 1
    message.ready = session.ready.push(message.sequence, message)
    if (session.owner === undefined) this.#refresh(session)
    else this.#pumpSession(session, session.owner)
  }

  protected override tracked(message: QueuedMessage): void {
    const session = this.#session(message.content.sessionId ?? '')
    session.size += 1
    message.ready = { key: message.sequence, value: message, index: -1 }
  }

  protected override withdraw(message: QueuedMessage): void {
    const session = this.#session(message.content.sessionId ?? '')
    if (message.ready !== undefined) session.ready.remove(message.ready)
    this.#refresh(session)
  }

  protected override forgotten(message: QueuedMessage): void {
    if (message.ready === undefined) return
    const session = this.#session(message.content.sessionId ?? '')
    session.size -= 1
    this.#dropIfIdle(session)
  }

  protected override lockTerm(message: QueuedMessage): { untilMs: number; ownDeadline: boolean } {
    const session = this.#session(message.content.sessionId ?? '')
    session.locked.add(message)
    return { untilMs: session.lockedUntilMs, ownDeadline: false }
  }

  protected override unlocked(message: QueuedMessage): void {
    this.#sessions.get(message.content.sessionId ?? '')?.locked.delete(message)
  }

  protected override lockLost(): BusError {
    return new BusError(
      'com.microsoft:session-lock-lost',
      `The session lock has expired on '${this.settings.path}'. Accept a session again to receive.`,
    )
  }

  #session(id: string): Session {
    let session = this.#sessions.get(id)
    if (session === undefined) {
      session = {
        id,
        ready: new RemovableHeap(),
        locked: new Set(),
        size: 0,
        state: undefined,
        owner: undefined,
        lockedUntilMs: 0,
        deadline: undefined,
        available: undefined,
      }
      this.#sessions.set(id, session)
    }
    return session
  }

  #dropIfIdle(session: Session): void {
    if (session.size > 0 || session.owner !== undefined || session.state !== undefined) return
    this.#sessions.delete(session.id)
  }

  // ---- who may receive -----------------------------------------------------------------------------------------------

  /** Keeps the session's place among the free ones right, and grants it when somebody waits. */
  #refresh(session: Session): void {
    const oldest = session.owner === undefined ? session.ready.peek() : undefined
    if (session.available !== undefined && session.available.key === oldest?.key) return
    if (session.available !== undefined) this.#available.remove(session.available)
    session.available = undefined
    if (oldest === undefined) return
    const waiter = this.#waiters.values().next().value
    if (waiter === undefined) {
      session.available = this.#available.push(oldest.key, session)
      return
    }
    this.#stopWaiting(waiter)
    this.#grant(session, waiter.consumer)
  }

  /**
   * Gives the named session, held or empty ones included. Throws BusError session-cannot-be-locked when somebody else has
   * it. The consumer hears `granted` before this returns.
   */
  accept(consumer: SessionConsumer, sessionId: string): void {
    this.#checkRoom()
    const session = this.#session(sessionId)
    if (session.owner !== undefined) {
      throw new BusError(
        'com.microsoft:session-cannot-be-locked',
        `The requested session '${sessionId}' of '${this.settings.path}' cannot be accepted. It may be locked by another receiver.`,
      )
    }
    this.#grant(session, consumer)
  }

  /** Gives the free session that has waited longest, now or as soon as there is one; `refused` after `timeoutMs`. */
  acceptNext(consumer: SessionConsumer, timeoutMs: number): void {
    this.#checkRoom()
    const next = this.#available.peek()?.value
    if (next !== undefined) {
      this.#grant(next, consumer)
      return
    }
    const deadline = this.surroundings.deadlines.add(this.surroundings.now() + timeoutMs, () => {
      this.#waiters.delete(consumer)
      consumer.refused(
        new BusError(
          'com.microsoft:timeout',
          `No session of '${this.settings.path}' became available within ${timeoutMs} ms.`,
        ),
      )
    })
    this.#waiters.set(consumer, { consumer, deadline })
  }

  #checkRoom(): void {
    const { maxReceivers } = this.surroundings.limits
    if (this.#held.size + this.#waiters.size < maxReceivers) return
    throw new BusError(
      'amqp:resource-limit-exceeded',
      `'${this.settings.path}' has ${maxReceivers} receivers, which is the limit.`,
    )
  }

  #stopWaiting(waiter: Waiter): void {
    this.surroundings.deadlines.cancel(waiter.deadline)
    this.#waiters.delete(waiter.consumer)
  }

  #grant(session: Session, consumer: SessionConsumer): void {
    session.owner = consumer
    this.#held.set(consumer, session)
    this.#refresh(session)
    this.#lockUntil(session, this.surroundings.now() + this.settings.lockDurationMs)
    consumer.granted(session.id, session.lockedUntilMs)
    this.#pumpSession(session, consumer)
  }

  #lockUntil(session: Session, untilMs: number): void {
    this.surroundings.deadlines.cancel(session.deadline)
    session.lockedUntilMs = untilMs
    session.deadline = this.surroundings.deadlines.add(untilMs, () => this.#expireSession(session))
    for (const message of session.locked) if (message.lock !== undefined) message.lock.untilMs = untilMs
  }

  #expireSession(session: Session): void {
    const { owner } = session
    this.#free(session, (message) => this.failDelivery(message))
    owner?.lost(this.lockLost())
  }

  /** Takes the session from its owner; what it held goes back before anybody else is served. */
  #free(session: Session, giveBack: (message: QueuedMessage) => void): void {
    if (session.owner !== undefined) this.#held.delete(session.owner)
    this.surroundings.deadlines.cancel(session.deadline)
    session.deadline = undefined
    session.owner = refusingOwner
    for (const message of [...session.locked].sort((a, b) => a.sequence - b.sequence)) giveBack(message)
    session.owner = undefined
    this.#refresh(session)
    this.#dropIfIdle(session)
  }

  /** Ends holding or waiting. The delivery count of what it held does not rise. Idempotent. */
  release(consumer: SessionConsumer): void {
    const waiter = this.#waiters.get(consumer)
    if (waiter !== undefined) this.#stopWaiting(waiter)
    const session = this.#held.get(consumer)
    if (session !== undefined) this.#free(session, (message) => this.giveBack(message, message.lock?.from ?? 'ready'))
  }

  /** Hands out what is ready. Call when the owner's credit grows. */
  pump(consumer: SessionConsumer): void {
    const session = this.#held.get(consumer)
    if (session !== undefined) this.#pumpSession(session, consumer)
  }

  #pumpSession(session: Session, owner: SessionConsumer): void {
    while (session.ready.size > 0 && owner.credit() > 0) {
      const message = session.ready.pop()?.value
      if (message === undefined) return
      this.take(message, owner.mode)
      owner.deliver(message)
    }
  }

  // ---- what the owner may do -----------------------------------------------------------------------------------------

  /** `link` names the owner's link when the request said so. Throws BusError session-lock-lost for anybody else. */
  #owned(sessionId: string, link: string | undefined): Session {
    const session = this.#sessions.get(sessionId)
    if (session?.owner === undefined || (link !== undefined && session.owner.name !== link)) throw this.lockLost()
    return session
  }

  /** Returns the new end (epoch milliseconds). */
  renewSession(sessionId: string, link?: string): number {
    const session = this.#owned(sessionId, link)
    this.#lockUntil(session, this.surroundings.now() + this.settings.lockDurationMs)
    return session.lockedUntilMs
  }

  sessionState(sessionId: string, link?: string): Buffer | undefined {
    return this.#owned(sessionId, link).state
  }

  setSessionState(sessionId: string, state: Buffer | undefined, link?: string): void {
    const { maxMessageBytes } = this.surroundings.limits
    if (state !== undefined && state.length > maxMessageBytes) {
      throw new BusError(
        'amqp:link:message-size-exceeded',
        `The session state has ${state.length} bytes; ${maxMessageBytes} are allowed.`,
      )
    }
    this.#owned(sessionId, link).state = state
    this.surroundings.ledger.record({ kind: 'session', entity: this.key, session: sessionId, state })
  }

  /** Deferred messages of a session go to its owner only. */
  checkOwner(sessionId: string, link?: string): void {
    this.#owned(sessionId, link)
  }

  /** Session ids with messages or state, in no particular order. */
  sessionIds(skip: number, top: number): string[] {
    return [...this.#sessions.keys()].slice(skip, skip + top)
  }
}

/** Stands in while a session changes hands, so that messages going back are not handed out on the way. */
const refusingOwner: SessionConsumer = {
  name: '',
  mode: 'lock',
  credit: () => 0,
  deliver: () => {},
  granted: () => {},
  refused: () => {},
  lost: () => {},
}
