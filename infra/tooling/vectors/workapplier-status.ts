// The status of a work and when to look at it again.
import type { Condition } from '../../../shared/api/condition.ts'
import type { ManifestCondition, WorkStatus } from '../../../shared/api/work.ts'
import { findCondition, isTrueAt, withCondition, withoutCondition } from '../../../shared/domain/condition.ts'
import {
  type BackoffSettings,
  type BackoffState,
  checkedBackoff,
  nextLook,
  resultHash,
} from '../../../shared/domain/work/backoff.ts'
import { appliedResources, type ManifestOutcome } from '../../../shared/domain/work/result.ts'
import {
  manifestApplied,
  manifestAvailable,
  manifestDiffReported,
  refreshStatus,
  reportableStatus,
  workApplied,
  workAvailable,
  workDiffReported,
} from '../../../shared/domain/work/status.ts'
import { trimmed, withTrimmedCondition } from '../../../shared/domain/work/trim.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  replayTests,
  type Vector,
  vectorNow,
  wantOf,
} from './replayer.ts'
import { bareConditions, bareEntries, bundlesOf, objectOf, outcomeOf, type WorkObject } from './workapplier-objects.ts'

const now = new Date(vectorNow).toISOString().replace('.000Z', 'Z')

function refreshed(input: Input, line: Vector): Difference[] {
  const work = input['work'] as WorkObject
  const got = refreshStatus({
    generation: work.metadata.generation ?? 0,
    reportDiff: work.spec?.applyStrategy?.type === 'ReportDiff',
    previous: work.status,
    outcomes: bundlesOf(input['bundles']).map(outcomeOf),
    now,
  })
  const want = wantOf<{ wantWorkStatus: WorkStatus }>(line).wantWorkStatus
  const timeless = (entries: WorkStatus['manifestConditions']) =>
    bareEntries(entries).map((entry) =>
      input['ignoreFirstDriftedDiffedTimestamps'] === true ? withoutFirst(entry) : entry,
    )
  return [
    ...compareUnordered(bareConditions(want.conditions), bareConditions(got.conditions), 'conditions'),
    ...compare(timeless(want.manifestConditions), timeless(got.manifestConditions), 'manifestConditions'),
  ]
}

function withoutFirst(entry: ReturnType<typeof bareEntries>[number]) {
  const { driftDetails: drift, diffDetails: diff, ...rest } = entry
  return {
    ...rest,
    ...(drift && { driftDetails: { ...drift, firstDriftedObservedTime: '' } }),
    ...(diff && { diffDetails: { ...diff, firstDiffedObservedTime: '' } }),
  }
}

/** A manifest condition with one of its conditions set or removed. */
function entryWith(
  input: Input,
  line: Vector,
  setting: { type: string; condition: Pick<Condition, 'status' | 'reason' | 'message'> | undefined },
  generation: unknown,
): Difference[] {
  const entry = input['manifestCond'] as ManifestCondition
  const observedGeneration = (generation ?? 0) as number
  const conditions = setting.condition
    ? withCondition(entry.conditions, { ...setting.condition, type: setting.type, observedGeneration }, now)
    : withoutCondition(entry.conditions, setting.type)
  const want = wantOf<{ wantManifestCond: ManifestCondition }>(line).wantManifestCond
  return compare(bareEntries([want]), bareEntries([{ ...entry, conditions }]))
}

function resultOf(input: Input): Pick<ManifestOutcome, 'result' | 'error'> {
  const error = input['applyOrReportDiffErr'] as { error: string } | undefined
  return { result: input['applyOrReportDiffResTyp'] as ManifestOutcome['result'], error: error?.error }
}

function workConditionsAfter(
  line: Vector,
  input: Input,
  change: (conditions: readonly Condition[], work: WorkObject, total: number) => Condition[],
): Difference[] {
  const work = input['work'] as WorkObject
  const got = change(work.status?.conditions ?? [], work, (input['manifestCount'] ?? 0) as number)
  const want = wantOf<{ wantWorkStatusConditions?: Condition[] }>(line).wantWorkStatusConditions
  return compareUnordered(bareConditions(want), bareConditions(got))
}

const at = (work: WorkObject, total: number) => ({ generation: work.metadata.generation ?? 0, now, total })
const reportsDiff = (work: WorkObject) => work.spec?.applyStrategy?.type === 'ReportDiff'
const count = (input: Input, field: string) => (input[field] ?? 0) as number

