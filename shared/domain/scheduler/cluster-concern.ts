// Which open placements a change of one cluster can matter to. A cycle reads only what the policy asks for, so a placement
// that asks for nothing that changed would decide what it decided before.
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { ClusterSelectorTerm, LabelSelector, Placement, PlacementPolicy } from '../../api/placement.ts'
import { InvalidInputError } from '../../errors.ts'
import { fleetOf, nameOf } from './fleet.ts'
import { termMatcher } from './plugins/cluster-affinity.ts'

/** Another outcome, no more than other words about the same one, or nothing at all. */
export type Concern = 'outcome' | 'reasons' | 'nothing'

/**
 * What scheduling a placement again may change. `changed` are the aspects of the cluster that changed (`changedAspects`);
 * undefined when anything may have.
 */
export function concernOf(
  { spec: { policy } }: Pick<Placement, 'spec'>,
  cluster: MemberCluster,
  changed: readonly string[] | undefined,
): Concern {
  if (policy?.placementType === 'PickFixed')
    return policy.clusterNames?.includes(nameOf(cluster)) ? 'outcome' : 'nothing'
  if (changed !== undefined && !asksFor(policy, new Set(changed))) return 'nothing'
  const spread = policy?.topologySpreadConstraints?.length ?? 0
  return spread > 0 || matchesRequired(policy, cluster) ? 'outcome' : 'reasons'
}

/** Aspects of a cluster as policies name them. */
export function labelAspect(key: string): string {
  return `label ${key}`
}
export function propertyAspect(name: string): string {
  return `property ${name}`
}

function asksFor(policy: PlacementPolicy | undefined, changed: ReadonlySet<string>): boolean {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution } =
    policy?.affinity?.clusterAffinity ?? {}
  const preferred = (preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ preference }) => preference)
  const terms = [...(required?.clusterSelectorTerms ?? []), ...preferred]
  return (
    terms.some((term) => aspectsOf(term).some((aspect) => changed.has(aspect))) ||
    (policy?.topologySpreadConstraints ?? []).some(({ topologyKey }) => changed.has(labelAspect(topologyKey)))
  )
}

function aspectsOf({ labelSelector, propertySelector, propertySorter }: ClusterSelectorTerm): string[] {
  return [
    ...keysOf(labelSelector).map(labelAspect),
    ...(propertySelector?.matchExpressions ?? []).map(({ name }) => propertyAspect(name)),
    ...(propertySorter ? [propertyAspect(propertySorter.name)] : []),
  ]
}

function keysOf(selector: LabelSelector | undefined): string[] {
  return [...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key)]
}

/** A term that cannot be read is the cycle's to complain of. */
function matchesRequired(policy: PlacementPolicy | undefined, cluster: MemberCluster): boolean {
  const terms =
    policy?.affinity?.clusterAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.clusterSelectorTerms ?? []
  if (terms.length === 0) return true
  const { property } = fleetOf([cluster], 'hubless')
  try {
    return terms.some((term) => termMatcher(term)(cluster, property))
  } catch (error) {
    if (error instanceof InvalidInputError) return true
    throw error
  }
}
