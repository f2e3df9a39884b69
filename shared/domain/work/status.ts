// The status of a work, from what became of its manifests.
import type { Condition } from '../../api/condition.ts'
import type { DiffDetails, DriftDetails, ManifestCondition, WorkStatus } from '../../api/work.ts'
import { findCondition, isTrueAt, withCondition, withoutCondition } from '../condition.ts'
import { identityText } from './identity.ts'
import { maxPatchDetails } from './patch-details.ts'
import { isApplied, isDiffKnown, type ManifestOutcome } from './result.ts'

export interface StatusInput {
  /** Generation of the work: the epoch. */
  readonly generation: number
  readonly reportDiff: boolean
  /** The status written last; its times live on where nothing changed. */
  readonly previous: WorkStatus | undefined
  readonly outcomes: readonly ManifestOutcome[]
  /** Whether live statuses are copied back. */
  readonly mirrorStatus?: boolean
  /** RFC 3339. */
  readonly now: string
}

/** The new status. Entries follow the outcomes; what was known about a manifest is found again by its identity. */
export function refreshStatus(input: StatusInput): WorkStatus {
  const known = new Map<string, ManifestCondition>()
  for (const entry of input.previous?.manifestConditions ?? []) {
    const text = identityText(entry.identifier)
    if (text !== undefined) known.set(text, entry)
  }
  const manifestConditions = input.outcomes.map((outcome) => {
    const text = outcome.result === 'DecodingErred' ? undefined : identityText(outcome.id)
    return manifestStatus(outcome, text === undefined ? undefined : known.get(text), input)
  })
  return { conditions: workConditions(input), manifestConditions }
}

