// The overrides that concern a placement, for its rollout.
import type { KubeObject } from '../api/kube-object.ts'
import type { Placement } from '../api/placement.ts'
import type { ResourceSnapshot } from '../api/placement-record.ts'
import { overrideConcerns, overrideReach } from '../domain/override/concern.ts'
import { matchOverrides, type Overrides } from '../domain/override/match.ts'
import { isMarkedLatest, newestOfEach } from '../domain/override/snapshots.ts'
import { placementKeyOf } from './fleet-lists.ts'
import type { Platform } from './platform.ts'

/**
 * Rollouts and workers use lists of override snapshots that were proven fresh this long ago, so that placements without
 * overrides cost no reads. Whoever changes a snapshot wakes them `overridesSettledMs` after.
 */
export const overridesMaxAgeMs = 500
/** After this time no list in use is older than a change; twice the age, because clocks differ. */
export const overridesSettledMs = 2 * overridesMaxAgeMs

export const noOverrides: Overrides = { cluster: [], namespaced: [] }

/** `manifests` of the snapshot are read only when some override may concern the placement at all. */
export async function matchedOverrides(
  { lists, payloads }: Pick<Platform, 'lists' | 'payloads'>,
  placement: Placement,
  snapshot: ResourceSnapshot | undefined,
  manifests: (payload: string) => Promise<readonly KubeObject[]> = async (payload) =>
    JSON.parse(await payloads.get(payload)) as KubeObject[],
): Promise<Overrides> {
  if (!snapshot) return noOverrides
  const all = await lists.overrideSnapshots({ maxAgeMs: overridesMaxAgeMs })
  const near: Overrides = {
    cluster: latest(all.cluster).filter(({ spec }) =>
      overrideConcerns(overrideReach(undefined, spec.overrideSpec), placement),
    ),
    namespaced: latest(all.namespaced).filter(({ metadata, spec }) =>
      overrideConcerns(overrideReach(metadata.namespace, spec.overrideSpec), placement),
    ),
  }
  if (near.cluster.length + near.namespaced.length === 0) return noOverrides
  return matchOverrides(placementKeyOf(placement), await manifests(snapshot.payload), near)
}

function latest<T extends { readonly metadata: KubeObject['metadata'] }>(snapshots: readonly T[]): readonly T[] {
  return newestOfEach(snapshots.filter(isMarkedLatest))
}
