// Ends what depended on an object that went away: dependents by owner reference, the content of a terminating namespace,
// the custom resources of a definition that is being deleted.
import type { GarbageMessage } from '../api/message.ts'

export interface GarbageCollector {
  /** Does a bounded slice of the work. `again` (milliseconds) when more is to do. Idempotent. */
  collect(message: GarbageMessage): Promise<'done' | { readonly again: number }>
  /** Removes Events older than Kubernetes keeps them, one hour. */
  expireEvents(): Promise<void>
}
