// PATCH in its four forms. Each turns the stored object into a proposal; the rest is as for an update.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import { attributesOf, requireAccess } from '../auth/access.ts'
import { contentType, type DecodedBody, decodeJson, decodeYaml, readBody, unsupportedType } from '../http/body.ts'
import { badRequest, conflict, notFound, StatusError } from '../http/status-error.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { PatchError } from '../patch/patch-error.ts'
import { applyStrategicMergePatch } from '../patch/strategic-merge.ts'
import { applyServerSide } from '../ssa/apply.ts'
import { type Call, typeOf } from './call.ts'
import { createProposed } from './create.ts'
import { timestamp } from './metadata.ts'
import { lookUp, modify } from './modify.ts'
import { objectOfKind, type Proposal } from './settle.ts'
import { asServed } from './stored-form.ts'
import { addressed } from './update.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'
import type { Written } from './written.ts'

export const jsonPatchType = 'application/json-patch+json'
export const mergePatchType = 'application/merge-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'

/** Throws StatusError 400, 404, 409, 415 or 422. */
export async function patch(call: Call): Promise<Written> {
  const type = contentType(call.request)
  if (!patchTypes(call).includes(type))
    throw type === strategicPatchType ? unsupportedType(patchTypes(call)) : unknownPatchType()
  const options = writeOptions(call, { apply: type === applyPatchType })
  if (type === applyPatchType) return await apply(call, options)
  const body = decodePatch(type, await readBody(call.request))
  const propose = (old: KubeObject): Proposal => {
    const value = patchedObject(call, type, old, body)
    const patched = JSON.stringify(value)
    const decoded = objectOfKind(call, value, patched)
    return { ...decoded, object: addressed(call, decoded.object), duplicates: body.duplicates, patched }
  }
  return { object: await modify(call, propose, options), created: false }
}

/** Throws InvalidInputError for what is no patch of this type at all. */
function decodePatch(type: string, bytes: Uint8Array): DecodedBody {
  if (type === strategicPatchType) return decodeJson(bytes)
  const context = 'error decoding patch: '
  const body = decodeJson(bytes, context)
  const { value } = body
  const actual = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const wanted = type === jsonPatchType ? 'array' : 'object'
  if (value === null || actual === wanted) return body
  const into = type === jsonPatchType ? '[]handlers.jsonPatchOp' : 'map[string]interface {}'
  throw new InvalidInputError(`${context}json: cannot unmarshal ${actual} into Go value of type ${into}`)
}

async function decodeConfig(bytes: Uint8Array): Promise<DecodedBody> {
  try {
    return await decodeYaml(bytes)
  } catch (error) {
    throw error instanceof InvalidInputError ? new InvalidInputError(`error decoding YAML: ${error.message}`) : error
  }
}

/** An operation that does not apply is told apart from a patch that is none, but not in words. */
function applyOperations(object: JsonObject, operations: unknown): JsonObject {
  try {
    return applyJsonPatch(object, operations)
  } catch (error) {
    if (!(error instanceof PatchError) || error.code === 413) throw error
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}

const unknownPatchType = () => new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})

function patchTypes({ kind }: Call): string[] {
  const types = [jsonPatchType, mergePatchType, applyPatchType]
  return kind.strategicMerge ? [...types, strategicPatchType] : types
}

/** Applies a patch that is no apply to an object, or to its scale. Throws PatchError. */
export function patchedObject({ kind }: Call, type: string, old: KubeObject, body: DecodedBody): JsonObject {
  switch (type) {
    case jsonPatchType:
      return applyOperations(asJson(old), body.value)
    case strategicPatchType:
      return applyStrategicMergePatch(kind.schema ?? {}, asJson(old), body.value)
    default:
      return applyMergePatch(asJson(old), body.value)
  }
}

async function apply(call: Call, options: WriteOptions): Promise<Written> {
  const body = await decodeConfig(await readBody(call.request))
  requireName(call, body.value)
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
  await requireAccess(call.server.authorize, call.user, { ...attributesOf(call.target), verb: 'create' })
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
    config: body.value,
    manager: options.manager,
    force: options.force,
  })
  if (outcome.kind === 'conflicts') throw applyConflict(outcome)
  const object = addressed(call, outcome.object)
  const lock = revisionOf(body.value)
  const metadata = lock === undefined ? object.metadata : { ...object.metadata, resourceVersion: lock }
  return {
    object: { ...object, metadata },
    duplicates: body.duplicates,
    owned: true,
    patched: JSON.stringify(body.value),
  }
}

/** An apply names its object itself. Throws StatusError 400. */
function requireName({ target }: Call, config: unknown): void {
  if (!isJsonObject(config) || metadataField(config, 'name') !== undefined) return
  throw badRequest(
    `the name of the object (${target.name ?? ''} based on URL) was undeterminable: name must be provided`,
  )
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
