// What the hub keeps about a cluster besides its MemberCluster object: which placements have something on it.
import type { PlacementKey } from '../api/message.ts'

export interface ClusterStore {
  /** Placements that have, or may have, something on the cluster. Sorted, continuing behind `after`. */
  placements(cluster: string, options?: { after?: PlacementKey; limit?: number }): Promise<readonly PlacementKey[]>
  /** Notes a placement before its first write to the member. Idempotent. */
  enter(cluster: string, placement: PlacementKey): Promise<void>
  /** Forgets a placement once nothing of it is left on the member. Idempotent. */
  leave(cluster: string, placement: PlacementKey): Promise<void>
}
