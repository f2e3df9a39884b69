// The fleet's own objects that many decisions need whole, each list proven fresh when read.
import type { ObjectKey, ResourceType } from '../api/kube-object.ts'
import { MemberCluster } from '../api/member-cluster.ts'
import type { PlacementKey } from '../api/message.ts'
import { ClusterResourceOverrideSnapshot, ResourceOverrideSnapshot } from '../api/override.ts'
import { Placement } from '../api/placement.ts'
import type { Overrides } from '../domain/override/match.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore, StoredObject } from '../ports/object-store.ts'
import { FreshList } from './fresh-list.ts'

const placementGroup = 'placement.kubernetes-fleet.io'
export const types = {
  clusterResourcePlacement: { group: placementGroup, resource: 'clusterresourceplacements' },
  resourcePlacement: { group: placementGroup, resource: 'resourceplacements' },
  clusterResourceOverride: { group: placementGroup, resource: 'clusterresourceoverrides' },
  resourceOverride: { group: placementGroup, resource: 'resourceoverrides' },
  clusterResourceOverrideSnapshot: { group: placementGroup, resource: 'clusterresourceoverridesnapshots' },
  resourceOverrideSnapshot: { group: placementGroup, resource: 'resourceoverridesnapshots' },
  clusterPolicySnapshot: { group: placementGroup, resource: 'clusterschedulingpolicysnapshots' },
  policySnapshot: { group: placementGroup, resource: 'schedulingpolicysnapshots' },
  placementStatus: { group: placementGroup, resource: 'clusterresourceplacementstatuses' },
  memberCluster: { group: 'cluster.kubernetes-fleet.io', resource: 'memberclusters' },
  clusterProfile: { group: 'multicluster.x-k8s.io', resource: 'clusterprofiles' },
  secret: { group: '', resource: 'secrets' },
  namespace: { group: '', resource: 'namespaces' },
  event: { group: '', resource: 'events' },
} as const satisfies Record<string, ResourceType>

export interface FleetLists {
  /** `maxAgeMs` allows for a list that was proven fresh that long ago. */
  memberClusters(options?: { maxAgeMs?: number }): Promise<readonly MemberCluster[]>
  clusterProfiles(): Promise<readonly StoredObject[]>
  /** Placements of both kinds. */
  placements(): Promise<readonly Placement[]>
  /** Every snapshot of every override, also those that are not the latest. */
  overrideSnapshots(options?: { maxAgeMs?: number }): Promise<Overrides>
}

/** Parsing is remembered per object: an object that did not change is not parsed again. */
export function fleetLists(store: Pick<ObjectStore, 'list' | 'changes'>, clock: Pick<Clock, 'now'>): FleetLists {
  const memberClusters = new FreshList(store, types.memberCluster, clock)
  const clusterProfiles = new FreshList(store, types.clusterProfile, clock)
  const clusterPlacements = new FreshList(store, types.clusterResourcePlacement, clock)
  const namespacedPlacements = new FreshList(store, types.resourcePlacement, clock)
  const clusterOverrides = new FreshList(store, types.clusterResourceOverrideSnapshot, clock)
  const namespacedOverrides = new FreshList(store, types.resourceOverrideSnapshot, clock)
  const parsed = new WeakMap<StoredObject, unknown>()
  const parse = <T>(item: StoredObject, schema: { parse(value: unknown): T }): T => {
    const known = parsed.get(item)
    if (known !== undefined) return known as T
    const value = schema.parse(item.object)
    parsed.set(item, value as object)
    return value
  }
  return {
    memberClusters: async (options) => (await memberClusters.read(options)).map((item) => parse(item, MemberCluster)),
    clusterProfiles: () => clusterProfiles.read(),
    placements: async () => {
      const lists = await Promise.all([clusterPlacements.read(), namespacedPlacements.read()])
      return lists.flat().map((item) => parse(item, Placement))
    },
    overrideSnapshots: async (options) => {
      const [cluster, namespaced] = await Promise.all([
        clusterOverrides.read(options),
        namespacedOverrides.read(options),
      ])
      return {
        cluster: cluster.map((item) => parse(item, ClusterResourceOverrideSnapshot)),
        namespaced: namespaced.map((item) => parse(item, ResourceOverrideSnapshot)),
      }
    },
  }
}

/** Where a placement's object is: a key with a namespace is a ResourcePlacement. */
export function placementLocation(placement: PlacementKey): { type: ResourceType; key: ObjectKey } {
  const slash = placement.indexOf('/')
  return slash < 0
    ? { type: types.clusterResourcePlacement, key: { name: placement } }
    : {
        type: types.resourcePlacement,
        key: { namespace: placement.slice(0, slash), name: placement.slice(slash + 1) },
      }
}

/** The placement as stored, or undefined when it is gone. */
export async function readPlacement(
  objects: Pick<ObjectStore, 'get'>,
  placement: PlacementKey,
): Promise<{ placement: Placement; stored: StoredObject } | undefined> {
  const { type, key } = placementLocation(placement)
  const stored = await objects.get(type, key)
  return stored && { placement: Placement.parse(stored.object), stored }
}

/** The key under which the pipeline knows a placement. */
export function placementKeyOf({ metadata }: Placement): PlacementKey {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? '')
}
