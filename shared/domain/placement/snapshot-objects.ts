// Snapshots as the Kubernetes objects KubeFleet's users and tools know, made from the records the hub keeps.
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'
import type { Placement } from '../../api/placement.ts'
import type { PolicySnapshot, ResourceSnapshot, SchedulingStatus } from '../../api/placement-record.ts'
import { splitResources } from './resource-snapshot.ts'
import { resourceSubSnapshotName, snapshotKeys } from './snapshot-names.ts'

type Owner = Pick<Placement, 'kind'> & { readonly metadata: Pick<Placement['metadata'], 'name' | 'namespace' | 'uid'> }

const apiVersion = 'placement.kubernetes-fleet.io/v1beta1'
/** Kinds whose names start with `Cluster` for a cluster-scoped placement. */
const scoped = (owner: Owner, kind: string) => (owner.kind === 'ClusterResourcePlacement' ? `Cluster${kind}` : kind)

/** A (Cluster)SchedulingPolicySnapshot. `scheduling` is given for the snapshot the scheduler last answered. */
export function policySnapshotObject(
  owner: Owner,
  snapshot: PolicySnapshot,
  isLatest: boolean,
  scheduling?: SchedulingStatus,
): KubeObject {
  const { policy, hash, index, numberOfClusters, placementGeneration } = snapshot
  return {
    apiVersion,
    kind: scoped(owner, 'SchedulingPolicySnapshot'),
    metadata: {
      ...common(owner, snapshot.name, snapshot.createdAt),
      generation: snapshot.generation ?? 1,
      labels: {
        [snapshotKeys.parent]: owner.metadata.name ?? '',
        [snapshotKeys.isLatest]: String(isLatest),
        [snapshotKeys.policyIndex]: String(index),
      },
      annotations: {
        [snapshotKeys.placementGeneration]: String(placementGeneration),
        ...(numberOfClusters !== undefined && { [snapshotKeys.numberOfClusters]: String(numberOfClusters) }),
      },
    },
    spec: { ...(policy && { policy }), policyHash: Buffer.from(hash, 'utf8').toString('base64') },
    ...(scheduling && { status: policySnapshotStatus(scheduling) }),
  }
}

/** What the scheduler says of a policy snapshot. */
export function policySnapshotStatus(scheduling: SchedulingStatus) {
  return {
    observedCRPGeneration: scheduling.observedPlacementGeneration,
    conditions: [scheduling.condition],
    targetClusters: scheduling.listed,
  }
}

/**
 * The (Cluster)ResourceSnapshot objects of a snapshot, first the one others are found by. `contents` are its manifests,
 * `limit` the JSON bytes one object may hold.
 */
export function resourceSnapshotObjects(
  owner: Owner,
  snapshot: ResourceSnapshot,
  contents: readonly KubeObject[],
  isLatest: boolean,
  limit?: number,
): KubeObject[] {
  const pieces = splitResources(contents, limit)
  const [first = [], ...others] = pieces
  const { index, hash, envelopeCount, candidateSince } = snapshot
  const kind = scoped(owner, 'ResourceSnapshot')
  const labels = { [snapshotKeys.parent]: owner.metadata.name ?? '', [snapshotKeys.resourceIndex]: String(index) }
  const master: KubeObject = {
    apiVersion,
    kind,
    metadata: {
      ...common(owner, snapshot.name, snapshot.createdAt),
      labels: { ...labels, [snapshotKeys.isLatest]: String(isLatest) },
      annotations: {
        [snapshotKeys.resourceHash]: hash,
        [snapshotKeys.snapshotCount]: String(Math.max(1, pieces.length)),
        [snapshotKeys.envelopeCount]: String(envelopeCount),
        ...(candidateSince && { [snapshotKeys.candidateSince]: candidateSince }),
      },
    },
    spec: { selectedResources: first },
  }
  const further = others.map((piece, subindex): KubeObject => {
    const name = resourceSubSnapshotName(owner.metadata.name ?? '', index, subindex)
    return {
      apiVersion,
      kind,
      metadata: {
        ...common(owner, name, snapshot.createdAt),
        labels,
        annotations: { [snapshotKeys.subindex]: String(subindex) },
      },
      spec: { selectedResources: piece },
    }
  })
  return [master, ...further]
}

function common(owner: Owner, name: string, creationTimestamp: string) {
  const reference: OwnerReference = {
    apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
  return {
    name,
    ...(owner.metadata.namespace && { namespace: owner.metadata.namespace }),
    creationTimestamp,
    ownerReferences: [reference],
  }
}
