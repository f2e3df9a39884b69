// Status: how a placement stands, overall and on each cluster, folded from what the scheduler decided and what the bindings
// say. The stages, their order and their reasons are the API; message texts are not.
import type { Condition, ConditionStatus } from '../../api/condition.ts'
import type { FailedPlacement, Placement, RolloutStrategy } from '../../api/placement.ts'

/** What happens to a placement on a cluster after it was scheduled, in order. */
export type Stage = 'RolloutStarted' | 'Overridden' | 'WorkSynchronized' | 'Applied' | 'Available' | 'DiffReported'

/** Stages when objects are applied. */
export const applyChain: readonly Stage[] = ['RolloutStarted', 'Overridden', 'WorkSynchronized', 'Applied', 'Available']
/** Stages when only differences are reported. */
export const diffChain: readonly Stage[] = ['RolloutStarted', 'Overridden', 'WorkSynchronized', 'DiffReported']
/** Every stage there is. */
export const allStages: readonly Stage[] = [...applyChain, 'DiffReported']

/** The stages a placement goes through. */
export function chainOf(strategy: RolloutStrategy | undefined): readonly Stage[] {
  return strategy?.applyStrategy?.type === 'ReportDiff' ? diffChain : applyChain
}

type PlacementKind = Placement['kind']

/** Condition type of a stage on the placement itself, e.g. `ClusterResourcePlacementApplied`. */
export function placementConditionType(kind: PlacementKind, stage: Stage | 'Scheduled' | 'StatusSynced'): string {
  return `${kind}${stage}`
}

type StageTexts = Readonly<
  Record<ConditionStatus, { readonly reason: string; readonly message: (count: number) => string }>
>

const clusters = (count: number) => `${count} cluster${count === 1 ? '' : 's'}`

const texts: Readonly<Record<Stage, StageTexts>> = {
  RolloutStarted: {
    True: {
      reason: 'RolloutStarted',
      message: (count) => `The rollout of the latest resources has started on all ${clusters(count)}`,
    },
    False: { reason: 'RolloutNotStartedYet', message: (count) => `The rollout has not reached ${clusters(count)} yet` },
    Unknown: {
      reason: 'RolloutStartedUnknown',
      message: (count) => `It is not known yet whether the rollout has started on ${clusters(count)}`,
    },
  },
  Overridden: {
    True: { reason: 'OverriddenSucceeded', message: (count) => `Overrides were applied for ${clusters(count)}` },
    False: { reason: 'OverriddenFailed', message: (count) => `Overrides could not be applied for ${clusters(count)}` },
    Unknown: {
      reason: 'OverriddenPending',
      message: (count) => `Overrides are still to be applied for ${clusters(count)}`,
    },
  },
  WorkSynchronized: {
    True: { reason: 'WorkSynchronized', message: (count) => `The work for ${clusters(count)} is up to date` },
    False: {
      reason: 'WorkNotSynchronizedYet',
      message: (count) => `The work for ${clusters(count)} is not up to date`,
    },
    Unknown: {
      reason: 'WorkSynchronizedUnknown',
      message: (count) => `The work for ${clusters(count)} is being prepared`,
    },
  },
  Applied: {
    True: { reason: 'ApplySucceeded', message: (count) => `The selected resources were applied on ${clusters(count)}` },
    False: {
      reason: 'ApplyFailed',
      message: (count) => `The selected resources could not all be applied on ${clusters(count)}`,
    },
    Unknown: {
      reason: 'ApplyPending',
      message: (count) => `The selected resources are being applied on ${clusters(count)}`,
    },
  },
  Available: {
    True: {
      reason: 'ResourceAvailable',
      message: (count) => `The selected resources are available on ${clusters(count)}`,
    },
    False: {
      reason: 'ResourceNotAvailableYet',
      message: (count) => `The selected resources are not all available yet on ${clusters(count)}`,
    },
    Unknown: {
      reason: 'ResourceAvailableUnknown',
      message: (count) => `It is not known yet whether the resources are available on ${clusters(count)}`,
    },
  },
  DiffReported: {
    True: { reason: 'DiffReportingCompleted', message: (count) => `Differences were reported by ${clusters(count)}` },
    False: {
      reason: 'DiffReportingIncompleteOrFailed',
      message: (count) => `Differences could not all be reported by ${clusters(count)}`,
    },
    Unknown: {
      reason: 'DiffReportingPending',
      message: (count) => `Differences are still to be reported by ${clusters(count)}`,
    },
  },
}

/** Overall condition of a stage: `count` clusters are in the state that decided. */
export function placementCondition(
  kind: PlacementKind,
  stage: Stage,
  status: ConditionStatus,
  generation: number,
  count: number,
): Condition {
  const { reason, message } = texts[stage][status]
  return {
    type: placementConditionType(kind, stage),
    status,
    observedGeneration: generation,
    reason,
    message: message(count),
  }
}

/** A cluster's condition for a stage its binding says nothing fresh about. */
export function unknownOnCluster(stage: Stage, generation: number): Condition {
  return {
    type: stage,
    status: 'Unknown',
    observedGeneration: generation,
    reason: texts[stage].Unknown.reason,
    message: texts[stage].Unknown.message(1),
  }
}

/** Reason of False for a stage, where the binding has none. */
export function notStarted(generation: number): Condition {
  const { reason } = texts.RolloutStarted.False
  const message = 'The cluster waits for its turn in the rollout of the latest resources'
  return { type: 'RolloutStarted', status: 'False', observedGeneration: generation, reason, message }
}

/** Text an identifier is sorted and compared by. */
export function identifierText(
  item: Pick<FailedPlacement, 'group' | 'version' | 'kind' | 'namespace' | 'name' | 'envelope'>,
): string {
  const { group = '', version, kind, namespace = '', name, envelope } = item
  const wrapped = envelope ? [envelope.type ?? '', envelope.namespace ?? '', envelope.name] : []
  return JSON.stringify([group, version, kind, namespace, name, ...wrapped])
}
