// What is taken off an object before it is compared, hashed or sent.
import { createHash } from 'node:crypto'
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { goJson } from '../go-json.ts'

export const specHashAnnotation = 'kubernetes-fleet.io/spec-hash'
export const lastAppliedAnnotation = 'kubernetes-fleet.io/last-applied-configuration'

/** Kubernetes refuses objects whose annotations, keys and values together, are larger (bytes). */
export const maxAnnotationBytes = 262_144

/** Labels and annotations of these domains are written by the system, wherever the domain stands in the key. */
const systemDomains = ['kubernetes.io/', 'k8s.io/', 'kubernetes-fleet.io/']

/** Metadata that says which object it is or what the API server did with it, not what the user wanted. */
const identityFields = ['name', 'namespace', 'generateName']
const readOnlyFields = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
  'selfLink',
  'uid',
]

type Plain = Record<string, unknown>

/** A copy without some members. Works on data of any shape; what is not a map is returned as it is. */
function without(value: unknown, fields: readonly string[]): Plain {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)))
}

/**
 * The part of an object that counts in comparisons: no identity, no system labels and annotations, no owners, no status.
 * The five containers stay, empty, because KubeFleet's hash has them.
 */
export function comparable(object: KubeObject): KubeObject {
  const { metadata, status: _, ...rest } = object
  const kept = without(metadata, [...identityFields, ...readOnlyFields])
  const cleaned = {
    ...kept,
    annotations: userKeys(kept['annotations']),
    labels: userKeys(kept['labels']),
    finalizers: [],
    managedFields: [],
    ownerReferences: [],
  }
  return withoutTemplateTimes({ ...rest, metadata: cleaned } as KubeObject)
}

function userKeys(map: unknown): Record<string, string> {
  if (!isJsonObject(map)) return {}
  return Object.fromEntries(
    Object.entries(map).filter(([key]) => !systemDomains.some((domain) => key.includes(domain))),
  ) as Record<string, string>
}

const templatePaths = [
  ['spec', 'template', 'metadata'],
  ['spec', 'jobTemplate', 'spec', 'template', 'metadata'],
]

/** API servers write a null creationTimestamp into pod templates. */
function withoutTemplateTimes(object: KubeObject): KubeObject {
  return templatePaths.reduce<Plain>((value, path) => dropAt(value, path), object) as KubeObject
}

function dropAt(value: Plain, path: readonly string[]): Plain {
  const [field, ...deeper] = path
  if (field === undefined) return without(value, ['creationTimestamp'])
  const inner = value[field]
  return isJsonObject(inner) ? { ...value, [field]: dropAt(inner, deeper) } : value
}

/** Hash of the wanted state, hex SHA-256. Manifests that differ only in what `comparable` drops have the same. */
export function specHash(manifest: KubeObject): string {
  return createHash('sha256')
    .update(goJson(comparable(manifest)))
    .digest('hex')
}

const ownAnnotations = [
  specHashAnnotation,
  lastAppliedAnnotation,
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
]

/** The manifest fit to be sent: without anything read-only, owners or bookkeeping of earlier applies. */
export function sanitised(manifest: KubeObject): KubeObject {
  const { status: _, ...rest } = manifest
  const metadata = without(manifest.metadata, [...readOnlyFields, 'managedFields', 'ownerReferences'])
  const annotations = without(metadata['annotations'], ownAnnotations)
  const { annotations: __, ...others } = metadata
  return {
    ...rest,
    metadata: Object.keys(annotations).length > 0 ? { ...others, annotations } : others,
  } as KubeObject
}

export function withAnnotation(object: KubeObject, name: string, value: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [name]: value } } }
}

/** The object with the hash of its wanted state written on it. */
export function withSpecHash(object: KubeObject): KubeObject {
  return withAnnotation(object, specHashAnnotation, specHash(object))
}

/**
 * The object with its own text written on it, for the three-way merge of the next apply. `fits` is false when that
 * would be larger than Kubernetes takes; the annotation is empty then.
 */
export function withLastApplied(object: KubeObject): { readonly object: KubeObject; readonly fits: boolean } {
  const annotations = without(object.metadata.annotations, [lastAppliedAnnotation]) as Record<string, string>
  const bare = { ...object, metadata: { ...object.metadata, annotations } }
  const text = `${goJson(bare)}\n`
  const fits = annotationBytes({ ...annotations, [lastAppliedAnnotation]: text }) <= maxAnnotationBytes
  return { object: withAnnotation(object, lastAppliedAnnotation, fits ? text : ''), fits }
}

const encoder = new TextEncoder()

function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (total, [key, value]) => total + encoder.encode(key).length + encoder.encode(value).length,
    0,
  )
}

/** What was applied last, as text; `undefined` when nothing was noted. */
export function lastApplied(live: KubeObject): string | undefined {
  return live.metadata.annotations?.[lastAppliedAnnotation] || undefined
}
