// What happened to a placement in one fold of its status, as the events `kubectl describe` lists. Reasons are KubeFleet's.
import type { Placement } from '../../api/placement.ts'
import { findCondition, isTrueAt } from '../condition.ts'
import { isRolloutComplete } from './placement-status.ts'
import { chainOf, placementConditionType, type Stage } from './stages.ts'

export interface PlacementEvent {
  /** `Normal` when absent. */
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

const reasons: Readonly<Record<Stage, string>> = {
  RolloutStarted: 'PlacementRolloutStarted',
  Overridden: 'PlacementOverriddenSucceeded',
  WorkSynchronized: 'PlacementWorkSynchronized',
  Applied: 'PlacementApplied',
  Available: 'PlacementAvailable',
  DiffReported: 'PlacementDiffReported',
}

type Folded = Pick<Placement, 'kind' | 'metadata' | 'spec' | 'status'>

/** Events of a placement whose status becomes another: one for each stage that newly is True for its generation. */
export function placementEvents(before: Folded, after: Folded): PlacementEvent[] {
  const generation = after.metadata.generation ?? 0
  const reached = chainOf(after.spec.strategy).flatMap((stage) => {
    const type = placementConditionType(after.kind, stage)
    const condition = findCondition(after.status?.conditions, type)
    const news =
      isTrueAt(condition, generation) && !isTrueAt(findCondition(before.status?.conditions, type), generation)
    return news ? [{ reason: reasons[stage], message: condition?.message ?? '' }] : []
  })
  const complete = isRolloutComplete(after) && !isRolloutComplete({ ...before, metadata: after.metadata })
  const message = 'Every selected cluster has the latest resources'
  return complete ? [...reached, { reason: 'PlacementRolloutCompleted', message }] : reached
}
