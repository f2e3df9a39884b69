// Work: what one cluster is to have and how each object stands there. The hub renders Work objects on read from its own
// records; the shape is KubeFleet's v1beta1 API. AppliedWork is the object on the member that owns what was placed.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { dateTime, int64, kube } from './kube-meta.ts'
import { ApplyStrategy, EnvelopeIdentifier, PatchDetail, ReportBackStrategy } from './placement.ts'

/** One manifest of a work. Fields beyond the ordinal are absent as far as they could not be told. */
export const WorkResourceIdentifier = z.object({
  ordinal: z.number().int(),
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  resource: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
})
export type WorkResourceIdentifier = z.infer<typeof WorkResourceIdentifier>

/** Fields of the live object that differ from what was applied. Generation is the live object's. */
export const DriftDetails = z.object({
  observationTime: kube(z.string(), dateTime),
  observedInMemberClusterGeneration: kube(z.number().int(), int64),
  firstDriftedObservedTime: kube(z.string(), dateTime),
  observedDrifts: z.array(PatchDetail).optional(),
})
export type DriftDetails = z.infer<typeof DriftDetails>

/** Differences found before anything was applied. No generation when the object does not exist on the member. */
export const DiffDetails = z.object({
  observationTime: kube(z.string(), dateTime),
  observedInMemberClusterGeneration: kube(z.number().int().optional(), int64),
  firstDiffedObservedTime: kube(z.string(), dateTime),
  observedDiffs: z.array(PatchDetail).optional(),
})
export type DiffDetails = z.infer<typeof DiffDetails>

/** The live object's status, copied: `apiVersion`, `kind` and `status`. */
export const BackReportedStatus = z.object({
  observedStatus: kube(z.looseObject({}), { required: false, embeddedResource: true, preserveUnknownFields: true }),
  observationTime: kube(z.string(), dateTime),
})
export type BackReportedStatus = z.infer<typeof BackReportedStatus>

export const ManifestCondition = z.object({
  identifier: WorkResourceIdentifier,
  /** The envelope the manifest came in. Hubless keeps all manifests of a cluster in one list; KubeFleet has a Work for each. */
  envelope: EnvelopeIdentifier.optional(),
  conditions: kube(z.array(Condition).optional(), { required: true }),
  driftDetails: DriftDetails.optional(),
  diffDetails: DiffDetails.optional(),
  backReportedStatus: kube(BackReportedStatus.optional(), { absentIn: ['v1'] }),
})
export type ManifestCondition = z.infer<typeof ManifestCondition>

export const WorkStatus = z.object({
  conditions: kube(z.array(Condition).optional(), { required: true }),
  manifestConditions: z.array(ManifestCondition).optional(),
})
export type WorkStatus = z.infer<typeof WorkStatus>

/** `spec` of Work: whole objects, as they are to stand on the member. */
export const WorkSpec = z.object({
  workload: z
    .object({
      manifests: z.array(kube(z.looseObject({}), { embeddedResource: true, preserveUnknownFields: true })).optional(),
    })
    .optional(),
  applyStrategy: ApplyStrategy.optional(),
  reportBackStrategy: kube(ReportBackStrategy.optional(), { absentIn: ['v1'] }),
})

/** `spec` and `status` of AppliedWork, the object on a member that owns what one placement put there. */
export const AppliedWorkSpec = z.object({ workName: z.string(), workNamespace: z.string() })
export const AppliedResource = z.object({ ...WorkResourceIdentifier.shape, uid: z.string().optional() })
export type AppliedResource = z.infer<typeof AppliedResource>

export const AppliedWorkStatus = z.object({ appliedResources: z.array(AppliedResource).optional() })
