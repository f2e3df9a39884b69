// The member agent: availability, comparison, take-over, preparing an apply, left-overs, waves.
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { PatchDetail } from '../../../shared/api/placement.ts'
import type { ManifestCondition, WorkResourceIdentifier } from '../../../shared/api/work.ts'
import { availabilityOf } from '../../../shared/domain/health/index.ts'
import { effectiveApplyStrategy } from '../../../shared/domain/rollout/strategy.ts'
import { comparable, lastApplied, sanitised, withLastApplied, withSpecHash } from '../../../shared/domain/work/clean.ts'
import { identifierOf, identityText } from '../../../shared/domain/work/identity.ts'
import { isOnlyOurs } from '../../../shared/domain/work/own-fields.ts'
import { needsTakeOver, ownerProblem, removalOf, withoutOrphans } from '../../../shared/domain/work/ownership.ts'
import { type DiffOperation, detailsOf, differences, redactSecrets } from '../../../shared/domain/work/patch-details.ts'
import {
  duplicated,
  duplicates,
  indexByIdentity,
  leftOvers,
  writeAheadEntry,
} from '../../../shared/domain/work/preprocess.ts'
import { processManifest } from '../../../shared/domain/work/process.ts'
import { isApplied } from '../../../shared/domain/work/result.ts'
import { wavesOf } from '../../../shared/domain/work/waves.ts'
import { compare, compareUnordered, type Difference, type Input, replayTests, vectorNow, wantOf } from './replayer.ts'
import { bareEntries, bundlesOf, objectOf, ownerReferenceOf } from './workapplier-objects.ts'

function tracked(field: string, group: string, resource: string) {
  return (input: Input, line: Parameters<typeof wantOf>[0]): Difference[] => {
    const got = availabilityOf({ group, version: 'v1', resource }, objectOf(input[field]))
    return compare(wantOf<{ wantAvailabilityResultType: string }>(line).wantAvailabilityResultType, got)
  }
}

export const workapplierAvailability = replayTests('workapplier-availability', {
  TestTrackDeploymentAvailability: tracked('deploy', 'apps', 'deployments'),
  TestTrackStatefulSetAvailability: tracked('statefulSet', 'apps', 'statefulsets'),
  TestTrackDaemonSetAvailability: tracked('daemonSet', 'apps', 'daemonsets'),
  TestTrackServiceAvailability: tracked('service', '', 'services'),
  TestTrackCRDAvailability: tracked('crd', 'apiextensions.k8s.io', 'customresourcedefinitions'),
  TestTrackPDBAvailability: tracked('pdb', 'policy', 'poddisruptionbudgets'),
  TestTrackInMemberClusterObjAvailabilityByGVR: (input, line) => {
    const got = availabilityOf(input['gvr'] as never, objectOf(input['inMemberClusterObj']))
    return compare(wantOf<{ wantAvailabilityResultType: string }>(line).wantAvailabilityResultType, got)
  },
  TestTrackInMemberClusterObjAvailability: (input, line) => {
    const got = bundlesOf(input['bundles']).map((bundle) => ({
      ...bundle,
      availabilityResTyp:
        isApplied(bundle.applyOrReportDiffResTyp as never) && bundle.gvr
          ? availabilityOf(bundle.gvr, objectOf(bundle.inMemberClusterObj))
          : 'Skipped',
    }))
    return compareUnordered(wantOf<{ wantBundles: unknown[] }>(line).wantBundles, got)
  },
})

interface TakeOverWant {
  wantErred: boolean
  wantTakeOverObj?: KubeObject
  wantPatchDetails?: PatchDetail[]
  wantDiffCalculatedInDegradedMode?: boolean
}

/** Runs a manifest up to the write that takes the object over; the member answers as a plain store would. */
function takeOverRun(input: Input) {
  const live = objectOf(input['inMemberClusterObj'])
  const work = input['workObj'] as { metadata: { name: string } } | undefined
  const owner = ownerReferenceOf(input['expectedAppliedWorkOwnerRef'])
  const run = processManifest({
    manifest: objectOf(input['manifestObj']),
    owner,
    strategy: effectiveApplyStrategy(input['applyStrategy'] as never),
    isKnownAppliedWork: (name) => name === work?.metadata.name || name === owner.name,
  })
  run.next()
  const step = run.next({ ok: true, object: live })
  return step.done ? { result: step.value } : { call: step.value }
}

