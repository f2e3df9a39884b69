// Policy snapshots that clients write: stored as they are, and read back into what the scheduler follows.
import type { KubeObject, ResourceType } from '../api/kube-object.ts'
import type { PlacementKey } from '../api/message.ts'
import { type ClientPolicy, clientPolicyOf } from '../domain/placement/client-policy.ts'
import { snapshotKeys } from '../domain/placement/snapshot-names.ts'
import type { ObjectStore, StoredObject } from '../ports/object-store.ts'
import { placementLocation, types } from './fleet-lists.ts'
import { updateObject } from './object-update.ts'

/** The type of the policy snapshots of a placement's scope. */
export function policySnapshotType(placement: PlacementKey): ResourceType {
  return placementLocation(placement).key.namespace === undefined ? types.clusterPolicySnapshot : types.policySnapshot
}

/** The key of the placement a snapshot object says it is of; undefined when it says none. */
export function parentOf({ metadata }: KubeObject): PlacementKey | undefined {
  const name = metadata.labels?.[snapshotKeys.parent]
  if (!name) return undefined
  return metadata.namespace ? `${metadata.namespace}/${name}` : name
}

/** One list of a type that is empty in most hubs. */
export async function readClientPolicy(
  objects: Pick<ObjectStore, 'list'>,
  placement: PlacementKey,
): Promise<ClientPolicy | undefined> {
  return clientPolicyOf((await storedSnapshots(objects, placement)).map(({ object }) => object))
}

/** The snapshots clients wrote of a placement. */
export async function storedSnapshots(
  objects: Pick<ObjectStore, 'list'>,
  placement: PlacementKey,
): Promise<readonly StoredObject[]> {
  const { namespace } = placementLocation(placement).key
  const page = await objects.list(policySnapshotType(placement), namespace === undefined ? {} : { namespace })
  return page.items.filter(({ object }) => parentOf(object) === placement)
}

/** They go with their placement, as KubeFleet's do. Idempotent. */
export async function dropClientSnapshots(
  objects: Pick<ObjectStore, 'list' | 'get' | 'write'>,
  placement: PlacementKey,
): Promise<void> {
  const type = policySnapshotType(placement)
  for (const { key } of await storedSnapshots(objects, placement))
    await updateObject(objects, type, key, () => ({ object: undefined }))
}
