// What the hub keeps about a cluster besides its MemberCluster object: where it has placed something, and whether calls
// to it are worth trying.
import type { PlacementKey } from '../api/message.ts'

/** `openUntil` is epoch milliseconds: no call before then. */
export interface Breaker {
  readonly failures: number
  readonly openUntil: number
  readonly reason: string
}

export interface ClusterStore {
  /** Placements that have, or may have, something on the cluster. Sorted, continuing behind `after`. */
  placements(cluster: string, options?: { after?: PlacementKey; limit?: number }): Promise<readonly PlacementKey[]>
  /** Notes a placement before its first write to the member. Idempotent. */
  enter(cluster: string, placement: PlacementKey): Promise<void>
  /** Forgets a placement once nothing of it is left on the member. Idempotent. */
  leave(cluster: string, placement: PlacementKey): Promise<void>
  breaker(cluster: string): Promise<Breaker | undefined>
  setBreaker(cluster: string, breaker: Breaker | undefined): Promise<void>
}
