// What the hub keeps about a cluster besides its MemberCluster object: which placements have something on it.
import type { PlacementKey } from '../api/message.ts'
import type { MemberResource } from './member-cluster.ts'

/** A kind that was placed on a cluster, and how far its changes there were looked at. */
export interface PlacedKind {
  readonly resource: MemberResource
  /** The member's resourceVersion up to which nothing is left to look at. */
  readonly seen: string | undefined
}

export interface ClusterStore {
  /** Placements that have, or may have, something on the cluster. Sorted, continuing behind `after`. */
  placements(cluster: string, options?: { after?: PlacementKey; limit?: number }): Promise<readonly PlacementKey[]>
  /** Notes a placement before its first write to the member. Idempotent. */
  enter(cluster: string, placement: PlacementKey): Promise<void>
  /** Forgets a placement once nothing of it is left on the member. Idempotent. */
  leave(cluster: string, placement: PlacementKey): Promise<void>
  /** Kinds that were placed on the cluster at some time. Sorted. */
  kinds(cluster: string): Promise<readonly PlacedKind[]>
  /** Notes a kind with where looking at it begins; one that is noted already stays as it is. */
  noteKind(cluster: string, kind: PlacedKind): Promise<void>
  /** Notes how far a kind was looked at. */
  sawKind(cluster: string, kind: PlacedKind): Promise<void>
  /** Forgets the kinds of a cluster that left. Idempotent. */
  forgetKinds(cluster: string): Promise<void>
}

/** `resource.version.group`, which names a kind of a member. */
export function kindKey({ group, version, resource }: MemberResource): string {
  return `${resource}.${version}.${group}`
}
