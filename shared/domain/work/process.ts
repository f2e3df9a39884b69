// One manifest on its way to the member, call by call. The worker runs the calls; every decision is made here.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { EffectiveApplyStrategy } from '../rollout/strategy.ts'
import { type ApplyInput, isNoChange, type WriteRequest, writeRequest } from './apply.ts'
import { specHash, specHashAnnotation } from './clean.ts'
import { ownFieldsHandover } from './own-fields.ts'
import { isOwnedBy, needsTakeOver, ownerProblem, takeOver } from './ownership.ts'
import { allPatchDetails, differences, wholeObject } from './patch-details.ts'
import type { ApplyResult } from './result.ts'

/** A call to the member about one object. `dryRun` changes nothing there. */
export type MemberCall = { readonly verb: 'get' } | (WriteRequest & { readonly dryRun?: boolean })

/**
 * What the member said. A refusal is an answer; a member that cannot be reached, or may answer later, is none: the worker
 * then gives up the round, and a later one starts over.
 */
export type MemberAnswer =
  | { readonly ok: true; readonly object: KubeObject | undefined }
  | { readonly ok: false; readonly code: number; readonly message: string }

export interface ManifestInput {
  readonly manifest: KubeObject
  /** The AppliedWork of this placement on this member, from `ownerOf`. */
  readonly owner: OwnerReference
  readonly strategy: EffectiveApplyStrategy
  /** Whether an AppliedWork of this name may still be in use on the cluster; owners nobody knows are dropped. */
  readonly isKnownAppliedWork: (name: string) => boolean
  /** How lists merge in client-side apply; the table of built-in kinds when absent. */
  readonly mergeLookup?: ApplyInput['mergeLookup']
}

/** How it ended, before availability is looked at. */
export interface ManifestResult {
  readonly result: ApplyResult
  readonly error?: string | undefined
  /** The object on the member as last seen; `undefined` when it does not exist. */
  readonly live?: KubeObject | undefined
  readonly drifts?: readonly PatchDetail[] | undefined
  readonly diffs?: readonly PatchDetail[] | undefined
}

/** Yields the calls to make, one at a time; wants each answer back and returns the result. */
export type Process<T = ManifestResult> = Generator<MemberCall, T, MemberAnswer>

/** HTTP status of an object that the member's rules do not allow. */
const unprocessable = 422

/** Processes one manifest: look, take over if need be, then apply or report differences. */
export function* processManifest(input: ManifestInput): Process {
  const found = yield { verb: 'get' }
  if (!found.ok) return { result: 'FailedToFindObjInMemberCluster', error: found.message }
  let live = found.object

  if (live && needsTakeOver(live, input.owner, input.strategy.whenToTakeOver)) {
    const taken = yield* tryTakeOver(input, live)
    if ('result' in taken) return taken
    live = taken.live
  }
  return input.strategy.type === 'ReportDiff' ? yield* reportDiff(input, live) : yield* applyManifest(input, live)
}

/** Ends with the object as it is once it is ours, or with why it is not. */
function* tryTakeOver(input: ManifestInput, live: KubeObject): Process<ManifestResult | { readonly live: KubeObject }> {
  const { owner, strategy, isKnownAppliedWork } = input
  const verdict = takeOver({ live, owner, allowCoOwnership: strategy.allowCoOwnership, isKnown: isKnownAppliedWork })
  if (verdict.kind === 'refused') return { result: 'FailedToTakeOver', error: verdict.message, live }

  if (strategy.whenToTakeOver === 'IfNoDiff') {
    const compared = yield* compare(input, live)
    if (!compared.ok) return { result: 'FailedToTakeOver', error: compared.message, live }
    if (compared.details.length > 0) {
      const error = `the object differs from the manifest in ${compared.details.length} places, so it was not taken over`
      return { result: 'FailedToTakeOver', error, live, diffs: compared.details }
    }
  }
  const updated = yield { verb: 'update', object: verdict.object }
  if (!updated.ok) return { result: 'FailedToTakeOver', error: updated.message, live }
  return { live: updated.object ?? verdict.object }
}

