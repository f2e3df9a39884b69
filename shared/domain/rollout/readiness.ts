// Rollout: which bindings of a placement may move now. Called by the rollout use case with everything it read; the
// invariant is that one round takes no more than `maxUnavailable` ready clusters away and adds no more than `maxSurge`.
import type { Binding } from '../../api/binding.ts'
import type { Condition } from '../../api/condition.ts'

/** Reasons of Available=True that say nobody can tell when the objects are ready; then only time can. */
const untrackable = new Set(['NotAllWorkAreAvailabilityTrackable', 'WorkNotTrackable'])

/** Reasons of a False condition that mean "not yet", KubeFleet's allow-list; every other reason is a failure. */
const notYet = new Set(['OverriddenPending', 'WorkNotSynchronizedYet', 'ApplyPending', 'ResourceNotAvailableYet'])

const failureTypes = ['Overridden', 'WorkSynchronized', 'Applied', 'Available']

/** The condition of a type when it speaks of the binding as it is now; an absent `observedGeneration` is 0. */
export function freshCondition(binding: Binding, type: string): Condition | undefined {
  return binding.conditions.find(
    (condition) => condition.type === type && (condition.observedGeneration ?? 0) === binding.generation,
  )
}

export interface Readiness {
  readonly ready: boolean
  /** How long until time alone makes it ready, in milliseconds; 0 when ready, `undefined` when time alone never will. */
  readonly waitMs: number | undefined
}

/**
 * Whether what is placed works. Objects whose availability cannot be told count as ready once they were applied before
 * `cutoffMs` (epoch milliseconds: now minus the unavailable period).
 */
export function readiness(binding: Binding, cutoffMs: number): Readiness {
  if (freshCondition(binding, 'DiffReported')?.status === 'True') return { ready: true, waitMs: 0 }
  const available = freshCondition(binding, 'Available')
  if (available?.status !== 'True') return { ready: false, waitMs: undefined }
  if (!untrackable.has(available.reason)) return { ready: true, waitMs: 0 }
  // A condition without a time is as old as can be.
  const since = available.lastTransitionTime === undefined ? 0 : Date.parse(available.lastTransitionTime)
  const waitMs = since - cutoffMs
  return waitMs < 0 ? { ready: true, waitMs: 0 } : { ready: false, waitMs }
}

/**
 * Whether the last attempt ended badly. Such a cluster is not ready, so updating it takes nothing away: outdated failed
 * bindings are updated outside of the budget, which is how a fix reaches the clusters a bad version broke.
 */
export function hasFailed(binding: Binding): boolean {
  return failureTypes.some((type) => {
    const condition = freshCondition(binding, type)
    return condition?.status === 'False' && !notYet.has(condition.reason)
  })
}

/** Reasons of a False condition that KubeFleet writes while a cluster is still getting there. */
const progressing = new Set(['ApplyInProgress', 'NotAllWorkAreAvailable'])

/** Whether every failure of a failed binding may be one that is merely not over yet. */
export function isProgressing(binding: Binding): boolean {
  return failureTypes.every((type) => {
    const condition = freshCondition(binding, type)
    return condition?.status !== 'False' || notYet.has(condition.reason) || progressing.has(condition.reason)
  })
}

/** Whether differences were reported, or tried to be, instead of anything being applied. */
export function isDiffReported(binding: Binding): boolean {
  return freshCondition(binding, 'DiffReported') !== undefined
}