export const workapplierStatus = replayTests('workapplier-status', {
  TestRefreshWorkStatus: refreshed,
  TestRefreshAppliedWorkStatus: (input, line) => {
    const applied = appliedResources(bundlesOf(input['bundles']).map(outcomeOf))
    const want = wantOf<{ wantAppliedWorkStatus: { appliedResources?: unknown[] } }>(line).wantAppliedWorkStatus
    return compareUnordered(want.appliedResources, applied)
  },
  TestSetManifestAppliedCondition: (input, line) =>
    entryWith(
      input,
      line,
      manifestApplied(resultOf(input), input['isReportDiffModeOn'] === true),
      input['observedInMemberClusterGeneration'],
    ),
  TestSetManifestAvailableCondition: (input, line) => {
    const availability = input['availabilityResTyp'] as ManifestOutcome['availability']
    return entryWith(input, line, manifestAvailable({ availability }), input['inMemberClusterObjGeneration'])
  },
  TestSetManifestDiffReportedCondition: (input, line) =>
    entryWith(
      input,
      line,
      manifestDiffReported(resultOf(input), input['isReportDiffModeOn'] === true),
      input['inMemberClusterObjGeneration'],
    ),
  TestSetWorkAppliedCondition: (input, line) =>
    workConditionsAfter(line, input, (conditions, work, total) =>
      workApplied(conditions, {
        ...at(work, total),
        reportDiff: reportsDiff(work),
        applied: count(input, 'appliedManifestCount'),
      }),
    ),
  TestSetWorkAvailableCondition: (input, line) =>
    workConditionsAfter(line, input, (conditions, work, total) =>
      workAvailable(conditions, {
        ...at(work, total),
        available: count(input, 'availableManifestCount'),
        untrackable: count(input, 'untrackableManifestCount'),
      }),
    ),
  TestSetWorkDiffReportedCondition: (input, line) =>
    workConditionsAfter(line, input, (conditions, work, total) =>
      workDiffReported(conditions, {
        ...at(work, total),
        reportDiff: reportsDiff(work),
        reported: count(input, 'diffReportedObjectsCount'),
      }),
    ),
  TestSetWorkStatusTrimmedCondition: (input, line) =>
    workConditionsAfter(line, input, (conditions, work) =>
      withTrimmedCondition(conditions, {
        excessBytes: count(input, 'sizeDeltaBytes'),
        limitBytes: count(input, 'sizeLimitBytes'),
        generation: work.metadata.generation ?? 0,
        now,
      }),
    ),
  TestTrimWorkStatusDataWhenOversized: (input, line) =>
    compare(
      wantOf<{ wantWorkStatus: unknown }>(line).wantWorkStatus,
      trimmed((input['work'] as WorkObject).status ?? {}),
    ),
  TestBackReportStatus: (input, line) => {
    const live = input['inMemberClusterObj']
    const reported = live ? reportableStatus(objectOf(live)) : undefined
    const ignored = wantOf<{ wantIgnored: boolean }>(line).wantIgnored
    return [
      ...compare(ignored, reported === undefined, 'ignored'),
      ...(ignored ? [] : compare((live as { status: unknown }).status, reported?.['status'], 'status')),
    ]
  },
})

interface Seconds {
  readonly seconds: number
}
interface Limiter {
  readonly attemptsWithFixedDelay: number
  readonly fixedDelay: Seconds
  readonly exponentialBaseForSlowBackoff: number
  readonly initialSlowBackoffDelay: Seconds
  readonly maxSlowBackoffDelay: Seconds
  readonly exponentialBaseForFastBackoff: number
  readonly maxFastBackoffDelay: Seconds
  readonly skipToFastBackoffForAvailableOrDiffReportedWorkObjs: boolean
  readonly requeueCounter?: Tracked<number>
  readonly lastRequeueDelayTracker?: Tracked<Seconds>
  readonly lastTrackedGeneration?: Tracked<number>
  readonly lastTrackedProcessingResultHash?: Tracked<string>
}
type Tracked<T> = readonly { readonly key: { readonly name: string }; readonly value: T }[]

