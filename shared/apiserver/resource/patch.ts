// PATCH in its four forms. Each turns the stored object into a proposal; the rest is as for an update.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import { contentType, type DecodedBody, decodeJson, decodeYaml, readBody, unsupportedType } from '../http/body.ts'
import { conflict, invalid, notFound, StatusError } from '../http/status-error.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../patch/strategic-merge.ts'
import { applyServerSide } from '../ssa/apply.ts'
import { type Call, typeOf, type WriteOptions, writeOptions } from './call.ts'
import { createProposed } from './create.ts'
import { timestamp } from './metadata.ts'
import { lookUp, modify } from './modify.ts'
import { objectOfKind, type Proposal } from './settle.ts'
import { asServed } from './stored-form.ts'
import { addressed } from './update.ts'

export const jsonPatchType = 'application/json-patch+json'
export const mergePatchType = 'application/merge-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'

/** The answer to a PATCH: `created` when an apply made the object. */
export interface Patched {
  readonly object: KubeObject
  readonly created: boolean
}

/** Throws StatusError 400, 404, 409, 415 or 422. */
export async function patch(call: Call): Promise<Patched> {
  const type = contentType(call.request)
  if (!patchTypes(call).includes(type)) throw unsupportedType(patchTypes(call))
  const options = writeOptions(call)
  if (type === applyPatchType) return await apply(call, options)
  if (call.target.query.has('force')) throw optionError(call, 'force', 'may not be specified for non-apply patch')
  const body = decodeJson(await readBody(call.request))
  const propose = (old: KubeObject): Proposal => {
    const value = patchedObject(call, type, old, body)
    return { object: addressed(call, objectOfKind(call, value)), duplicates: body.duplicates, patch: true }
  }
  return { object: await modify(call, propose, options), created: false }
}

function patchTypes({ kind }: Call): string[] {
  const types = [jsonPatchType, mergePatchType, applyPatchType]
  return kind.strategicMerge ? [...types, strategicPatchType] : types
}

/** Applies a patch that is no apply to an object, or to its scale. Throws PatchError. */
export function patchedObject({ kind }: Call, type: string, old: KubeObject, body: DecodedBody): JsonObject {
  switch (type) {
    case jsonPatchType:
      return applyJsonPatch(asJson(old), body.value)
    case strategicPatchType:
      return applyStrategicMergePatch(kind.schema ?? {}, asJson(old), body.value)
    default:
      return applyMergePatch(asJson(old), body.value)
  }
}

async function apply(call: Call, options: WriteOptions): Promise<Patched> {
  if (!call.target.query.get('fieldManager')) {
    throw optionError(call, 'fieldManager', 'Required value: is required for apply patch', 'FieldValueRequired')
  }
  const body = await decodeYaml(await readBody(call.request))
  const found = await lookUp(call)
  if (found) {
    const object = await modify(call, (old) => applied(call, old, body, options), options)
    return { object, created: false }
  }
  if (call.target.subresource !== undefined) throw notFound(typeOf(call.kind), call.target.name ?? '')
  const uid = uidOf(body.value)
  if (uid !== undefined) {
    const message = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    throw conflict(typeOf(call.kind), call.target.name ?? '', message)
  }
  const proposal = applied(call, undefined, body, options)
  return { object: await createProposed(call, proposal, options), created: true }
}

function applied(call: Call, old: KubeObject | undefined, body: DecodedBody, options: WriteOptions): Proposal {
  const { kind, target, server } = call
  const live = old && asServed(kind, old)
  const outcome = applyServerSide({
    schema: kind.schema,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    now: timestamp(server.clock.now()),
    subresource: target.subresource,
    statusSubresource: kind.statusSubresource,
    live,
    config: namedConfig(call, body.value),
    manager: options.manager,
    force: options.force,
  })
  if (outcome.kind === 'conflicts') throw applyConflict(outcome)
  const object = addressed(call, outcome.object)
  const lock = revisionOf(body.value)
  const metadata = lock === undefined ? object.metadata : { ...object.metadata, resourceVersion: lock }
  return { object: { ...object, metadata }, duplicates: body.duplicates, owned: true, patch: true }
}

/** An apply names its object; the URL's name and namespace stand in for what it leaves out. */
function namedConfig({ target }: Call, config: unknown): unknown {
  if (!isJsonObject(config)) return config
  const metadata = isJsonObject(config['metadata']) ? config['metadata'] : {}
  const place = target.namespace === undefined ? {} : { namespace: target.namespace }
  return { ...config, metadata: { name: target.name, ...place, ...metadata } }
}

function metadataField(config: unknown, field: string): string | undefined {
  const metadata = isJsonObject(config) ? config['metadata'] : undefined
  const value = isJsonObject(metadata) ? metadata[field] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

const uidOf = (config: unknown) => metadataField(config, 'uid')
const revisionOf = (config: unknown) => metadataField(config, 'resourceVersion')

function applyConflict(outcome: {
  message: string
  conflicts: readonly { message: string; field: string }[]
}): StatusError {
  const causes = outcome.conflicts.map(({ message, field }) => ({ reason: 'FieldManagerConflict', message, field }))
  return new StatusError(409, 'Conflict', outcome.message, { causes })
}

function optionError(
  call: Call,
  field: string,
  message: string,
  reason: 'FieldValueForbidden' | 'FieldValueRequired' = 'FieldValueForbidden',
): StatusError {
  const text = reason === 'FieldValueForbidden' ? `Forbidden: ${message}` : message
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, call.target.name ?? '', [
    { field, message: text, reason },
  ])
}
