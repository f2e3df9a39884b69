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

export interface ManifestOutcome {
  readonly id: WorkResourceIdentifier
  readonly envelope?: ManifestCondition['envelope']
  readonly result: ApplyResult
  /** Why it failed, for the condition's message. */
  readonly error?: string | undefined
  /** `Skipped` when the object was not applied. */
  readonly availability: Availability | 'Skipped'
  /** The object on the member as last seen. */
  readonly live?: KubeObject | undefined
  readonly drifts?: readonly PatchDetail[] | undefined
  readonly diffs?: readonly PatchDetail[] | undefined
}
