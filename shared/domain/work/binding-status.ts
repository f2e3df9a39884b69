// What a binding tells about its cluster, folded from the status of the works there.
import type { Condition } from '../../api/condition.ts'
import type { ApplyStrategy, DiffedPlacement, DriftedPlacement, FailedPlacement } from '../../api/placement.ts'
import type { ManifestCondition, WorkStatus } from '../../api/work.ts'
import { findCondition, isFalseAt } from '../condition.ts'
import { byText } from '../names.ts'

/** A work with its status. KubeFleet has several a cluster, the hub itself one that holds everything. */
export interface WorkView {
  readonly name: string
  readonly generation: number
  readonly status: WorkStatus | undefined
  /** The envelope the whole work came from; entries may also name their own. */
  readonly envelope?: ManifestCondition['envelope']
}

/** Entries of each list at most. */
export interface ListLimits {
  readonly failed: number
  readonly drifted: number
  readonly diffed: number
}
export const listLimits: ListLimits = { failed: 100, drifted: 100, diffed: 100 }

export interface BindingLists {
  readonly failed: readonly FailedPlacement[]
  readonly drifted: readonly DriftedPlacement[]
  readonly diffed: readonly DiffedPlacement[]
}

export interface BindingStatus extends BindingLists {
  /** Overridden, WorkSynchronized, then Applied and Available, or DiffReported. */
  readonly conditions: readonly Condition[]
}

/** How far the round got. */
export type SyncOutcome =
  | { readonly kind: 'overrideFailed'; readonly message: string }
  | { readonly kind: 'syncFailed'; readonly hasOverrides: boolean; readonly message: string }
  /** The cluster could not be asked. What it has is what it had, so this is no failure of the revision. */
  | { readonly kind: 'unreached'; readonly hasOverrides: boolean; readonly message: string }
  /** The works are new; nothing is known about them yet. */
  | { readonly kind: 'inProgress'; readonly hasOverrides: boolean }
  | { readonly kind: 'synced'; readonly hasOverrides: boolean; readonly works: readonly WorkView[] }

export interface BindingStatusInput {
  readonly outcome: SyncOutcome
  readonly strategy: ApplyStrategy['type']
  /** Generation of the binding: the epoch the conditions speak of. */
  readonly generation: number
  /** The conditions told last; a condition keeps its time while it says the same about the same generation. */
  readonly previous: readonly Condition[]
  /** RFC 3339. */
  readonly now: string
  readonly limits?: ListLimits
}

const noLists: BindingLists = { failed: [], drifted: [], diffed: [] }

/** The whole status of a binding but RolloutStarted, which the rollout writes. */
export function bindingStatus(input: BindingStatusInput): BindingStatus {
  const { conditions, ...lists } = fold(input)
  return { ...lists, conditions: conditions.map((condition) => timed(condition, input)) }
}

type Told = Omit<Condition, 'observedGeneration' | 'lastTransitionTime'>

function timed(told: Told, { generation, previous, now }: BindingStatusInput): Condition {
  const before = findCondition(previous, told.type)
  const same = before?.status === told.status && before.observedGeneration === generation
  const lastTransitionTime = (same ? before.lastTransitionTime : undefined) ?? now
  return { ...told, observedGeneration: generation, lastTransitionTime }
}