function manifestStatus(
  outcome: ManifestOutcome,
  before: ManifestCondition | undefined,
  input: StatusInput,
): ManifestCondition {
  if (outcome.kept) return { ...outcome.kept, identifier: outcome.id }
  const observed = outcome.live?.metadata.generation ?? 0
  const conditions = [
    manifestApplied(outcome, input.reportDiff),
    manifestAvailable(outcome),
    manifestDiffReported(outcome, input.reportDiff),
  ].reduce<Condition[]>(
    (list, { type, condition }) =>
      condition
        ? withCondition(list, { ...condition, type, observedGeneration: observed }, input.now)
        : withoutCondition(list, type),
    [...(before?.conditions ?? [])],
  )
  const backReported = backReportedStatus(outcome, before, input)
  return {
    identifier: outcome.id,
    ...(outcome.envelope && { envelope: outcome.envelope }),
    conditions,
    ...(outcome.drifts?.length && { driftDetails: driftDetails(outcome, before, input.now) }),
    ...(outcome.diffs?.length && { diffDetails: diffDetails(outcome, before, input.now) }),
    ...(backReported && { backReportedStatus: backReported }),
  }
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>
interface Setting {
  readonly type: string
  /** `undefined` removes the condition. */
  readonly condition: Said | undefined
}

function said(ok: boolean, reason: string, message: string): Said {
  return { status: ok ? 'True' : 'False', reason, message }
}

/** Applied of a manifest. Results of another mode mean that applying went wrong. */
export function manifestApplied(
  { result, error, remark }: Pick<ManifestOutcome, 'result' | 'error' | 'remark'>,
  reportDiff: boolean,
): Setting {
  if (reportDiff) return { type: 'Applied', condition: undefined }
  if (isApplied(result)) {
    const message = [appliedMessages[result] ?? '', remark].filter((text) => text !== undefined).join('; ')
    return { type: 'Applied', condition: said(true, result, message) }
  }
  const reason = isDiffKnown(result) || result === 'FailedToReportDiff' ? 'ManifestApplyFailed' : result
  return {
    type: 'Applied',
    condition: said(false, reason, error ?? failureMessages[reason] ?? 'The manifest was not applied'),
  }
}

const appliedMessages: Readonly<Record<string, string>> = {
  Applied: 'The manifest was applied',
  AppliedWithFailedDriftDetection: 'The manifest was applied; whether the object has drifted could not be told',
}

const failureMessages: Readonly<Record<string, string>> = {
  FoundDrifts: 'The object was changed on the member cluster, so it was left alone',
  FoundDriftsInDegradedMode: 'The object differs from the manifest, compared without the member filling in defaults',
  Duplicated: 'Another manifest of this placement describes the same object',
  FoundGenerateName: 'The manifest has generateName but no name',
  NotTakenOver: 'The object exists on the member cluster and does not belong to this placement',
}

/** Available of a manifest; absent while it is not applied. */
export function manifestAvailable({ availability }: Pick<ManifestOutcome, 'availability'>): Setting {
  switch (availability) {
    case 'Skipped':
      return { type: 'Available', condition: undefined }
    case 'Available':
      return { type: 'Available', condition: said(true, availability, 'The object is available') }
    case 'NotTrackable':
      return { type: 'Available', condition: said(true, availability, 'The availability of this kind cannot be told') }
    case 'ManifestNotAvailableYet':
      return { type: 'Available', condition: said(false, availability, 'The object is not available yet') }
    default:
      return {
        type: 'Available',
        condition: said(false, availability, 'The object does not have the shape of its kind'),
      }
  }
}

/** DiffReported of a manifest; absent unless differences are to be reported. */
export function manifestDiffReported(
  { result, error }: Pick<ManifestOutcome, 'result' | 'error'>,
  reportDiff: boolean,
): Setting {
  if (!reportDiff) return { type: 'DiffReported', condition: undefined }
  if (!isDiffKnown(result)) {
    const message = error ?? failureMessages[result] ?? 'Differences could not be told'
    return { type: 'DiffReported', condition: said(false, 'FailedToReportDiff', message) }
  }
  const message = result === 'NoDiffFound' ? 'No differences were found' : 'Differences were found'
  return { type: 'DiffReported', condition: said(true, result, message) }
}

function driftDetails(
  { live, drifts }: ManifestOutcome,
  before: ManifestCondition | undefined,
  now: string,
): DriftDetails {
  return {
    observationTime: now,
    observedInMemberClusterGeneration: live?.metadata.generation ?? 0,
    firstDriftedObservedTime: before?.driftDetails?.firstDriftedObservedTime ?? now,
    observedDrifts: (drifts ?? []).slice(0, maxPatchDetails),
  }
}

function diffDetails(
  { live, diffs }: ManifestOutcome,
  before: ManifestCondition | undefined,
  now: string,
): DiffDetails {
  return {
    observationTime: now,
    ...(live && { observedInMemberClusterGeneration: live.metadata.generation ?? 0 }),
    firstDiffedObservedTime: before?.diffDetails?.firstDiffedObservedTime ?? now,
    observedDiffs: (diffs ?? []).slice(0, maxPatchDetails),
  }
}

/** What was reported before stays while nothing newer can be reported. */
function backReportedStatus(
  { result, live }: ManifestOutcome,
  before: ManifestCondition | undefined,
  { mirrorStatus, now }: StatusInput,
): ManifestCondition['backReportedStatus'] {
  if (!mirrorStatus) return undefined
  const reported = isApplied(result) && live ? reportableStatus(live) : undefined
  return reported ? { observedStatus: reported, observationTime: now } : before?.backReportedStatus
}

/** The part of a live object that is reported back, or `undefined` when it has no status. */
export function reportableStatus(live: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const { apiVersion, kind, status } = live
  return status === undefined || status === null ? undefined : { apiVersion, kind, status }
}

function workConditions({ generation, reportDiff, previous, outcomes, now }: StatusInput): Condition[] {
  const applied = outcomes.filter(({ result }) => isApplied(result)).length
  const untrackable = outcomes.filter(({ availability }) => availability === 'NotTrackable').length
  const available = outcomes.filter(({ availability }) => availability === 'Available').length + untrackable
  const reported = outcomes.filter(({ result }) => isDiffKnown(result)).length
  const total = outcomes.length
  const at = { generation, now }
  return [
    (list: readonly Condition[]) => workApplied(list, { ...at, reportDiff, total, applied }),
    (list: readonly Condition[]) => workAvailable(list, { ...at, total, available, untrackable }),
    (list: readonly Condition[]) => workDiffReported(list, { ...at, reportDiff, total, reported }),
  ].reduce<readonly Condition[]>((list, set) => set(list), previous?.conditions ?? []) as Condition[]
}

interface At {
  readonly generation: number
  readonly now: string
  readonly total: number
}

function set(list: readonly Condition[], type: string, { generation, now }: At, condition: Said): Condition[] {
  return withCondition(list, { ...condition, type, observedGeneration: generation }, now)
}

/** Applied of a work: true when every manifest is, also when there is none. */
export function workApplied(
  list: readonly Condition[],
  at: At & { reportDiff: boolean; applied: number },
): Condition[] {
  if (at.reportDiff) return withoutCondition(list, 'Applied')
  return set(
    list,
    'Applied',
    at,
    at.applied === at.total
      ? said(true, 'AllManifestsApplied', 'All manifests are applied')
      : said(false, 'SomeManifestsAreNotApplied', `${at.total - at.applied} of ${at.total} manifests are not applied`),
  )
}

/** Available of a work; absent unless all of it is applied. */
export function workAvailable(
  list: readonly Condition[],
  at: At & { available: number; untrackable: number },
): Condition[] {
  if (!isTrueAt(findCondition(list, 'Applied'), at.generation)) return withoutCondition(list, 'Available')
  if (at.available < at.total) {
    const message = `${at.total - at.available} of ${at.total} objects are not available`
    return set(list, 'Available', at, said(false, 'SomeManifestsAreNotAvailable', message))
  }
  return set(
    list,
    'Available',
    at,
    at.untrackable > 0
      ? said(true, 'WorkNotTrackable', `The availability of ${at.untrackable} of ${at.total} objects cannot be told`)
      : said(true, 'AllManifestsAvailable', 'All objects are available'),
  )
}

/** DiffReported of a work: true when every manifest was compared, also without the member's defaults. */
export function workDiffReported(
  list: readonly Condition[],
  at: At & { reportDiff: boolean; reported: number },
): Condition[] {
  if (!at.reportDiff) return withoutCondition(list, 'DiffReported')
  return set(
    list,
    'DiffReported',
    at,
    at.reported === at.total
      ? said(true, 'AllManifestsDiffReported', 'All manifests were compared')
      : said(
          false,
          'SomeManifestsHaveNotReportedDiff',
          `${at.total - at.reported} of ${at.total} manifests were not compared`,
        ),
  )
}
