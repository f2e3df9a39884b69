// A binding put together from its two rows: what is wanted, and what the cluster's worker observed.
import type { Binding } from '../../api/binding.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'

/**
 * The binding of a placement and a cluster. Observed conditions keep the epoch they speak of as their observedGeneration,
 * so an answer to an older epoch is stale by itself.
 */
export function bindingView(wanted: Wanted, observed: Observed | undefined): Binding {
  return {
    name: wanted.name,
    generation: wanted.generation,
    creationTimestamp: wanted.createdAt,
    ...(wanted.deletedAt !== undefined && { deletionTimestamp: wanted.deletedAt }),
    state: wanted.state,
    ...(wanted.previousState && { previousState: wanted.previousState }),
    targetCluster: wanted.cluster,
    clusterDecision: wanted.decision,
    schedulingPolicySnapshotName: wanted.policySnapshot,
    resourceSnapshotName: wanted.resourceSnapshot,
    ...(wanted.resourceOverrides && { resourceOverrideSnapshots: wanted.resourceOverrides }),
    ...(wanted.clusterResourceOverrides && { clusterResourceOverrideSnapshots: wanted.clusterResourceOverrides }),
    ...(wanted.applyStrategy && { applyStrategy: wanted.applyStrategy }),
    conditions: [...(wanted.rolloutStarted ? [wanted.rolloutStarted] : []), ...(observed?.conditions ?? [])],
    ...(observed?.failed && { failedPlacements: observed.failed }),
    ...(observed?.drifted && { driftedPlacements: observed.drifted }),
    ...(observed?.diffed && { diffedPlacements: observed.diffed }),
  }
}