export const workapplierDrift = replayTests('workapplier-drift', {
  TestPreparePatchDetails: (input, line) => {
    const got = differences(objectOf(input['manifestObj']), objectOf(input['inMemberClusterObj']))
    return compareUnordered(wantOf<{ wantPatchDetails?: PatchDetail[] }>(line).wantPatchDetails, got)
  },
  TestOrganizeJSONPatchIntoFleetPatchDetails: (input, line) => {
    const got = detailsOf((input['patch'] ?? []) as DiffOperation[], input['manifestObjMap'] ?? {})
    return compare(wantOf<{ wantPatchDetails?: PatchDetail[] }>(line).wantPatchDetails, got)
  },
  TestObscureSensitiveFieldsInPatchDetails: (input, line) => {
    const got = redactSecrets(objectOf(input['srcObj']), (input['patchDetails'] ?? []) as PatchDetail[])
    return compare(wantOf<{ wantPatchDetails?: PatchDetail[] }>(line).wantPatchDetails, got)
  },
  TestTakeOverPreExistingObject: (input, line) => {
    const want = wantOf<TakeOverWant>(line)
    const { result, call } = takeOverRun(input)
    const diffs = result?.diffs
    const taken = call && 'object' in call ? call.object : undefined
    return [
      ...compare(want.wantErred, result?.result === 'FailedToTakeOver' && diffs === undefined, 'wantErred'),
      ...compare(want.wantTakeOverObj, taken, 'wantTakeOverObj'),
      ...compareUnordered(want.wantPatchDetails, diffs, 'wantPatchDetails'),
    ]
  },
  TestShouldInitiateTakeOverAttempt: (input, line) => {
    const live = input['inMemberClusterObj'] as KubeObject | undefined
    const { whenToTakeOver } = effectiveApplyStrategy(input['applyStrategy'] as never)
    const got = needsTakeOver(live, ownerReferenceOf(input['expectedAppliedWorkOwnerRef']), whenToTakeOver)
    return compare(wantOf<{ wantShouldTakeOver: boolean }>(line).wantShouldTakeOver, got)
  },
  TestRemoveLeftBehindAppliedWorkOwnerRefs: (input, line) => {
    const work = input['workObj'] as { metadata: { name: string } }
    const got = withoutOrphans((input['ownerRefs'] ?? []) as never, (name) => name === work.metadata.name)
    return compare(wantOf<{ wantOwnerRefs: unknown }>(line).wantOwnerRefs, got)
  },
})

/** What is left of a live object after a left-over was dealt with; `undefined` when it is deleted. */
function afterRemoval(live: KubeObject | undefined, owner: unknown): KubeObject | undefined {
  const removal = removalOf(live, ownerReferenceOf(owner))
  if (removal.kind === 'delete') return undefined
  return removal.kind === 'disown' ? removal.object : live
}

export const workapplierPreprocess = replayTests('workapplier-preprocess', {
  TestBuildWorkResourceIdentifier: (input, line) => {
    const { resource } = (input['gvr'] ?? {}) as { resource?: string }
    const got = identifierOf(input['manifestIdx'] as number, input['manifestObj'] as KubeObject | undefined, resource)
    return compare(wantOf<{ wantWRI: unknown }>(line).wantWRI, got)
  },
  TestFormatWRIString: (input, line) => {
    const want = wantOf<{ wantErred: boolean; wantWRIString?: string }>(line)
    const got = identityText(input['wri'] as WorkResourceIdentifier)
    return [...compare(want.wantErred, got === undefined, 'erred'), ...compare(want.wantWRIString, got, 'text')]
  },
  TestCheckForDuplicatedManifests: (input, line) => {
    const bundles = bundlesOf(input['bundles'])
    const again = duplicates(bundles.map(({ workResourceIdentifierStr }) => workResourceIdentifierStr))
    const { result, error } = duplicated
    const got = bundles.map((bundle, at) =>
      again.has(at) ? { ...bundle, applyOrReportDiffResTyp: result, applyOrReportDiffErr: { error } } : bundle,
    )
    return compare(wantOf<{ wantBundles: unknown }>(line).wantBundles, got)
  },
  TestPrepareExistingManifestCondQIdx: (input, line) => {
    const entries = (input['existingManifestConds'] ?? []) as ManifestCondition[]
    const got = Object.fromEntries([...indexByIdentity(entries)].map(([text, entry]) => [text, entries.indexOf(entry)]))
    return compare(wantOf<{ wantQIdx: unknown }>(line).wantQIdx, got)
  },
  TestPrepareManifestCondForWA: (input, line) => {
    const existing = indexByIdentity((input['existingManifestConds'] ?? []) as ManifestCondition[])
    const generation = (input['workGeneration'] ?? 0) as number
    const got = writeAheadEntry(
      input['wri'] as WorkResourceIdentifier,
      existing,
      generation,
      new Date(vectorNow).toISOString(),
    )
    return compare(
      bareEntries([wantOf<{ wantManifestCondForWA: ManifestCondition }>(line).wantManifestCondForWA]),
      bareEntries([got]),
    )
  },
  TestFindLeftOverManifests: (input, line) => {
    const wanted = ((input['manifestCondsForWA'] ?? []) as ManifestCondition[]).map(({ identifier }) => identifier)
    const got = leftOvers((input['existingManifestConditions'] ?? []) as ManifestCondition[], wanted)
    return compareUnordered(
      wantOf<{ wantLeftOverManifests: unknown[] }>(line).wantLeftOverManifests,
      got.map(({ identifier }) => identifier),
    )
  },
  TestRemoveOneLeftOverManifest: (input, line) => {
    const { appliedWorkOwnerRef } = input['context'] as { appliedWorkOwnerRef: unknown }
    const got = afterRemoval(input['inMemberClusterObj'] as KubeObject | undefined, appliedWorkOwnerRef)
    return compare(wantOf<{ wantInMemberClusterObj?: unknown }>(line).wantInMemberClusterObj, got)
  },
})

