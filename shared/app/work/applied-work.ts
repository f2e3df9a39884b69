// The AppliedWork on a member: owner of everything a placement has put there, and the fence against workers that come
// late with an older decision.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Wanted } from '../../api/placement-record.ts'
import type { AppliedResource } from '../../api/work.ts'
import { sameJson } from '../../domain/work/merge-patch.ts'
import { memberNamespace, workName } from '../../domain/work/names.ts'
import { appliedWorkApiVersion, appliedWorkKind, ownerOf } from '../../domain/work/ownership.ts'
import { InvalidInputError, TransientError } from '../../errors.ts'
import type { PlacedKind } from '../../ports/cluster-store.ts'
import { type MemberCluster, type MemberRef, MemberRefusal } from '../../ports/member-cluster.ts'
import { credentialsSuffix, fleetNamespace } from '../member-access.ts'

/** The epoch of the newest decision this member has seen. */
export const epochAnnotation = 'hubless.io/epoch'
/** An AppliedWork that is going away is looked at again after this time. */
const goneAgainMs = 300

const [group = '', version = ''] = appliedWorkApiVersion.split('/')

export type Fence =
  /**
   * `fresh`: it was made just now, so nothing of this placement is on the member yet. `told` is what its status says of
   * the objects it owns.
   */
  | {
      readonly kind: 'owner'
      readonly owner: OwnerReference
      readonly fresh: boolean
      readonly placed: PlacedKind
      readonly told: unknown
    }
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

/**
 * Throws InvalidInputError when the member serves as another cluster of the fleet: its credentials were mixed up, and what
 * is there is not this cluster's to change. Another name that is in the fleet no more is this member's own past.
 */
async function proveIdentity(live: KubeObject, cluster: string, isMember: IsMember): Promise<void> {
  const spec = isJsonObject(live['spec']) ? live['spec'] : {}
  const namespace = typeof spec['workNamespace'] === 'string' ? spec['workNamespace'] : ''
  const other = namespace.startsWith(memberNamespace('')) ? namespace.slice(memberNamespace('').length) : ''
  if (other === '' || other === cluster || !(await isMember(other))) return
  throw new InvalidInputError(
    `the credentials of cluster ${cluster} lead to a member that serves as cluster ${other}; nothing is applied to it or removed from it. Put the kubeconfig of ${cluster} into Secret ${fleetNamespace}/${cluster}${credentialsSuffix}`,
  )
}

/** Whether a cluster of that name is in the fleet. */
export type IsMember = (cluster: string) => Promise<boolean>

/** Makes sure the owner is there and carries this decision's epoch, before anything else is written. */
export async function raiseFence(
  member: MemberCluster,
  placement: PlacementKey,
  wanted: Wanted,
  isMember: IsMember,
): Promise<Fence> {
  const ref = await appliedWorkRef(member, placement)
  const live = await member.get(ref)
  if (!live)
    return ownedBy(ref, await member.write(ref, { verb: 'create', object: appliedWork(ref.name, wanted) }), true)
  await proveIdentity(live, wanted.cluster, isMember)
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

/**
 * `gone` when nothing is left. While the member's garbage collector is at work: the owner that is going, and since when by
 * the member's clock.
 */
export type Removal = 'gone' | 'stale' | { readonly owner: OwnerReference; readonly since: string | undefined }

/** Begins a removal, or looks how far it is. */
export async function removeAppliedWork(
  member: MemberCluster,
  placement: PlacementKey,
  { cluster, epoch, isMember }: { readonly cluster: string; readonly epoch: number; readonly isMember: IsMember },
): Promise<Removal> {
  const ref = await appliedWorkRef(member, placement)
  const live = await member.get(ref)
  if (!live) return 'gone'
  await proveIdentity(live, cluster, isMember)
  if (epochOf(live) > epoch) return 'stale'
  const { deletionTimestamp: since, name = '', uid = '' } = live.metadata
  if (since) return { owner: ownerOf({ name, uid }), since }
  await member.delete(ref, {
    propagation: 'Foreground',
    ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
  })
  const left = await member.get(ref)
  return left ? { owner: ownerOf({ name, uid }), since: left.metadata.deletionTimestamp ?? undefined } : 'gone'
}

export function epochOf(live: KubeObject): number {
  const epoch = Number(live.metadata.annotations?.[epochAnnotation] ?? 0)
  return Number.isSafeInteger(epoch) ? epoch : 0
}

function ownedBy({ resource }: MemberRef, { metadata, status }: KubeObject, fresh = false): Fence {
  const owner = ownerOf({ name: metadata.name ?? '', uid: metadata.uid ?? '' })
  const placed = { resource, seen: metadata.resourceVersion }
  return { kind: 'owner', owner, fresh, placed, told: isJsonObject(status) ? status['appliedResources'] : undefined }
}

/**
 * Says on the AppliedWork which objects the placement has there, for whoever looks at the member alone. Nothing depends on
 * it, so a member that refuses is let be.
 */
export async function tellAppliedResources(
  member: MemberCluster,
  placement: PlacementKey,
  { told = [] }: Extract<Fence, { kind: 'owner' }>,
  appliedResources: readonly AppliedResource[],
): Promise<void> {
  if (sameJson(told, appliedResources)) return
  const patch = { status: { appliedResources } }
  try {
    const ref = await appliedWorkRef(member, placement)
    await member.write(ref, { verb: 'patch', type: 'merge', subresource: 'status', patch })
  } catch (error) {
    if (!(error instanceof MemberRefusal || (error instanceof TransientError && error.answered))) throw error
  }
}

function appliedWork(name: string, wanted: Wanted): KubeObject {
  return {
    apiVersion: appliedWorkApiVersion,
    kind: appliedWorkKind,
    metadata: { name, annotations: { [epochAnnotation]: String(wanted.generation) } },
    spec: { workName: name, workNamespace: memberNamespace(wanted.cluster) },
  }
}
