// Whose an object on a member is. Everything placed is owned by an AppliedWork of that member, one per placement: deleting
// it lets the member's garbage collector remove everything at once, even while the hub is away.
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'

export const appliedWorkKind = 'AppliedWork'
export const appliedWorkApiVersion = 'placement.kubernetes-fleet.io/v1beta1'

/** The owner reference of an AppliedWork. */
export function ownerOf(appliedWork: { readonly name: string; readonly uid: string }): OwnerReference {
  return {
    apiVersion: appliedWorkApiVersion,
    kind: appliedWorkKind,
    name: appliedWork.name,
    uid: appliedWork.uid,
    blockOwnerDeletion: true,
  }
}

/** Whether two references name the same owner; flags do not count. */
export function sameOwner(a: OwnerReference, b: OwnerReference): boolean {
  return a.uid === b.uid && a.name === b.name && a.kind === b.kind && a.apiVersion === b.apiVersion
}

export function isOwnedBy(object: KubeObject, owner: OwnerReference): boolean {
  return ownersOf(object).some((other) => sameOwner(other, owner))
}

function ownersOf(object: KubeObject): readonly OwnerReference[] {
  return object.metadata.ownerReferences ?? []
}

function isAppliedWork(owner: OwnerReference): boolean {
  return owner.kind === appliedWorkKind && owner.apiVersion === appliedWorkApiVersion
}

/**
 * Owners without AppliedWorks that nobody knows any more, left behind when the cluster left a fleet. `isKnown` says
 * whether a name belongs to a placement that is, or may be, on this cluster.
 */
export function withoutOrphans(
  owners: readonly OwnerReference[],
  isKnown: (name: string) => boolean,
): OwnerReference[] {
  return owners.filter((owner) => !isAppliedWork(owner) || isKnown(owner.name))
}

export type TakeOver =
  | { readonly kind: 'refused'; readonly message: string }
  /** The live object with the owners it is to have. */
  | { readonly kind: 'allowed'; readonly object: KubeObject }

export interface TakeOverInput {
  readonly live: KubeObject
  readonly owner: OwnerReference
  readonly allowCoOwnership: boolean
  readonly isKnown: (appliedWork: string) => boolean
}

/** Whether an object that is there already may become ours. One object is never placed by two placements. */
export function takeOver({ live, owner, allowCoOwnership, isKnown }: TakeOverInput): TakeOver {
  const others = withoutOrphans(ownersOf(live), isKnown)
  if (others.length > 0 && !allowCoOwnership) {
    return {
      kind: 'refused',
      message: `the object already has an owner (${ownerText(others)}) and co-ownership is not allowed`,
    }
  }
  const placed = others.find((other) => isAppliedWork(other) && other.uid !== owner.uid)
  if (placed)
    return { kind: 'refused', message: `the object is already placed by another placement (${ownerText([placed])})` }
  return { kind: 'allowed', object: { ...live, metadata: { ...live.metadata, ownerReferences: [...others, owner] } } }
}

function ownerText(owners: readonly OwnerReference[]): string {
  return owners.map(({ kind, name }) => `${kind} ${name}`).join(', ')
}

/** Whether taking over has to be tried before anything else: the object is there, is not ours, and may become ours. */
export function needsTakeOver(
  live: KubeObject | undefined,
  owner: OwnerReference,
  whenToTakeOver: 'Always' | 'IfNoDiff' | 'Never',
): boolean {
  return live !== undefined && whenToTakeOver !== 'Never' && !isOwnedBy(live, owner)
}

/** Why an apply must not happen on account of owners, or `undefined` when it may. `manifest` is the one of the hub. */
export function ownerProblem(
  manifest: KubeObject,
  live: KubeObject | undefined,
  owner: OwnerReference,
  allowCoOwnership: boolean,
): string | undefined {
  if (ownersOf(manifest).length > 0 && !allowCoOwnership) {
    return 'manifest is set to have owner references but co-ownership is disallowed'
  }
  if (ownersOf(manifest).some(isAppliedWork)) return 'an AppliedWork object is unexpectedly added as an owner'
  if (!live) return undefined
  const owners = ownersOf(live)
  if (owners.length > 1 && !allowCoOwnership) {
    return 'object is co-owned by multiple objects but co-ownership has been disallowed'
  }
  if (!isOwnedBy(live, owner)) return 'object is not owned by the expected AppliedWork object'
  if (owners.some((other) => isAppliedWork(other) && !sameOwner(other, owner))) {
    return 'object is already owned by another AppliedWork object'
  }
  return undefined
}

/** What to do with an object that is not wanted any more. */
export type Removal =
  | { readonly kind: 'leave' }
  | { readonly kind: 'disown'; readonly object: KubeObject }
  | { readonly kind: 'delete'; readonly uid: string | undefined }

/** Objects of others, and those going away already, are left alone; co-owned ones only lose our ownership. */
export function removalOf(live: KubeObject | undefined, owner: OwnerReference): Removal {
  if (!live || live.metadata.deletionTimestamp || !isOwnedBy(live, owner)) return { kind: 'leave' }
  const others = ownersOf(live).filter((other) => !sameOwner(other, owner))
  if (others.length === 0) return { kind: 'delete', uid: live.metadata.uid }
  return { kind: 'disown', object: { ...live, metadata: { ...live.metadata, ownerReferences: others } } }
}

/**
 * A co-owned object with our owner reference no longer holding back our owner's end, or `undefined` when nothing needs to
 * change. Two owners that go at once may otherwise wait for each other for ever.
 */
export function unblocked(live: KubeObject | undefined, owner: OwnerReference): KubeObject | undefined {
  const owners = live ? ownersOf(live) : []
  const blocks = owners.some((other) => sameOwner(other, owner) && other.blockOwnerDeletion === true)
  if (!live || owners.length < 2 || !blocks) return undefined
  const ownerReferences = owners.map((other) =>
    sameOwner(other, owner) ? { ...other, blockOwnerDeletion: false } : other,
  )
  return { ...live, metadata: { ...live.metadata, ownerReferences } }
}
