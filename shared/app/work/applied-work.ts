// The AppliedWork on a member: owner of everything a placement has put there, and the fence against workers that come
// late with an older decision.
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Wanted } from '../../api/placement-record.ts'
import { memberNamespace, workName } from '../../domain/work/names.ts'
import { appliedWorkApiVersion, appliedWorkKind, ownerOf } from '../../domain/work/ownership.ts'
import { TransientError } from '../../errors.ts'
import type { PlacedKind } from '../../ports/cluster-store.ts'
import type { MemberCluster, MemberRef } from '../../ports/member-cluster.ts'

/** The epoch of the newest decision this member has seen. */
export const epochAnnotation = 'hubless.io/epoch'
/** An AppliedWork that is going away is looked at again after this time. */
const goneAgainMs = 300

const [group = '', version = ''] = appliedWorkApiVersion.split('/')

export type Fence =
  /** `fresh`: it was made just now, so nothing of this placement is on the member yet. */
  | { readonly kind: 'owner'; readonly owner: OwnerReference; readonly fresh: boolean; readonly placed: PlacedKind }
  /** The member has seen a newer decision than the one at hand. */
  | { readonly kind: 'stale'; readonly epoch: number }

/** Where the AppliedWork of a placement is on a member. Throws TransientError when the member does not hold them yet. */
export async function appliedWorkRef(member: MemberCluster, placement: PlacementKey): Promise<MemberRef> {
  const resource = await member.resolve({ group, version, kind: appliedWorkKind })
  // Joining installs the definition; a member may take a moment to serve it.
  if (!resource)
    throw new TransientError(`the cluster does not serve ${appliedWorkKind} of ${appliedWorkApiVersion} yet`, {
      retryAfterMs: goneAgainMs,
      answered: true,
    })
  return { resource, name: workName(placement) }
}

/** Makes sure the owner is there and carries this decision's epoch, before anything else is written. */
export async function raiseFence(member: MemberCluster, placement: PlacementKey, wanted: Wanted): Promise<Fence> {
  const ref = await appliedWorkRef(member, placement)
  const live = await member.get(ref)
  if (!live)
    return ownedBy(ref, await member.write(ref, { verb: 'create', object: appliedWork(ref.name, wanted) }), true)
  if (live.metadata.deletionTimestamp)
    throw new TransientError('what was placed before is still being removed', {
      retryAfterMs: goneAgainMs,
      answered: true,
    })
  const epoch = epochOf(live)
  if (epoch > wanted.generation) return { kind: 'stale', epoch }
  if (epoch === wanted.generation) return ownedBy(ref, live)
  const annotations = { [epochAnnotation]: String(wanted.generation) }
  const patch = { metadata: { annotations, resourceVersion: live.metadata.resourceVersion } }
  return ownedBy(ref, await member.write(ref, { verb: 'patch', type: 'merge', patch }))
}

/** `gone` when nothing is left, `going` while the member's garbage collector is at work. */
export async function removeAppliedWork(
  member: MemberCluster,
  placement: PlacementKey,
  epoch: number,
): Promise<'gone' | 'going' | 'stale'> {
  const ref = await appliedWorkRef(member, placement)
  const live = await member.get(ref)
  if (!live) return 'gone'
  if (epochOf(live) > epoch) return 'stale'
  if (live.metadata.deletionTimestamp) return 'going'
  await member.delete(ref, {
    propagation: 'Foreground',
    ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
  })
  return (await member.get(ref)) ? 'going' : 'gone'
}

export function epochOf(live: KubeObject): number {
  const epoch = Number(live.metadata.annotations?.[epochAnnotation] ?? 0)
  return Number.isSafeInteger(epoch) ? epoch : 0
}

function ownedBy({ resource }: MemberRef, { metadata }: KubeObject, fresh = false): Fence {
  const owner = ownerOf({ name: metadata.name ?? '', uid: metadata.uid ?? '' })
  return { kind: 'owner', owner, fresh, placed: { resource, seen: metadata.resourceVersion } }
}

function appliedWork(name: string, wanted: Wanted): KubeObject {
  return {
    apiVersion: appliedWorkApiVersion,
    kind: appliedWorkKind,
    metadata: { name, annotations: { [epochAnnotation]: String(wanted.generation) } },
    spec: { workName: name, workNamespace: memberNamespace(wanted.cluster) },
  }
}
