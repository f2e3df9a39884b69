// Work: what one cluster is to have and how each object stands there. The hub renders Work objects on read from its own
// records; the shape is KubeFleet's v1beta1 API. AppliedWork is the object on the member that owns what was placed.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { EnvelopeIdentifier, PatchDetail } from './placement.ts'

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
  observationTime: z.string(),
  observedInMemberClusterGeneration: z.number().int(),
  firstDriftedObservedTime: z.string(),
  observedDrifts: z.array(PatchDetail).optional(),
})
export type DriftDetails = z.infer<typeof DriftDetails>

/** Differences found before anything was applied. No generation when the object does not exist on the member. */
export const DiffDetails = z.object({
  observationTime: z.string(),
  observedInMemberClusterGeneration: z.number().int().optional(),
  firstDiffedObservedTime: z.string(),
  observedDiffs: z.array(PatchDetail).optional(),
})
export type DiffDetails = z.infer<typeof DiffDetails>

/** The live object's status, copied: `apiVersion`, `kind` and `status`. */
export const BackReportedStatus = z.object({ observedStatus: z.looseObject({}), observationTime: z.string() })
export type BackReportedStatus = z.infer<typeof BackReportedStatus>

export const ManifestCondition = z.object({
  identifier: WorkResourceIdentifier,
  /** The envelope the manifest came in. Hubless keeps all manifests of a cluster in one list; KubeFleet has a Work for each. */
  envelope: EnvelopeIdentifier.optional(),
  conditions: z.array(Condition).optional(),
  driftDetails: DriftDetails.optional(),
  diffDetails: DiffDetails.optional(),
  backReportedStatus: BackReportedStatus.optional(),
})
export type ManifestCondition = z.infer<typeof ManifestCondition>

export const WorkStatus = z.object({
  conditions: z.array(Condition).optional(),
  manifestConditions: z.array(ManifestCondition).optional(),
})
export type WorkStatus = z.infer<typeof WorkStatus>
