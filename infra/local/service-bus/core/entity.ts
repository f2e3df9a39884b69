// What every place for messages shares: its surroundings, its settings, and the checks at its door.
import type { Ledger } from '../journal.ts'
import { BusError } from './bus-error.ts'
import type { Deadlines } from './deadlines.ts'
import { Duplicates } from './duplicates.ts'
import type { Limits } from './limits.ts'
import type { LockToken } from './lock-token.ts'
import type { MessageContent } from './message.ts'

/** What the core needs from outside. Nothing in the core reads a clock or draws random bytes by itself. */
export interface Surroundings {
  now(): number
  newToken(): LockToken
  readonly deadlines: Deadlines
  readonly ledger: Ledger
  readonly limits: Limits
}

export interface QueueSettings {
  /** Path as declared, for messages to people. */
  readonly path: string
  readonly requiresSession: boolean
  readonly lockDurationMs: number
  readonly maxDeliveryCount: number
  readonly defaultTtlMs?: number | undefined
  readonly deadLetterOnExpiry: boolean
  /** Absent: duplicates are not looked for. */
  readonly duplicateWindowMs?: number | undefined
}

/** Counts for tests and benchmarks. `sends` and `deliveries` only ever grow. */
export interface EntityStats {
  readonly active: number
  readonly locked: number
  readonly scheduled: number
  readonly deferred: number
  readonly deadLettered: number
  readonly sends: number
  readonly deliveries: number
}

/** Something one can send to. */
export interface Destination {
  /** Throws BusError when the message may not enter. A batch is checked whole before any of it is sent. */
  check(content: MessageContent): void
  /** Takes a checked message; false when it is a duplicate, which is accepted and dropped. */
  send(content: MessageContent): boolean
  /** Takes a checked message for later and returns its sequence number. */
  schedule(content: MessageContent, atMs: number): number
  /** Throws BusError message-not-found when one of them is not scheduled; then none is cancelled. */
  cancelScheduled(sequences: readonly number[]): void
}

function checkLength(what: string, value: string | undefined, limits: Limits): void {
  if (value === undefined || value.length <= limits.maxIdLength) return
  throw new BusError(
    'com.microsoft:argument-error',
    `The ${what} has ${value.length} characters; ${limits.maxIdLength} are allowed.`,
  )
}

/** The checks that hold for queues and topics alike. */
export function checkContent(path: string, content: MessageContent, limits: Limits): void {
  if (content.sizeBytes > limits.maxMessageBytes) {
    throw new BusError(
      'amqp:link:message-size-exceeded',
      `The message to '${path}' has ${content.sizeBytes} bytes; ${limits.maxMessageBytes} are allowed.`,
    )
  }
  checkLength('message id', content.messageId, limits)
  checkLength('session id', content.sessionId, limits)
}

/** Duplicate detection with its records; does nothing when the entity has no window. */
export class DuplicateGate {
  readonly #surroundings: Surroundings
  readonly #entity: string
  readonly #duplicates: Duplicates | undefined

  constructor(surroundings: Surroundings, entity: string, windowMs: number | undefined) {
    this.#surroundings = surroundings
    this.#entity = entity
    this.#duplicates = windowMs === undefined ? undefined : new Duplicates(windowMs)
  }

  /** True the first time an id is seen within the window. */
  admits(id: string): boolean {
    if (this.#duplicates === undefined) return true
    const now = this.#surroundings.now()
    if (this.#duplicates.has(id, now)) return false
    const untilMs = this.#duplicates.note(id, now)
    this.#surroundings.ledger.record({ kind: 'duplicate', entity: this.#entity, id, untilMs, notedMs: now })
    return true
  }

  restore(entries: Iterable<{ readonly id: string; readonly untilMs: number }>): void {
    for (const entry of entries) this.#duplicates?.restore(entry.id, entry.untilMs)
  }
}
