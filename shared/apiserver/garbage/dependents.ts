// Objects that name an owner which went, or which is going and waits for them.
import {
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
  parseApiVersion,
  typeText,
} from '../../api/kube-object.ts'
import type { GarbageMessage } from '../../api/message.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import type { ServedKind } from '../kind.ts'
import { deleteByUid } from '../resource/deletion.ts'
import {
  type CollectOutcome,
  type Collector,
  changeHeld,
  heldAgainMs,
  inParallel,
  moreAgainMs,
  readsAtOnce,
  sliceObjects,
  withoutFinalizer,
} from './collector.ts'
import { foregroundFinalizer, orphanFinalizer } from './garbage-news.ts'

interface Dependent {
  readonly kind: ServedKind
  readonly stored: StoredObject
  readonly reference: OwnerReference
}

/** One slice of what an owner's end asks for: delete, wait for, or set free what depends on it. */
export async function collectDependents(collector: Collector, message: GarbageMessage): Promise<CollectOutcome> {
  const owner = await findOwner(collector, message)
  const finalizers = owner?.stored.object.metadata.finalizers ?? []
  const deleting = Boolean(owner?.stored.object.metadata.deletionTimestamp)
  if (owner && !deleting) return await checkOwners(collector, owner)
  // Held by others only: its dependents stay until it is gone.
  if (owner && !(finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer))) return 'done'
  const dependents = await dependentsOf(collector, message)
  const slice = dependents.slice(0, sliceObjects)
  const orphan = finalizers.includes(orphanFinalizer)
  for (const dependent of slice) {
    if (orphan) await release(collector, dependent, message.uid)
    else await endDependent(collector, dependent, { uid: message.uid, foreground: owner !== undefined })
  }
  if (dependents.length > slice.length) return { again: moreAgainMs }
  if (!owner) {
    await collector.owners.forget(message.uid, await collector.owners.dependents(message.uid))
    return 'done'
  }
  return await finishOwner(collector, message, owner, orphan ? orphanFinalizer : foregroundFinalizer)
}

async function findOwner(collector: Collector, { group, resource, namespace, name, uid }: GarbageMessage) {
  const kind = collector.index.stored.find(({ storage }) => storage.group === group && storage.resource === resource)
  if (!kind) return undefined
  const key = namespace === undefined ? { name } : { namespace, name }
  const stored = await collector.store.get(kind.storage, key)
  return stored?.object.metadata.uid === uid ? { kind, stored } : undefined
}

/** A namespaced owner has dependents in its namespace only. */
async function dependentsOf(collector: Collector, { namespace, uid }: GarbageMessage): Promise<Dependent[]> {
  const found: Dependent[] = []
  await inParallel(await collector.owners.dependents(uid), readsAtOnce, async ({ type, key }) => {
    if (namespace !== undefined && key.namespace !== namespace) return
    const kind = collector.index.stored.find(({ storage }) => typeText(storage) === typeText(type))
    const stored = kind && (await collector.store.get(type, key))
    const reference = stored?.object.metadata.ownerReferences?.find((owner) => owner.uid === uid)
    if (kind && stored && reference) found.push({ kind, stored, reference })
  })
  return found
}

/** An object that came to name owners: without a living one it goes, and references to those that are gone go. */
async function checkOwners(
  collector: Collector,
  { kind, stored }: { kind: ServedKind; stored: StoredObject },
): Promise<CollectOutcome> {
  const gone: OwnerReference[] = []
  for (const owner of stored.object.metadata.ownerReferences ?? [])
    if (!(await isLiving(collector, owner, stored.key))) gone.push(owner)
  const [first] = gone
  if (!first) return 'done'
  if (gone.length === stored.object.metadata.ownerReferences?.length) {
    await deleteByUid(collector, kind, stored, { propagation: 'Background', now: collector.clock.now() })
    return 'done'
  }
  await release(collector, { kind, stored, reference: first }, first.uid)
  return { again: moreAgainMs }
}

/** Deletes a dependent, unless another owner of it lives: then only the reference goes. */
async function endDependent(
  collector: Collector,
  dependent: Dependent,
  { uid, foreground }: { uid: string; foreground: boolean },
): Promise<void> {
  const { kind, stored } = dependent
  if (await hasLivingOwner(collector, stored, uid)) return await release(collector, dependent, uid)
  if (stored.object.metadata.deletionTimestamp) return
  // One without dependents of its own has nothing to wait for.
  const waits = foreground && (await collector.owners.dependents(stored.object.metadata.uid ?? '')).length > 0
  const propagation = waits ? 'Foreground' : 'Background'
  await deleteByUid(collector, kind, stored, { propagation, now: collector.clock.now() })
}

async function hasLivingOwner(collector: Collector, { key, object }: StoredObject, except: string): Promise<boolean> {
  for (const owner of object.metadata.ownerReferences ?? []) {
    if (owner.uid !== except && (await isLiving(collector, owner, key))) return true
  }
  return false
}

/** An owner of a kind nobody serves cannot be shown to be gone, so it counts as living. */
async function isLiving(collector: Collector, owner: OwnerReference, { namespace }: ObjectKey): Promise<boolean> {
  const { group, version } = parseApiVersion(owner.apiVersion)
  const kind = collector.index.findKind(group, version, owner.kind)
  // Nor can an owner with a namespace be looked for from an object without one.
  if (!kind || (kind.namespaced && namespace === undefined)) return true
  const key = kind.namespaced
    ? { name: owner.name, ...(namespace !== undefined && { namespace }) }
    : { name: owner.name }
  const found = await collector.store.get(kind.storage, key)
  const waiting =
    found?.object.metadata.finalizers?.includes(foregroundFinalizer) && found.object.metadata.deletionTimestamp
  return found?.object.metadata.uid === owner.uid && !waiting
}

async function release(collector: Collector, { kind, stored }: Dependent, uid: string): Promise<void> {
  await changeHeld(collector, kind, stored, (object) => withoutOwner(object, uid))
}

function withoutOwner(object: KubeObject, uid: string): KubeObject {
  const { ownerReferences, ...metadata } = object.metadata
  const kept = (ownerReferences ?? []).filter((owner) => owner.uid !== uid)
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { ownerReferences: kept }) } }
}

/** Lets the owner go when nothing it waits for is left. */
async function finishOwner(
  collector: Collector,
  message: GarbageMessage,
  owner: { kind: ServedKind; stored: StoredObject },
  finalizer: string,
): Promise<CollectOutcome> {
  const left = await dependentsOf(collector, message)
  const blocking = finalizer === orphanFinalizer ? left : left.filter(({ reference }) => reference.blockOwnerDeletion)
  if (blocking.length > 0) return { again: blocking.some(isNew) ? moreAgainMs : heldAgainMs(collector, owner.stored) }
  const done = await changeHeld(collector, owner.kind, owner.stored, (object) => withoutFinalizer(object, finalizer))
  return done ? 'done' : { again: moreAgainMs }
}

function isNew({ stored }: Dependent): boolean {
  return !stored.object.metadata.deletionTimestamp
}