function* reportDiff(input: ManifestInput, live: KubeObject | undefined): Process {
  if (!live) return { result: 'FoundDiff', diffs: wholeObject }
  const compared = yield* compare(input, live)
  if (!compared.ok) return { result: 'FailedToReportDiff', error: compared.message, live }
  if (compared.details.length === 0) return { result: 'NoDiffFound', live }
  return { result: compared.degraded ? 'FoundDiffInDegradedMode' : 'FoundDiff', live, diffs: compared.details }
}

function* applyManifest(input: ManifestInput, live: KubeObject | undefined): Process {
  const { manifest, owner, strategy } = input
  if (live && !isOwnedBy(live, owner)) {
    return { result: 'NotTakenOver', error: 'the object exists and does not belong to this placement', live }
  }
  if (live && strategy.whenToApply === 'IfNotDrifted' && isUnchanged(manifest, live)) {
    const compared = yield* compare(input, live)
    if (!compared.ok) return { result: 'FailedToRunDriftDetection', error: compared.message, live }
    if (compared.details.length > 0) {
      return { result: compared.degraded ? 'FoundDriftsInDegradedMode' : 'FoundDrifts', live, drifts: compared.details }
    }
  }
  const written = yield* write(input, live)
  if (!written.ok) return { result: 'ManifestApplyFailed', error: written.message, live }
  if (strategy.comparisonOption !== 'FullComparison') return { result: 'Applied', live: written.object }
  return { result: 'Applied', live: written.object, drifts: differences(manifest, written.object, allPatchDetails) }
}

/** Whether the manifest is the one applied last; a new one is applied over any drift. */
function isUnchanged(manifest: KubeObject, live: KubeObject): boolean {
  return live.metadata.annotations?.[specHashAnnotation] === specHash(manifest)
}

type Written = { readonly ok: true; readonly object: KubeObject } | { readonly ok: false; readonly message: string }

function* write(
  { manifest, owner, strategy, mergeLookup }: ManifestInput,
  live: KubeObject | undefined,
): Process<Written> {
  const problem = ownerProblem(manifest, live, owner, strategy.allowCoOwnership)
  if (problem !== undefined) return { ok: false, message: problem }
  const lookup = mergeLookup && { mergeLookup }
  const request = writeRequest({ manifest, live, owner, strategy, ...lookup })
  if (live && isNoChange(request)) return { ok: true, object: live }
  const handover = live && request.verb === 'apply' ? ownFieldsHandover(live) : undefined
  if (!handover) return written(yield request)
  const handed = written(yield { verb: 'patch', type: 'merge', patch: handover })
  if (!handed.ok) return handed
  return written(yield writeRequest({ manifest, live: handed.object, owner, strategy, ...lookup }))
}

function written(answer: MemberAnswer): Written {
  if (!answer.ok) return answer
  return answer.object
    ? { ok: true, object: answer.object }
    : { ok: false, message: 'the member answered without the object' }
}

type Compared =
  | { readonly ok: true; readonly details: readonly PatchDetail[]; readonly degraded: boolean }
  | { readonly ok: false; readonly message: string }

/**
 * Compares the manifest with the live object. A partial comparison asks the member what applying would give, so that
 * only fields the manifest speaks of count; where the member refuses that, everything is compared.
 */
function* compare({ manifest, strategy }: ManifestInput, live: KubeObject): Process<Compared> {
  if (strategy.comparisonOption === 'FullComparison')
    return { ok: true, details: differences(manifest, live, allPatchDetails), degraded: false }
  const applied = yield { verb: 'apply', object: forDryRun(manifest), force: true, dryRun: true }
  if (applied.ok && applied.object)
    return { ok: true, details: differences(applied.object, live, allPatchDetails), degraded: false }
  if (!applied.ok && applied.code !== unprocessable) return { ok: false, message: applied.message }
  return { ok: true, details: differences(manifest, live, allPatchDetails), degraded: true }
}

/** Server-side apply refuses objects that bring managed fields; nothing else is taken off. */
function forDryRun(manifest: KubeObject): KubeObject {
  if (!isJsonObject(manifest.metadata) || manifest.metadata.managedFields === undefined) return manifest
  const { managedFields: _, ...metadata } = manifest.metadata
  return { ...manifest, metadata }
}
