// Manifests under processing, as the member agent's tables write them.
import type { KubeObject, OwnerReference } from '../../../shared/api/kube-object.ts'
import type { ApplyStrategy, PatchDetail } from '../../../shared/api/placement.ts'
import type { ManifestCondition, WorkResourceIdentifier, WorkStatus } from '../../../shared/api/work.ts'
import type { ResourceId } from '../../../shared/domain/health/index.ts'
import type { ApplyResult, ManifestOutcome } from '../../../shared/domain/work/result.ts'

export interface Bundle {
  readonly id?: WorkResourceIdentifier
  readonly workResourceIdentifierStr?: string
  readonly gvr?: ResourceId
  readonly inMemberClusterObj?: KubeObject
  readonly applyOrReportDiffResTyp?: string
  readonly applyOrReportDiffErr?: { readonly error: string }
  readonly availabilityResTyp?: string
  readonly drifts?: PatchDetail[]
  readonly diffs?: PatchDetail[]
}

export interface WorkObject {
  readonly metadata: { readonly name?: string; readonly generation?: number; readonly creationTimestamp?: string }
  readonly spec?: { readonly applyStrategy?: ApplyStrategy }
  readonly status?: WorkStatus
}

export function bundlesOf(written: unknown): Bundle[] {
  return (written ?? []) as Bundle[]
}

export function outcomeOf(bundle: Bundle, at: number): ManifestOutcome {
  return {
    id: { ordinal: at, ...bundle.id },
    result: bundle.applyOrReportDiffResTyp as ApplyResult,
    error: bundle.applyOrReportDiffErr?.error,
    availability: (bundle.availabilityResTyp ?? 'Skipped') as ManifestOutcome['availability'],
    live: bundle.inMemberClusterObj,
    drifts: bundle.drifts,
    diffs: bundle.diffs,
  }
}

/** An object with the parts every object has. */
export function objectOf(written: unknown): KubeObject {
  const object = written as KubeObject
  return { ...object, metadata: object.metadata ?? {} }
}

export function ownerReferenceOf(written: unknown): OwnerReference {
  return (written ?? { apiVersion: '', kind: '', name: '', uid: '' }) as OwnerReference
}

/** Conditions and entries without what is not compared: messages and times. */
export function bareEntries(entries: readonly ManifestCondition[] | undefined) {
  return (entries ?? []).map(({ conditions, driftDetails, diffDetails, ...rest }) => ({
    ...rest,
    conditions: bareConditions(conditions),
    ...(driftDetails && { driftDetails: { ...driftDetails, observationTime: '' } }),
    ...(diffDetails && { diffDetails: { ...diffDetails, observationTime: '' } }),
  }))
}

export function bareConditions(conditions: ManifestCondition['conditions']) {
  return (conditions ?? []).map(({ message: _, lastTransitionTime: __, ...rest }) => rest)
}
