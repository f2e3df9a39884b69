// Rules of metadata that hold for every kind: what the server owns, what a writer may say, what names look like.
import { type KubeObject, ObjectMeta } from '../../api/kube-object.ts'
import { badRequest } from '../http/status-error.ts'
import type { ServedKind } from '../kind.ts'
import type { FieldError } from '../schema/schema.ts'
import { labelKeyComplaints, labelValueComplaints } from '../selector/label-syntax.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
/** All annotations of an object together, keys and values. */
const maxAnnotationBytes = 262_144
/** generateName is cut so that the five random characters fit a label. */
const maxGeneratedPrefix = 58

/** Metadata of a decoded body, with the types clients rely on. Throws StatusError 400 naming the field. */
export function coerceMetadata(value: unknown, kind: ServedKind): ObjectMeta {
  const parsed = ObjectMeta.safeParse(withoutNulls(value ?? {}))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = ['metadata', ...(issue?.path ?? [])].join('.')
  throw badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${path}: ${issue?.message}`,
  )
}

/** `null` for a metadata field means absent. Labels and annotations hold texts, also where YAML made them something else. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, name === 'ownerReferences' ? ownersOf(field) : field]),
  )
}

/** What an owner reference leaves out is empty, and refused as such. */
function ownersOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((owner: unknown) =>
    typeof owner === 'object' && owner !== null ? { apiVersion: '', kind: '', name: '', uid: '', ...owner } : owner,
  )
}

/** A name drawn for `generateName`; `suffix` gives random characters. */
export function generatedName(prefix: string, suffix: (length: number) => string): string {
  return `${prefix.slice(0, maxGeneratedPrefix)}${suffix(5)}`
}

/** Kinds whose names are stricter, or laxer, than a DNS subdomain. */
const labelNamed = new Set(['namespaces', 'services'])
const pathNamed = new Set(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'])

function nameErrors(kind: ServedKind, name: string): string[] {
  if (pathNamed.has(kind.plural) && kind.group === 'rbac.authorization.k8s.io') return pathSegmentErrors(name)
  const core = kind.group === ''
  if (core && labelNamed.has(kind.plural)) return labelErrorsOf(name)
  return subdomainErrors(name)
}

/** What is wrong with a DNS-1123 subdomain. */
export function subdomainErrors(name: string): string[] {
  return shapeErrors(name, subdomain, subdomainRule, 253)
}

function labelErrorsOf(name: string): string[] {
  return [
    ...(name.length > 63 ? ['must be no more than 63 characters'] : []),
    ...(label.test(name)
      ? []
      : [/^[-a-z0-9.]+$/.test(name) && name.includes('.') ? 'must not contain dots' : labelRule]),
  ]
}

function shapeErrors(name: string, shape: RegExp, rule: string, longest: number): string[] {
  return [
    ...(name.length > longest ? [`must be no more than ${longest} characters`] : []),
    ...(shape.test(name) ? [] : [rule]),
  ]
}

/** What is wrong with a name that only has to fit a URL. */
export function pathSegmentErrors(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

const invalidValue = (field: string, value: unknown, rule: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${rule}`,
})

/** Everything wrong with an object's metadata. */
export function metadataErrors(kind: ServedKind, { metadata }: KubeObject): FieldError[] {
  const name = metadata.name ?? ''
  if (name === '') {
    return [
      {
        field: 'metadata.name',
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
      },
    ]
  }
  return [
    ...prefixErrors(kind, metadata.generateName ?? ''),
    ...nameErrors(kind, name).map((rule) => invalidValue('metadata.name', name, rule)),
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerErrors(metadata),
    ...finalizerErrors(kind, metadata),
  ]
}

/** What is wrong with the metadata of an object inside another: it may lack a name, and any that fits a URL will do. */
export function embeddedMetadataErrors(value: unknown): FieldError[] {
  const { data: metadata } = ObjectMeta.safeParse(withoutNulls(value))
  if (metadata === undefined) return []
  const { name = '', generateName = '', namespace = '' } = metadata
  return [
    ...pathSegmentErrors(generateName).map((rule) => invalidValue('metadata.generateName', generateName, rule)),
    ...pathSegmentErrors(name).map((rule) => invalidValue('metadata.name', name, rule)),
    ...(namespace === '' ? [] : labelErrorsOf(namespace)).map((rule) =>
      invalidValue('metadata.namespace', namespace, rule),
    ),
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerErrors(metadata),
    ...finalizerErrors({ origin: 'custom', group: '' }, metadata),
  ]
}

/** A prefix is judged as the name it begins: a dash at its end is not the end. */
function prefixErrors(kind: ServedKind, prefix: string): FieldError[] {
  if (prefix === '') return []
  const begun = prefix.length > 1 ? prefix.replace(/-$/, 'a') : prefix
  return nameErrors(kind, begun).map((rule) => invalidValue('metadata.generateName', prefix, rule))
}

