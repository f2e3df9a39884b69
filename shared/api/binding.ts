// The tie between one placement and one cluster. The hub keeps it as two rows: what is wanted (scheduler and rollout write
// it) and what was observed (the cluster's worker writes it); KubeFleet's binding is both put together.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { byType, int32, kube } from './kube-meta.ts'
import { ApplyStrategy, DiffedPlacement, DriftedPlacement, FailedPlacement, NamespacedName } from './placement.ts'

export const ClusterScore = z.object({
  affinityScore: kube(z.number().int().optional(), int32),
  priorityScore: kube(z.number().int().optional(), int32),
})
/** Why a cluster was or was not picked. `priorityScore` is the topology spread score. */
export const ClusterDecision = z.object({
  clusterName: z.string(),
  selected: z.boolean(),
  clusterScore: ClusterScore.optional(),
  reason: z.string(),
})
export type ClusterDecision = z.infer<typeof ClusterDecision>

export const BindingState = z.enum(['Scheduled', 'Bound', 'Unscheduled'])
export type BindingState = z.infer<typeof BindingState>

/** `spec` of ClusterResourceBinding and ResourceBinding. */
export const BindingSpec = z.object({
  state: z.string(),
  targetCluster: z.string(),
  clusterDecision: ClusterDecision,
  schedulingPolicySnapshotName: z.string(),
  resourceSnapshotName: z.string(),
  resourceOverrideSnapshots: z.array(NamespacedName).optional(),
  clusterResourceOverrideSnapshots: z.array(z.string()).optional(),
  applyStrategy: ApplyStrategy.optional(),
})
const listed = { maxItems: 100 }
export const BindingStatus = z.object({
  conditions: kube(z.array(Condition).optional(), byType),
  failedPlacements: kube(z.array(FailedPlacement).optional(), listed),
  driftedPlacements: kube(z.array(DriftedPlacement).optional(), listed),
  diffedPlacements: kube(z.array(DiffedPlacement).optional(), listed),
})

/** A binding as the domain sees it. `generation` rises with every change of what is wanted; it is the epoch of the work. */
export const Binding = z.object({
  name: z.string(),
  generation: z.number().int(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  state: BindingState,
  previousState: BindingState.optional(),
  targetCluster: z.string(),
  clusterDecision: ClusterDecision,
  schedulingPolicySnapshotName: z.string(),
  resourceSnapshotName: z.string(),
  resourceOverrideSnapshots: z.array(NamespacedName).optional(),
  clusterResourceOverrideSnapshots: z.array(z.string()).optional(),
  applyStrategy: ApplyStrategy.optional(),
  conditions: z.array(Condition),
  failedPlacements: z.array(FailedPlacement).optional(),
  driftedPlacements: z.array(DriftedPlacement).optional(),
  diffedPlacements: z.array(DiffedPlacement).optional(),
})
export type Binding = z.infer<typeof Binding>
