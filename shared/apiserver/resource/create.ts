// POST: a new object.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import { decodeObject } from '../http/body.ts'
import { alreadyExists, badRequest, forbidden, methodNotAllowed } from '../http/status-error.ts'
import { type Call, typeOf } from './call.ts'
import { commit } from './commit.ts'
import { generatedName, timestamp } from './metadata.ts'
import { requireNamespace } from './namespace-behavior.ts'
import { previewed } from './preview.ts'
import { objectOfKind, type Proposal, settle } from './settle.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

/** Names drawn for one generateName before giving up. */
const maxDraws = 8

/** Creates the object of a POST. Throws StatusError 400, 403, 404, 405, 409 or 422. */
export async function create(call: Call): Promise<KubeObject> {
  const { kind, target } = call
  if (kind.namespaced && target.namespace === undefined) throw methodNotAllowed()
  if (target.name !== undefined) throw methodNotAllowed()
  const { value, duplicates } = await decodeObject(call.request, call.kind.kind)
  refuseWhileTerminating(call, value)
  const options = writeOptions(call)
  return await createProposed(call, { ...objectOfKind(call, value), duplicates }, options)
}

/** Throws StatusError 403 for a kind whose definition is being deleted. */
function refuseWhileTerminating({ kind }: Call, value: JsonObject): void {
  if (kind.terminating !== true) return
  const { metadata } = value
  const name = isJsonObject(metadata) ? String(metadata['name'] ?? '') : ''
  throw forbidden(typeOf(kind), name, 'create not allowed while custom resource definition is terminating')
}

/** Creates what a POST, or an apply to a name that is free, proposes. */
export async function createProposed(call: Call, proposal: Proposal, options: WriteOptions): Promise<KubeObject> {
  const { kind, target, server } = call
  if (proposal.object.metadata.resourceVersion)
    throw badRequest('resourceVersion should not be set on objects to be created')
  const object = placed(call, proposal.object)
  const prefix = object.metadata.name ? undefined : object.metadata.generateName
  if (target.namespace !== undefined) {
    const name = object.metadata.name ?? ''
    await requireNamespace(server.store, target.namespace, { group: kind.group, plural: kind.plural, name })
  }
  for (let draw = 0; prefix && draw < maxDraws; draw += 1) {
    const name = generatedName(prefix, server.ids.suffix)
    const created = await tryCreate(call, { ...proposal, object: named(object, name) }, options)
    if (created) return created
  }
  const created = prefix ? undefined : await tryCreate(call, { ...proposal, object }, options)
  if (created) return created
  throw alreadyExists(typeOf(kind), object.metadata.name ?? prefix ?? '', prefix ? 1 : undefined)
}

/** The new object, or undefined when its name is taken. */
async function tryCreate(call: Call, proposal: Proposal, options: WriteOptions): Promise<KubeObject | undefined> {
  const { kind, server, target } = call
  const next = await settle(call, { ...proposal, object: stamped(call, proposal.object) }, undefined, options)
  const key = { name: next.metadata.name ?? '', ...(target.namespace !== undefined && { namespace: target.namespace }) }
  if (options.dryRun) return (await server.store.get(kind.storage, key)) ? undefined : previewed(call, next)
  const view = server.views?.(kind.storage)
  if (view) {
    if (!view.write?.create) throw methodNotAllowed()
    return await view.write.create(next)
  }
  try {
    return await commit(server, kind, { key, expect: 'absent', object: next })
  } catch (error) {
    if (error instanceof ConflictError) return undefined
    throw error
  }
}

/** Fills in the namespace of the URL. Throws StatusError 400 when the body says another. */
function placed(call: Call, object: KubeObject): KubeObject {
  const { target, kind } = call
  const { namespace, ...metadata } = object.metadata
  if (namespace && (!kind.namespaced || namespace !== target.namespace)) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  return {
    ...object,
    metadata: { ...metadata, ...(target.namespace !== undefined && { namespace: target.namespace }) },
  }
}

function named(object: KubeObject, name: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } }
}

/** Sets what the server owns. A new object has no status where that is a subresource. */
function stamped({ kind, server }: Call, object: KubeObject): KubeObject {
  const { selfLink: _link, deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, ...kept } = object.metadata
  const { resourceVersion: _revision, generation, ...others } = kept
  // Kinds that count nothing keep what they are told.
  const metadata = kind.generation || generation === undefined ? others : { ...others, generation }
  const { status, ...rest } = object
  const creationTimestamp = timestamp(server.clock.now())
  return {
    ...rest,
    metadata: { ...metadata, uid: server.ids.uuid(), creationTimestamp },
    ...(status !== undefined && !kind.statusSubresource && { status }),
  }
}