function labelErrors({ labels }: ObjectMeta): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...labelKeyComplaints(key).map((rule) => invalidValue('metadata.labels', key, rule)),
    ...labelValueComplaints(value).map((rule) => invalidValue('metadata.labels', value, rule)),
  ])
}

function annotationErrors({ annotations }: ObjectMeta): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  const tooLong: FieldError[] =
    size > maxAnnotationBytes
      ? [
          {
            field: 'metadata.annotations',
            reason: 'FieldValueTooLong',
            message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
          },
        ]
      : []
  return [
    ...entries.flatMap(([key]) =>
      labelKeyComplaints(key.toLowerCase()).map((rule) => invalidValue('metadata.annotations', key, rule)),
    ),
    ...tooLong,
  ]
}

/** Kinds that come and go by the thousand cannot own anything. */
const neverOwners = new Set(['v1/Event'])

function ownerErrors({ ownerReferences }: ObjectMeta): FieldError[] {
  const owners = ownerReferences ?? []
  const path = 'metadata.ownerReferences'
  const faulty = owners.flatMap((owner) => {
    const { apiVersion, kind } = owner
    const versionless = apiVersion === '' || apiVersion.split('/').length > 2
    const empty = (['kind', 'name', 'uid'] as const).filter((field) => owner[field] === '')
    return [
      ...(versionless ? [invalidValue(`${path}.apiVersion`, apiVersion, 'version must not be empty')] : []),
      ...empty.map((field) => invalidValue(`${path}.${field}`, '', 'must not be empty')),
      ...(neverOwners.has(`${apiVersion}/${kind}`)
        ? [invalidValue(path, owner, `/${apiVersion}, Kind=${kind} is disallowed from being an owner`)]
        : []),
    ]
  })
  const controllers = owners.filter(({ controller }) => controller).map(({ kind, name }) => `${kind}/${name}`)
  if (controllers.length < 2) return faulty
  const found = `Found "true" in references for ${controllers[0]} and ${controllers[1]}`
  return [...faulty, invalidValue(path, owners, `Only one reference can have Controller set to true. ${found}`)]
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

function finalizerErrors(
  { origin, group }: Pick<ServedKind, 'origin' | 'group'>,
  { finalizers = [] }: ObjectMeta,
): FieldError[] {
  const path = 'metadata.finalizers'
  const core = origin === 'builtin' && group !== 'apiextensions.k8s.io' && group !== 'apiregistration.k8s.io'
  const unqualified = 'name is neither a standard finalizer name nor is it fully qualified'
  return [
    ...finalizers.flatMap((finalizer) =>
      labelKeyComplaints(finalizer).map((rule) => invalidValue(path, finalizer, rule)),
    ),
    ...(finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
      ? [invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
      : []),
    ...finalizers.flatMap((finalizer, index) =>
      core && !finalizer.includes('/') && !standardFinalizers.includes(finalizer)
        ? [invalidValue(`${path}[${index}]`, finalizer, unqualified)]
        : [],
    ),
  ]
}

/** Warnings for finalizers without a domain; Kubernetes' own are known. */
export function finalizerWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  const known = ['foregroundDeletion', 'orphan', 'kubernetes', 'customresourcecleanup.apiextensions.k8s.io']
  const own = new Set([...known, ...(old?.metadata.finalizers ?? [])])
  return (metadata.finalizers ?? [])
    .filter((finalizer) => !finalizer.includes('/') && !own.has(finalizer))
    .map((finalizer) => {
      const how = finalizer.includes('.') ? ' including a path (/)' : ''
      const example = `prefer a domain-qualified finalizer name${how} to avoid accidental conflicts with other finalizer writers`
      return `metadata.finalizers: "${finalizer}": ${example}`
    })
}

/** What must not change from one state to the next. */
export function immutableErrors({ metadata }: KubeObject, old: KubeObject): FieldError[] {
  const fields = ['name', 'namespace'] as const
  return fields
    .filter((field) => metadata[field] !== old.metadata[field])
    .map((field) => invalidValue(`metadata.${field}`, metadata[field] ?? '', 'field is immutable'))
}

/** While an object is being deleted its finalizers can only go. */
export function newFinalizerErrors({ metadata }: KubeObject, old: KubeObject): FieldError[] {
  if (!old.metadata.deletionTimestamp) return []
  const before = new Set(old.metadata.finalizers ?? [])
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer))
  if (added.length === 0) return []
  const list = added.map((finalizer) => `"${finalizer}"`).join(', ')
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
  return [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', message }]
}

/** UTC with whole seconds, as every time of metadata. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
