// One loop for every write to an object that exists: read, propose, settle, write if nothing came between.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import { conflict, invalid, methodNotAllowed, notFound } from '../http/status-error.ts'
import { sameJson } from '../patch/json-value.ts'
import { invalid as invalidField } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { behaviorOf } from './behavior.ts'
import { type Call, typeOf } from './call.ts'
import { commit } from './commit.ts'
import { previewed } from './preview.ts'
import { type Proposal, settle } from './settle.ts'
import { asServed } from './stored-form.ts'
import type { WriteOptions } from './write-options.ts'

/** Works out the wanted state from the stored one; called again when another writer was quicker. */
export type Propose = (old: KubeObject) => Promise<Proposal> | Proposal

/** Lost races before a write that named no revision gives up. */
const maxRounds = 6

export function keyOf(call: Call): ObjectKey {
  const { name = '', namespace } = call.target
  return namespace === undefined ? { name } : { namespace, name }
}

/** Reads the object of a call. Throws StatusError 404. */
export async function existing(call: Call): Promise<StoredObject> {
  const found = await lookUp(call)
  if (!found) throw notFound(typeOf(call.kind), call.target.name ?? '')
  return found
}

/** The object of a call, from the store or the view that renders it. */
export async function lookUp(call: Call): Promise<StoredObject | undefined> {
  const { kind, server } = call
  const key = keyOf(call)
  const view = server.views?.(kind.storage)
  if (!view) return await server.store.get(kind.storage, key)
  const object = await view.get(key)
  return object && { key, object, revision: Number(object.metadata.resourceVersion ?? 0) }
}

/** Changes the object of a call. Throws StatusError 404, 409 and what settling throws. */
export async function modify(call: Call, propose: Propose, options: WriteOptions): Promise<KubeObject> {
  for (let round = 1; ; round += 1) {
    const stored = await existing(call)
    const old = asServed(call.kind, stored.object)
    const proposal = await propose(old)
    checkLocks(call, proposal, old)
    const next = await settle(call, { ...proposal, object: merged(call, proposal.object, old) }, old, options)
    if (options.dryRun) return previewed(call, next)
    if (sameJson(next, old)) return next
    try {
      return await store(call, stored, next, old)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      if (round === maxRounds) throw conflict(typeOf(call.kind), call.target.name ?? '')
    }
  }
}

async function store(
  call: Call,
  { key, revision }: StoredObject,
  next: KubeObject,
  old: KubeObject,
): Promise<KubeObject> {
  const { kind, server } = call
  const view = server.views?.(kind.storage)
  if (view) {
    if (!view.write) throw methodNotAllowed()
    const why = await view.write.refuses?.(key)
    if (why !== undefined) throw methodNotAllowed(why)
    return await view.write.update(key, next, old)
  }
  const removed = isDeletionOver(call, next)
  const written = await commit(server, kind, {
    key,
    expect: revision,
    object: removed ? undefined : next,
    previous: old,
  })
  // The write itself was never stored: what it answers is the state it found, without its finalizers.
  return removed ? { ...next, metadata: { ...next.metadata, resourceVersion: old.metadata.resourceVersion } } : written
}

/** The last finalizer is gone, and nothing else holds the object. */
function isDeletionOver({ kind }: Call, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers } = object.metadata
  return Boolean(deletionTimestamp) && !finalizers?.length && behaviorOf(kind).held?.(object) !== true
}

/** A uid or revision in the proposal is a condition; a later round meets a newer state and fails it. */
function checkLocks(call: Call, { object: proposed, patched }: Proposal, old: KubeObject): void {
  const type = typeOf(call.kind)
  const name = call.target.name ?? ''
  const { uid, resourceVersion } = proposed.metadata
  const fixed = patched === undefined ? ['deletionTimestamp'] : ['uid', 'deletionTimestamp']
  const faults = call.target.subresource === undefined ? fixedFaults(proposed, old, fixed) : []
  if (faults.length > 0) throw invalid(call.kind, name, faults)
  if (uid && uid !== old.metadata.uid) {
    const message = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
    throw conflict(type, name, message)
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(type, name)
}

function fixedFaults({ metadata }: KubeObject, old: KubeObject, fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => {
    const [wanted, before] = [metadata[field], old.metadata[field]]
    return wanted && wanted !== before ? [invalidField(`metadata.${field}`, wanted, 'field is immutable')] : []
  })
}

/** What the endpoint lets a writer change, and what the server owns, put together. */
function merged({ kind, target }: Call, proposed: KubeObject, old: KubeObject): KubeObject {
  if (target.subresource === 'status') {
    const { status: _old, ...kept } = old
    const { status } = proposed
    const metadata = { ...old.metadata, managedFields: proposed.metadata.managedFields ?? old.metadata.managedFields }
    return { ...kept, metadata: withoutUndefined(metadata), ...(status !== undefined && { status }) }
  }
  const { selfLink: _link, ...metadata } = proposed.metadata
  const { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } =
    old.metadata
  const owned = { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds }
  const next: KubeObject = { ...proposed, metadata: withoutUndefined({ ...metadata, ...owned }) }
  if (!kind.statusSubresource) return next
  const { status: _proposed, ...spec } = next
  return {
    ...spec,
    metadata: next.metadata,
    apiVersion: next.apiVersion,
    kind: next.kind,
    ...(old['status'] !== undefined && { status: old['status'] }),
  }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
