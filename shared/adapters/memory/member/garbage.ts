// What a cluster's garbage collector and namespace controller do, as one step a test calls: nothing goes by itself.
import type { OwnerReference } from '../../../api/kube-object.ts'
import type { Kept, Objects } from './objects.ts'

const foreground = 'foregroundDeletion'

/** Starts a deletion as the API server does: at once, or by mark when finalizers or dependents must go first. */
export function beginDelete(
  objects: Objects,
  entry: Kept,
  propagation: 'Background' | 'Foreground' | 'Orphan',
  now: string,
): void {
  if (propagation === 'Orphan') for (const dependent of dependentsOf(objects, entry)) letGo(objects, dependent, entry)
  const finalizers = entry.object.metadata.finalizers ?? []
  const waits =
    propagation === 'Foreground' && !finalizers.includes(foreground) ? [...finalizers, foreground] : finalizers
  if (waits.length === 0 && !isNamespace(entry)) {
    objects.drop(entry)
    return
  }
  objects.amend(entry, (object) => {
    const { metadata } = object
    if (waits.length > 0) metadata.finalizers = waits
    metadata.deletionTimestamp ??= now
    metadata.deletionGracePeriodSeconds ??= 0
    if (isNamespace(entry)) object['status'] = { phase: 'Terminating' }
  })
}

/** Removes everything whose time has come, until nothing changes; returns how many objects went. */
export function collectGarbage(objects: Objects, now: string): number {
  const before = objects.all().length
  // Every round drops an object, a mark or a reference, so there are fewer rounds than objects and references.
  while (objects.all().some((entry) => collectOne(objects, entry, now))) {}
  return before - objects.all().length
}

/** True when it changed something. */
function collectOne(objects: Objects, entry: Kept, now: string): boolean {
  const { metadata } = entry.object
  if (isNamespace(entry) && metadata.deletionTimestamp) return emptyNamespace(objects, entry, now)
  const owners = metadata.ownerReferences ?? []
  if (owners.length > 0 && !metadata.deletionTimestamp) {
    const gone = owners.filter(({ uid }) => isGoing(objects, uid))
    if (gone.length === owners.length) {
      beginDelete(objects, entry, 'Background', now)
      return true
    }
    if (gone.length > 0) {
      keepOwners(objects, entry, (owner) => !gone.includes(owner))
      return true
    }
  }
  return finishForeground(objects, entry)
}

/** Gone, or waiting for its dependents to go. */
function isGoing(objects: Objects, uid: string): boolean {
  const owner = objects.byUid(uid)
  return !owner || (owner.object.metadata.finalizers ?? []).includes(foreground)
}

function finishForeground(objects: Objects, entry: Kept): boolean {
  const finalizers = entry.object.metadata.finalizers ?? []
  if (!finalizers.includes(foreground)) return false
  const blocked = dependentsOf(objects, entry).some(({ object }) =>
    object.metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === entry.object.metadata.uid && blockOwnerDeletion,
    ),
  )
  if (blocked) return false
  const left = finalizers.filter((finalizer) => finalizer !== foreground)
  if (left.length === 0) objects.drop(entry)
  else {
    objects.amend(entry, ({ metadata }) => {
      metadata.finalizers = left
    })
  }
  return true
}

function emptyNamespace(objects: Objects, namespace: Kept, now: string): boolean {
  const { name, finalizers = [] } = namespace.object.metadata
  const inside = objects.all().filter(({ kind, object }) => kind.namespaced && object.metadata.namespace === name)
  const next = inside.find(({ object }) => !object.metadata.deletionTimestamp)
  if (next) {
    beginDelete(objects, next, 'Background', now)
    return true
  }
  if (inside.length > 0 || finalizers.some((finalizer) => finalizer !== foreground)) return false
  objects.drop(namespace)
  return true
}

function dependentsOf(objects: Objects, owner: Kept): readonly Kept[] {
  const { uid } = owner.object.metadata
  return objects
    .all()
    .filter(({ object }) => object.metadata.ownerReferences?.some((reference) => reference.uid === uid))
}

function letGo(objects: Objects, dependent: Kept, owner: Kept): void {
  keepOwners(objects, dependent, ({ uid }) => uid !== owner.object.metadata.uid)
}

function keepOwners(objects: Objects, entry: Kept, keep: (owner: OwnerReference) => boolean): void {
  objects.amend(entry, ({ metadata }) => {
    const left = (metadata.ownerReferences ?? []).filter(keep)
    if (left.length > 0) metadata.ownerReferences = left
    else delete metadata.ownerReferences
  })
}

const isNamespace = ({ kind }: Kept) => kind.kind === 'Namespace' && kind.group === ''
