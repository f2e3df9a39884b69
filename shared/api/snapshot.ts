// Snapshots: what a placement's policy and its selected objects were at one moment. KubeFleet's v1beta1 API.
import { z } from 'zod'
import { ClusterDecision } from './binding.ts'
import { Condition } from './condition.ts'
import { byType, bytes, int64, kube } from './kube-meta.ts'
import { PlacementPolicy } from './placement.ts'

/** A number as labels and annotations of snapshots say it: from 0. */
export const SnapshotCount = z.coerce.number().int().min(0)

export const PolicySnapshotSpec = z.object({
  policy: PlacementPolicy.optional(),
  /** Base64 of the hash of the policy without its number of clusters. */
  policyHash: kube(z.string(), bytes),
})
export type PolicySnapshotSpec = z.infer<typeof PolicySnapshotSpec>
export const PolicySnapshotStatus = z.object({
  observedCRPGeneration: kube(z.number().int(), int64),
  conditions: kube(z.array(Condition).optional(), byType),
  targetClusters: kube(z.array(ClusterDecision).optional(), { maxItems: 1000 }),
})
export type PolicySnapshotStatus = z.infer<typeof PolicySnapshotStatus>

export const ResourceSnapshotSpec = z.object({
  selectedResources: z.array(kube(z.looseObject({}), { embeddedResource: true, preserveUnknownFields: true })),
})
export type ResourceSnapshotSpec = z.infer<typeof ResourceSnapshotSpec>

/** A status that is conditions and nothing else. */
export const ConditionsStatus = z.object({ conditions: kube(z.array(Condition).optional(), byType) })
export type ConditionsStatus = z.infer<typeof ConditionsStatus>
