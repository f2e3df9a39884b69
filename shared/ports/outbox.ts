// Messages that were committed with a write and not yet sent.
import type { Message } from '../api/message.ts'

export interface OutboxEntry {
  /** Opaque to everyone but the store that made it. */
  readonly id: string
  readonly messages: readonly Message[]
  /** Epoch milliseconds. */
  readonly writtenAt: number
}

export interface Outbox {
  /** Entries written before a moment, oldest first as far as the store can tell. */
  pending(before: number, limit: number): Promise<readonly OutboxEntry[]>
  /** Forgets entries whose messages were sent. Idempotent. */
  settle(entries: readonly OutboxEntry[]): Promise<void>
}

/** Called by a store right after a commit that carried news; the sender publishes and settles. Must not throw. */
export type Committed = (entry: OutboxEntry) => void