function settingsOf(limiter: Limiter): BackoffSettings {
  return {
    fixedRounds: limiter.attemptsWithFixedDelay,
    fixedSeconds: limiter.fixedDelay.seconds,
    slowBase: limiter.exponentialBaseForSlowBackoff,
    slowInitialSeconds: limiter.initialSlowBackoffDelay.seconds,
    slowMaxSeconds: limiter.maxSlowBackoffDelay.seconds,
    fastBase: limiter.exponentialBaseForFastBackoff,
    fastMaxSeconds: limiter.maxFastBackoffDelay.seconds,
    skipSlowWhenDone: limiter.skipToFastBackoffForAvailableOrDiffReportedWorkObjs,
  }
}

function stateOf(limiter: Limiter, name: string | undefined): BackoffState | undefined {
  const tracked = <T>(list: Tracked<T> | undefined) => list?.find(({ key }) => key.name === name)?.value
  const rounds = tracked(limiter.requeueCounter)
  if (rounds === undefined) return undefined
  return {
    rounds,
    lastSeconds: tracked(limiter.lastRequeueDelayTracker)?.seconds ?? 0,
    generation: tracked(limiter.lastTrackedGeneration) ?? 0,
    resultHash: tracked(limiter.lastTrackedProcessingResultHash) ?? '',
  }
}

function when(input: Input, line: Vector): Difference[] {
  const context = (input['context'] ?? {}) as Input
  const limiter = (input['rateLimiter'] ?? context['rateLimiter']) as Limiter
  const work = (input['work'] ?? context['work']) as WorkObject
  const generation = work.metadata.generation ?? 0
  const done = ['Available', 'DiffReported'].some((type) =>
    isTrueAt(findCondition(work.status?.conditions, type), generation),
  )
  const outcomes = bundlesOf(input['bundles'] ?? context['bundles']).map(partOf)
  const facts = { generation, resultHash: resultHash(outcomes), done }
  const { lastSeconds } = nextLook(stateOf(limiter, work.metadata.name), facts, settingsOf(limiter))
  const want = wantOf<{ wantRequeueDelaySeconds: number }>(line).wantRequeueDelaySeconds
  return Math.abs(want - lastSeconds) <= 0.01 ? [] : [{ field: 'seconds', wanted: want, got: lastSeconds }]
}

function partOf({
  applyOrReportDiffResTyp: result,
  availabilityResTyp: availability,
}: ReturnType<typeof bundlesOf>[number]) {
  return { ...(result && { result }), ...(availability && { availability }) } as Partial<ManifestOutcome>
}

export const workapplierBackoff = replayTests('workapplier-backoff', {
  TestNewRequeueMultiStageWithExponentialBackoffRateLimiter: (input, line) => {
    const got = checkedBackoff({
      fixedRounds: count(input, 'attemptsWithFixedDelay'),
      fixedSeconds: count(input, 'fixedDelaySeconds'),
      slowBase: count(input, 'exponentialBaseForSlowBackoff'),
      slowInitialSeconds: count(input, 'initialSlowBackoffDelaySeconds'),
      slowMaxSeconds: count(input, 'maxSlowBackoffDelaySeconds'),
      fastBase: count(input, 'exponentialBaseForFastBackoff'),
      fastMaxSeconds: count(input, 'maxFastBackoffDelaySeconds'),
      skipSlowWhenDone: input['skipToFastBackoffForAvailableOrDiffReportedWorkObjs'] === true,
    })
    const want = Object.values(wantOf<Record<string, Limiter>>(line))[0]
    return want ? compare(settingsOf(want), got) : [{ field: 'want', wanted: 'settings', got: 'none' }]
  },
  TestWhenWithFullNormalSequence: when,
  TestWhenWithFullNoSlowBackoffSequence: when,
  TestWhenWithFullNoFastBackoffSequeuce: when,
  TestWhenWithNoBackoffSequence: when,
  TestWhenWithGenerationAndProcessingResultChange: when,
  TestWhenWithSkipToFastBackoff: when,
  TestForget: (input) => {
    // Forgetting is having no state: the next delay is the fixed one again.
    const { bundles, defaultFixedDelaySeconds } = input['context'] as {
      bundles?: unknown
      defaultFixedDelaySeconds: number
    }
    const limiter = input['rateLimiter'] as Limiter
    const facts = { generation: 0, resultHash: resultHash(bundlesOf(bundles).map(partOf)), done: false }
    return compare(defaultFixedDelaySeconds, nextLook(undefined, facts, settingsOf(limiter)).lastSeconds, 'seconds')
  },
  TestComputeProcessingResultHash: (input, line) =>
    compare(wantOf<{ wantHash: string }>(line).wantHash, resultHash(bundlesOf(input['bundles']).map(partOf)), 'hash'),
})
