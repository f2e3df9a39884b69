// How a placement stands on one cluster, from its binding.
import type { Binding, ClusterDecision } from '../../api/binding.ts'
import type { Condition, ConditionStatus } from '../../api/condition.ts'
import type { PerClusterPlacementStatus } from '../../api/placement.ts'
import { findCondition, isFalseAt, isTrueAt, withCondition } from '../condition.ts'
import { allStages, notStarted, type Stage, unknownOnCluster } from './stages.ts'

export interface ClusterStatusInput {
  /** Generation of the placement. */
  readonly generation: number
  readonly chain: readonly Stage[]
  /** A staged update run or another controller moves the bindings. */
  readonly external: boolean
  /** Newest resource snapshot; absent when there is none, or the rollout is external. */
  readonly latest?: { readonly name: string; readonly index: string } | undefined
  /** Index of a snapshot by its master's name; undefined when it no longer exists. */
  readonly indexOf: (snapshot: string) => string | undefined
  /** RFC 3339. */
  readonly now: string
}

export interface ClusterStatus {
  readonly entry: PerClusterPlacementStatus
  /** Status by stage, as far as the chain was walked. */
  readonly reached: ReadonlyMap<Stage, ConditionStatus>
}

/** Fields of an entry that come from a binding, apart from its conditions. */
type Details = Omit<PerClusterPlacementStatus, 'clusterName' | 'conditions'>

interface Walk {
  readonly conditions: readonly Condition[]
  readonly details: Details
}

/**
 * The entry of a selected cluster. `binding` is its live binding of the current policy snapshot. `before` are the
 * conditions of its last entry; they keep their transition times.
 */
export function clusterStatus(
  decision: Pick<ClusterDecision, 'clusterName' | 'reason'>,
  binding: Binding | undefined,
  before: readonly Condition[],
  input: ClusterStatusInput,
): ClusterStatus {
  const walk = walkChain(binding, input)
  const scheduled: Condition = {
    type: 'Scheduled',
    status: 'True',
    observedGeneration: input.generation,
    reason: 'Scheduled',
    message: decision.reason,
  }
  const conditions = [scheduled, ...walk.conditions].reduce<Condition[]>(
    (list, condition) => withCondition(list, condition, input.now),
    before.filter(({ type }) => type === 'Scheduled' || walk.conditions.some((condition) => condition.type === type)),
  )
  return {
    entry: { clusterName: decision.clusterName, ...walk.details, conditions },
    reached: new Map(
      allStages.flatMap((stage) => {
        const condition = findCondition(walk.conditions, stage)
        return condition ? [[stage, condition.status] as const] : []
      }),
    ),
  }
}

/** The entry for a cluster that was wanted and could not be picked; nobody knows which. */
export function unscheduledEntry(reason: string, generation: number, now: string): PerClusterPlacementStatus {
  const condition: Condition = {
    type: 'Scheduled',
    status: 'False',
    observedGeneration: generation,
    lastTransitionTime: now,
    reason: 'ScheduleFailed',
    message: reason,
  }
  return { conditions: [condition] }
}

function walkChain(binding: Binding | undefined, input: ClusterStatusInput): Walk {
  const { generation, external, latest, indexOf, chain } = input
  if (!binding) return { conditions: [unknownOnCluster('RolloutStarted', generation)], details: {} }
  const index = external ? indexOf(binding.resourceSnapshotName) : latest?.index
  const details: Details = index ? { observedResourceIndex: index } : {}
  if (!external && binding.resourceSnapshotName !== (latest?.name ?? '')) {
    const waiting = isFalseAt(findCondition(binding.conditions, 'RolloutStarted'), binding.generation)
    const condition = waiting ? notStarted(generation) : unknownOnCluster('RolloutStarted', generation)
    return { conditions: [condition], details }
  }
  const conditions = walked(binding, chain, generation)
  return { conditions, details: { ...details, ...detailsOf(binding, conditions) } }
}

/** The binding's conditions stage by stage, until one is not fresh or is False. */
function walked(binding: Binding, chain: readonly Stage[], generation: number): Condition[] {
  const conditions: Condition[] = []
  for (const stage of chain) {
    const condition = findCondition(binding.conditions, stage)
    if (condition && isTrueAt(condition, binding.generation)) {
      conditions.push(copied(condition, stage, generation))
      continue
    }
    const failed = condition && isFalseAt(condition, binding.generation)
    conditions.push(failed ? copied(condition, stage, generation) : unknownOnCluster(stage, generation))
    break
  }
  return conditions
}

/** The binding's word; its transition time is not the entry's. */
function copied({ status, reason, message }: Condition, type: Stage, observedGeneration: number): Condition {
  return { type, status, observedGeneration, reason, message }
}

function detailsOf(binding: Binding, conditions: readonly Condition[]): Details {
  const is = (stage: Stage, status: ConditionStatus) => findCondition(conditions, stage)?.status === status
  const tried = ['Applied', 'Available'] as const
  const failed = tried.some((stage) => is(stage, 'False'))
  const answered = failed || tried.some((stage) => is(stage, 'True'))
  return {
    ...(is('RolloutStarted', 'True') && {
      ...(binding.resourceOverrideSnapshots && { applicableResourceOverrides: binding.resourceOverrideSnapshots }),
      ...(binding.clusterResourceOverrideSnapshots && {
        applicableClusterResourceOverrides: binding.clusterResourceOverrideSnapshots,
      }),
    }),
    ...(failed && binding.failedPlacements && { failedPlacements: binding.failedPlacements }),
    ...(answered && binding.driftedPlacements && { driftedPlacements: binding.driftedPlacements }),
    ...((failed || is('DiffReported', 'True')) &&
      binding.diffedPlacements && { diffedPlacements: binding.diffedPlacements }),
  }
}
