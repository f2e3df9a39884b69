// What became of one manifest in one round.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { AppliedResource, ManifestCondition, WorkResourceIdentifier } from '../../api/work.ts'
import type { Availability } from '../health/checker.ts'

/** Results of applying or reporting differences, KubeFleet's codes; those of failures are reasons of conditions. */
export type ApplyResult =
  | 'DecodingErred'
  | 'FoundGenerateName'
  | 'Duplicated'
  | 'FailedToFindObjInMemberCluster'
  | 'FailedToTakeOver'
  | 'NotTakenOver'
  | 'FailedToRunDriftDetection'
  | 'FoundDrifts'
  | 'FoundDriftsInDegradedMode'
  | 'ManifestApplyFailed'
  | 'AppliedWithFailedDriftDetection'
  | 'Applied'
  | 'FailedToReportDiff'
  | 'FoundDiff'
  | 'FoundDiffInDegradedMode'
  | 'NoDiffFound'

/** Whether the object on the member is what was wanted, however the check for drift went. */
export function isApplied(result: ApplyResult | undefined): boolean {
  return result === 'Applied' || result === 'AppliedWithFailedDriftDetection'
}

/** Whether the differences are known, also if there are none. */
export function isDiffKnown(result: ApplyResult | undefined): boolean {
  return result === 'FoundDiff' || result === 'FoundDiffInDegradedMode' || result === 'NoDiffFound'
}

/** The objects of a placement that are on the member as wanted. */
export function appliedResources(outcomes: readonly ManifestOutcome[]): AppliedResource[] {
  return outcomes.flatMap(({ id, result, live }) =>
    isApplied(result) ? [{ ...id, ...(live?.metadata.uid !== undefined && { uid: live.metadata.uid }) }] : [],
  )
}

/** The outcome of a manifest that is left alone: what was noted of it. */
export function keptOutcome(kept: ManifestCondition): Pick<ManifestOutcome, 'kept' | 'result' | 'availability'> {
  const said = (type: string) => kept.conditions?.find((condition) => condition.type === type)
  const applied = said('Applied')
  const available = said('Available')
  return {
    kept,
    result: applied?.status === 'True' ? 'Applied' : 'ManifestApplyFailed',
    availability: available ? (available.reason as Availability) : 'Skipped',
  }
}

export interface ManifestOutcome {
  readonly id: WorkResourceIdentifier
  readonly envelope?: ManifestCondition['envelope']
  readonly result: ApplyResult
  /** Why it failed, for the condition's message. */
  readonly error?: string | undefined
  /** `Skipped` when the object was not applied. */
  readonly availability: Availability | 'Skipped'
  /** Said after the condition's message although all is well. */
  readonly remark?: string | undefined
  /** What was noted before holds: the object was left alone in this round. */
  readonly kept?: ManifestCondition | undefined
  /** The object on the member as it was found. */
  readonly found?: KubeObject | undefined
  /** A change somebody made was undone in this round. */
  readonly repaired?: boolean
  /** The drifts are those of an earlier round, told once more. */
  readonly toldAgain?: boolean
  /** The object on the member as last seen. */
  readonly live?: KubeObject | undefined
  readonly drifts?: readonly PatchDetail[] | undefined
  readonly diffs?: readonly PatchDetail[] | undefined
}
