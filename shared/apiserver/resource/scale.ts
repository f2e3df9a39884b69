// `/scale`: any kind that declares where its replica counts are, seen as autoscaling/v1 Scale.
import { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { asJson, type KubeObject } from '../../api/kube-object.ts'
import { contentType, decodeJson, decodeObject, decodeYaml, readBody, unsupportedType } from '../http/body.ts'
import { badRequest, invalid, methodNotAllowed, notFound, type StatusError, unknownPath } from '../http/status-error.ts'
import type { ScaleSubresource } from '../kind.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { type Call, typeOf } from './call.ts'
import { modify } from './modify.ts'
import { applyPatchType, jsonPatchType, mergePatchType, strategicPatchType } from './patch.ts'
import { readOne } from './read.ts'
import { writeOptions } from './write-options.ts'

const Scale = z.looseObject({
  metadata: z.looseObject({ name: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
  spec: z.looseObject({ replicas: z.number().int().optional() }).nullish(),
})

const patchTypes = [jsonPatchType, mergePatchType, strategicPatchType, applyPatchType]

/** Serves GET, PUT and PATCH of a scale. Throws StatusError. */
export async function scale(call: Call): Promise<JsonObject> {
  const paths = call.kind.scale
  if (!paths) throw call.kind.origin === 'custom' ? notFound(typeOf(call.kind), call.target.name ?? '') : unknownPath()
  const { verb } = call.target
  if (verb === 'get') return scaleOf(await readOne(call), paths)
  if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed()
  const options = writeOptions(call)
  const change = await changeOf(call)
  const object = await modify(
    call,
    (old) => ({ object: scaled(call, old, change(scaleOf(old, paths)), paths), duplicates: [] }),
    options,
  )
  return scaleOf(object, paths)
}

/** From the scale as it is to the scale that is wanted. */
async function changeOf(call: Call): Promise<(old: JsonObject) => unknown> {
  if (call.target.verb === 'update') {
    const { value } = await decodeObject(call.request, 'Scale')
    return () => value
  }
  const type = contentType(call.request)
  if (!patchTypes.includes(type)) throw unsupportedType(patchTypes)
  const body = await readBody(call.request)
  const { value } = type === applyPatchType ? await decodeYaml(body) : decodeJson(body)
  return (old) => (type === jsonPatchType ? applyJsonPatch(old, value) : applyMergePatch(old, value))
}

function scaleOf(object: KubeObject, paths: ScaleSubresource): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const data = asJson(object)
  const selector = paths.labelSelectorPath === undefined ? undefined : at(data, paths.labelSelectorPath)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp: creationTimestamp ?? null,
    },
    spec: { replicas: number(at(data, paths.specReplicasPath)) },
    status: {
      replicas: number(at(data, paths.statusReplicasPath)),
      ...(selector !== undefined && { selector: selectorText(selector) }),
    },
  }
}

function scaled(call: Call, old: KubeObject, wanted: unknown, paths: ScaleSubresource): KubeObject {
  const parsed = Scale.safeParse(wanted)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const kind = { group: 'autoscaling', kind: 'Scale' }
    const field = issue?.path.join('.') ?? ''
    throw invalid(kind, call.target.name ?? '', [
      { field, reason: 'FieldValueInvalid', message: `Invalid value: ${issue?.message}` },
    ])
  }
  const { metadata, spec } = parsed.data
  if (spec?.replicas !== undefined && spec.replicas < 0) throw negative(call, spec.replicas, paths)
  if (metadata?.name !== undefined && metadata.name !== call.target.name) {
    throw badRequest('the name of the object does not match the name on the URL')
  }
  const next = structuredClone(old)
  put(next, paths.specReplicasPath, spec?.replicas ?? 0)
  const revision = metadata?.resourceVersion
  return { ...next, metadata: { ...next.metadata, ...(revision !== undefined && { resourceVersion: revision }) } }
}

/** A custom kind complains of the object's own field. */
function negative({ kind, target }: Call, count: number, { specReplicasPath }: ScaleSubresource): StatusError {
  const custom = kind.origin === 'custom'
  const field = custom ? specReplicasPath : 'spec.replicas'
  const rule = custom ? 'should be a non-negative integer' : 'must be greater than or equal to 0'
  return invalid(custom ? kind : { group: 'autoscaling', kind: 'Scale' }, target.name ?? '', [
    { field, reason: 'FieldValueInvalid', message: `Invalid value: ${count}: ${rule}` },
  ])
}

/** Paths are `.spec.replicas`: plain names below spec or status, checked when the kind was defined. */
function steps(path: string): string[] {
  return path.split('.').filter((step) => step !== '')
}

function at(data: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = data
  for (const step of steps(path)) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  return value
}

function put(object: Record<string, unknown>, path: string, value: number): void {
  const names = steps(path)
  const last = names.pop()
  let target = object
  for (const name of names) {
    if (!isJsonObject(target[name])) target[name] = {}
    target = target[name] as Record<string, unknown>
  }
  if (last !== undefined) target[last] = value
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** A selector in text form: custom kinds hold it so, built-in kinds as an object. */
function selectorText(selector: Json): string {
  if (typeof selector === 'string') return selector
  const labels = isJsonObject(selector) ? selector['matchLabels'] : undefined
  return isJsonObject(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(',')
    : ''
}