function fold({
  outcome,
  strategy,
  limits,
}: BindingStatusInput): BindingLists & { readonly conditions: readonly Told[] } {
  if (outcome.kind === 'overrideFailed') {
    return { ...noLists, conditions: [no('Overridden', 'OverriddenFailed', outcome.message)] }
  }
  const overridden = outcome.hasOverrides
    ? yes('Overridden', 'OverriddenSucceeded', 'The overrides were applied to the resources')
    : yes('Overridden', 'NoOverrideSpecified', 'No override concerns the resources on this cluster')
  if (outcome.kind === 'syncFailed') {
    return { ...noLists, conditions: [overridden, no('WorkSynchronized', 'SyncWorkFailed', outcome.message)] }
  }
  if (outcome.kind === 'unreached') {
    return { ...noLists, conditions: [overridden, no('WorkSynchronized', 'WorkNotSynchronizedYet', outcome.message)] }
  }
  const synced = yes('WorkSynchronized', 'AllWorkSynced', 'The work for this cluster is up to date')
  const reportDiff = strategy === 'ReportDiff'
  if (outcome.kind === 'inProgress') {
    const progress = reportDiff
      ? no('DiffReported', 'DiffReportInProgress', 'The differences are being looked for')
      : no('Applied', 'ApplyInProgress', 'The resources are being applied')
    return { ...noLists, conditions: [overridden, synced, progress] }
  }
  const { conditions, ...lists } = reportDiff ? foldDiffs(outcome.works) : foldApply(outcome.works)
  return { ...limited(lists, limits ?? listLimits), conditions: [overridden, synced, ...conditions] }
}

function yes(type: string, reason: string, message: string): Told {
  return { type, status: 'True', reason, message }
}

function no(type: string, reason: string, message: string): Told {
  return { type, status: 'False', reason, message }
}

export type Summary = 'incomplete' | 'false' | 'true'

/** What works say together: one that has not answered outweighs one that failed. */
export function summarise(
  works: readonly WorkView[],
  type: string,
): { readonly summary: Summary; readonly work?: string } {
  const fresh = works.map((work) => ({ work: work.name, condition: freshOf(work, type) }))
  const open = fresh.find(({ condition }) => condition === undefined || condition.status === 'Unknown')
  if (open) return { summary: 'incomplete', work: open.work }
  const failed = fresh.find(({ condition }) => condition?.status !== 'True')
  return failed ? { summary: 'false', work: failed.work } : { summary: 'true' }
}

function freshOf({ status, generation }: WorkView, type: string): Condition | undefined {
  const condition = findCondition(status?.conditions, type)
  return (condition?.observedGeneration ?? 0) === generation ? condition : undefined
}

/** The condition works give a binding, and their summary. */
export function appliedCondition(works: readonly WorkView[]): { readonly summary: Summary; readonly condition: Told } {
  const { summary, work } = summarise(works, 'Applied')
  const reason = 'NotAllWorkHaveBeenApplied'
  const condition = {
    true: yes('Applied', 'AllWorkHaveBeenApplied', 'All resources are applied'),
    false: no('Applied', reason, `Work ${work} could not be applied completely`),
    incomplete: no('Applied', reason, `Work ${work} is still being applied`),
  }[summary]
  return { summary, condition }
}

/** Reasons of a work whose availability cannot be told; the second is an older name. */
const untrackable = new Set(['WorkNotTrackable', 'SomeManifestsAreNotAvailabilityTrackable'])

export function availableCondition(works: readonly WorkView[]): {
  readonly summary: Summary
  readonly condition: Told
} {
  const { summary, work } = summarise(works, 'Available')
  const reason = 'NotAllWorkAreAvailable'
  if (summary === 'false') return { summary, condition: no('Available', reason, `Work ${work} is not available`) }
  if (summary === 'incomplete') {
    return { summary, condition: no('Available', reason, `The availability of work ${work} is not known yet`) }
  }
  const blind = works.find((one) => untrackable.has(freshOf(one, 'Available')?.reason ?? ''))
  const condition = blind
    ? yes(
        'Available',
        'NotAllWorkAreAvailabilityTrackable',
        `The availability of some resources of work ${blind.name} cannot be told`,
      )
    : yes('Available', 'AllWorkAreAvailable', 'All resources are available')
  return { summary, condition }
}

export function diffReportedCondition(works: readonly WorkView[]): {
  readonly summary: Summary
  readonly condition: Told
} {
  const { summary, work } = summarise(works, 'DiffReported')
  const reason = 'NotAllWorkHaveDiffReported'
  const condition = {
    true: yes('DiffReported', 'AllWorkHaveDiffReported', 'All differences are reported'),
    false: no('DiffReported', reason, `Differences of work ${work} could not be told`),
    incomplete: no('DiffReported', reason, `Differences of work ${work} are not known yet`),
  }[summary]
  return { summary, condition }
}