export const workapplierWaves = replayTests('workapplier-waves', {
  TestOrganizeBundlesIntoProcessingWaves: (input, line) => {
    // What could not be read is settled before the waves are made.
    const processed = bundlesOf(input['bundles']).filter(
      ({ applyOrReportDiffErr, gvr }) => gvr && !applyOrReportDiffErr,
    )
    const items = processed.map((bundle) => ({
      bundle,
      where: bundle.gvr ?? { group: '', resource: '' },
    }))
    const got = wavesOf(items).map(({ number, items: members }) => ({
      num: number,
      bundles: members.map(({ bundle }) => bundle),
    }))
    return compare(wantOf<{ wantWaves: unknown }>(line).wantWaves, got)
  },
})

export const workapplierApply = replayTests('workapplier-apply', {
  TestSanitizeManifestObject: (input, line) =>
    compare(wantOf<{ wantSanitizedObj: unknown }>(line).wantSanitizedObj, sanitised(objectOf(input['manifestObj']))),
  TestDiscardFieldsIrrelevantInComparisonFrom: (input, line) =>
    compare(
      wantOf<{ wantUnstructuredObj: unknown }>(line).wantUnstructuredObj,
      comparable(objectOf(input['unstructuredObj'])),
    ),
  TestValidateOwnerReferences: (input, line) => {
    const want = wantOf<{ wantErred: boolean; wantErrMsgSubStr?: string }>(line)
    const { appliedWorkOwnerRef } = input['context'] as { appliedWorkOwnerRef: unknown }
    const { allowCoOwnership } = effectiveApplyStrategy(input['applyStrategy'] as never)
    const live = input['inMemberClusterObj'] as KubeObject | undefined
    const got = ownerProblem(
      objectOf(input['manifestObj']),
      live,
      ownerReferenceOf(appliedWorkOwnerRef),
      allowCoOwnership,
    )
    return [
      ...compare(want.wantErred, got !== undefined, 'erred'),
      ...compare(
        true,
        (got ?? '').includes(want.wantErrMsgSubStr ?? ''),
        `text contains ${want.wantErrMsgSubStr}, got ${got}`,
      ),
    ]
  },
  TestSetManifestHashAnnotation: (input, line) =>
    compare(wantOf<{ wantManifestObj: unknown }>(line).wantManifestObj, withSpecHash(objectOf(input['manifestObj']))),
  TestGetFleetLastAppliedAnnotation: (input, line) =>
    compare(
      wantOf<{ wantLastAppliedManifestJSONBytes?: string }>(line).wantLastAppliedManifestJSONBytes,
      lastApplied(objectOf(input['inMemberClusterObj'])),
    ),
  TestSetFleetLastAppliedAnnotation: (input, line) => {
    const want = wantOf<{ wantManifestObj: unknown; wantSetFlag: boolean }>(line)
    const { object, fits } = withLastApplied(objectOf(input['manifestObj']))
    return [...compare(want.wantSetFlag, fits, 'set'), ...compare(want.wantManifestObj, object, 'object')]
  },
  TestShouldUseForcedServerSideApply: (input, line) =>
    compare(
      wantOf<{ wantShouldUseForcedServerSideApply: boolean }>(line).wantShouldUseForcedServerSideApply,
      isOnlyOurs(objectOf(input['inMemberClusterObj'])),
    ),
})
