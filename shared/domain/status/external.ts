// Overall status of a placement whose rollout somebody else controls: clusters may run different snapshots, so what the
// placement as a whole shows depends on whether they agree.
import type { Condition } from '../../api/condition.ts'
import type { PerClusterPlacementStatus, Placement, ResourceIdentifier } from '../../api/placement.ts'
import { InvariantError } from '../../errors.ts'
import { findCondition, isFalseAt, isTrueAt } from '../condition.ts'
import { placementConditionType } from './stages.ts'

export interface ExternalInput {
  readonly kind: Placement['kind']
  readonly generation: number
  /** Entries of the selected clusters; at least one. */
  readonly entries: readonly PerClusterPlacementStatus[]
  /** Index and selection the placement would show otherwise. */
  readonly index: string
  readonly selectedResources: readonly ResourceIdentifier[]
  /** Resources of a stored snapshot by index text; empty when it no longer exists. */
  readonly resourcesOf: (index: string) => readonly ResourceIdentifier[]
}

export interface ExternalView {
  readonly index: string
  readonly selectedResources: readonly ResourceIdentifier[]
  /** Set when the rollout's state is not known: RolloutStarted is then the last overall condition. */
  readonly unknown?: Condition
}

const runKinds = { ClusterResourcePlacement: 'ClusterStagedUpdateRun', ResourcePlacement: 'StagedUpdateRun' } as const

/** What an externally rolled out placement shows. Throws InvariantError when no cluster is selected. */
export function externalView(input: ExternalInput): ExternalView {
  const { kind, generation, entries } = input
  if (entries.length === 0) throw new InvariantError('a placement without clusters has no rollout to describe')
  const indices = new Set(entries.map(({ observedResourceIndex }) => observedResourceIndex ?? ''))
  const [common = ''] = indices
  const unknown = (why: string): Condition => ({
    type: placementConditionType(kind, 'RolloutStarted'),
    status: 'Unknown',
    observedGeneration: generation,
    reason: 'RolloutControlledByExternalController',
    message: `The rollout is controlled from outside this placement: ${why}`,
  })
  if (indices.size > 1) {
    return { index: '', selectedResources: [], unknown: unknown('clusters run different resource snapshots') }
  }
  if (common === '') {
    const why = `no cluster has a resource snapshot yet; see the ${runKinds[kind]} objects whose spec.placementName names it`
    return { index: '', selectedResources: [], unknown: unknown(why) }
  }
  const selectedResources = common === input.index ? input.selectedResources : input.resourcesOf(common)
  const unclear = entries.find(({ conditions }) => {
    const started = findCondition(conditions, 'RolloutStarted')
    return !isTrueAt(started, generation) && !isFalseAt(started, generation)
  })
  return {
    index: common,
    selectedResources,
    ...(unclear && { unknown: unknown(`it is not known whether it has started on cluster ${unclear.clusterName}`) }),
  }
}