type Folded = BindingLists & { readonly conditions: readonly Told[] }

function foldDiffs(works: readonly WorkView[]): Folded {
  const { summary, condition } = diffReportedCondition(works)
  return { ...noLists, ...(summary === 'true' && { diffed: works.flatMap(diffedOf) }), conditions: [condition] }
}

function foldApply(works: readonly WorkView[]): Folded {
  const applied = appliedCondition(works)
  if (applied.summary === 'incomplete') return { ...noLists, conditions: [applied.condition] }
  const drifted = works.flatMap(driftedOf)
  if (applied.summary === 'false') {
    const diffed = works.flatMap(diffedOf)
    return { failed: works.flatMap(failedOf), drifted, diffed, conditions: [applied.condition] }
  }
  const available = availableCondition(works)
  const failed = available.summary === 'false' ? works.flatMap(failedOf) : []
  return { failed, drifted, diffed: [], conditions: [applied.condition, available.condition] }
}

type Identity = Omit<FailedPlacement, 'condition'>

function identityOf(entry: ManifestCondition, work: WorkView): Identity {
  const { group, version = '', kind = '', name = '', namespace } = entry.identifier
  const envelope = entry.envelope ?? work.envelope
  return {
    ...(group && { group }),
    version,
    kind,
    name,
    ...(namespace && { namespace }),
    ...(envelope && { envelope }),
  }
}

/** Manifests that are not applied or, failing that, not available; of works that say they have such. */
export function failedOf(work: WorkView): FailedPlacement[] {
  const conditions = work.status?.conditions
  const failed = ['Applied', 'Available'].some((type) => isFalseAt(findCondition(conditions, type), work.generation))
  if (!failed) return []
  return (work.status?.manifestConditions ?? []).flatMap((entry) => {
    const condition = ['Applied', 'Available']
      .map((type) => findCondition(entry.conditions, type))
      .find((one) => one?.status === 'False')
    return condition ? [{ ...identityOf(entry, work), condition }] : []
  })
}

/** Manifests whose objects were changed on the member. */
export function driftedOf(work: WorkView): DriftedPlacement[] {
  return (work.status?.manifestConditions ?? []).flatMap((entry) => {
    const details = entry.driftDetails
    if (!details) return []
    const { observedInMemberClusterGeneration: targetClusterObservedGeneration, ...rest } = details
    return [{ ...identityOf(entry, work), ...rest, targetClusterObservedGeneration }]
  })
}

/** Manifests that differ from what is on the member. */
export function diffedOf(work: WorkView): DiffedPlacement[] {
  return (work.status?.manifestConditions ?? []).flatMap((entry) => {
    const details = entry.diffDetails
    if (!details) return []
    const { observedInMemberClusterGeneration: observed, ...rest } = details
    const generation = observed === undefined || observed === null ? {} : { targetClusterObservedGeneration: observed }
    return [{ ...identityOf(entry, work), ...rest, ...generation }]
  })
}

/** Lists cut to their limits. A cut list is sorted first, so that the same entries stay from round to round. */
function limited({ failed, drifted, diffed }: BindingLists, limits: ListLimits): BindingLists {
  return {
    failed: cut(failed, limits.failed),
    drifted: cut(drifted, limits.drifted),
    diffed: cut(diffed, limits.diffed),
  }
}

function cut<T extends Identity>(entries: readonly T[], limit: number): readonly T[] {
  return entries.length <= limit ? entries : [...entries].sort(byIdentity).slice(0, limit)
}

function byIdentity(a: Identity, b: Identity): number {
  const [left, right] = [identityFields(a), identityFields(b)]
  return left.map((field, at) => byText(field, right[at] ?? '')).find((order) => order !== 0) ?? 0
}

function identityFields({ group = '', version, kind, namespace = '', name, envelope }: Identity): string[] {
  return [group, version, kind, namespace, name, envelope?.type ?? '', envelope?.namespace ?? '', envelope?.name ?? '']
}
