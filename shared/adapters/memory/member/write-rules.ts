// The rules of single writes: what must hold, what stays as it was, what the server fills in.
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../../api/kube-object.ts'
import { MemberRefusal } from '../../../ports/member-cluster.ts'
import type { MemberKind } from './kinds.ts'
import type { Manager } from './ownership.ts'

/** `configmaps` or `deployments.apps`, as Kubernetes' messages name a kind. */
export const typeText = ({ group, resource }: MemberKind) => (group === '' ? resource : `${resource}.${group}`)

/** Custom kinds have a group with a dot that does not end in k8s.io. */
export const isBuiltin = ({ group }: MemberKind) => !group.includes('.') || group.endsWith('.k8s.io')

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times. */
export const timeText = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** Throws a 409 MemberRefusal when a write names another revision or uid than the live object has. */
export function checkPrecondition(
  kind: MemberKind,
  live: KubeObject,
  revision: string | undefined,
  uid: string | undefined,
): void {
  const name = live.metadata.name
  const refuse = (why: string) => {
    throw new MemberRefusal(409, 'Conflict', `Operation cannot be fulfilled on ${typeText(kind)} "${name}": ${why}`)
  }
  if (uid && uid !== live.metadata.uid)
    refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`)
  if (revision && revision !== live.metadata.resourceVersion)
    refuse('the object has been modified; please apply your changes to the latest version and try again')
}

/** What no write changes. */
export function fixedMetadata({ metadata }: KubeObject): Record<string, unknown> {
  const names = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'generation',
    'resourceVersion',
  ] as const
  return Object.fromEntries(names.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])))
}

/** Makes a field of `to` what it is in `from`, absent included. */
export function copyField(from: KubeObject, to: KubeObject, field: string): void {
  if (from[field] === undefined) delete to[field]
  else to[field] = structuredClone(from[field])
}

/** An object without managedFields, for comparing what it says. */
export const managedless = (object: KubeObject) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
})
/** Everything but metadata and status counts for the generation. */
export const differs = (left: KubeObject, right: KubeObject) =>
  !sameText({ ...left, metadata: 0, status: 0 }, { ...right, metadata: 0, status: 0 })
/** True when the same managers own the same fields, whatever the times. */
export const sameOwners = (left: readonly Manager[], right: readonly Manager[]) =>
  sameText(ownersOf(left), ownersOf(right))
const ownersOf = (managers: readonly Manager[]) =>
  managers.map(({ name, operation, fields }) => [name, operation, [...fields.keys()].sort()])

/** Equality of JSON values, whatever the order of their fields. */
export function sameText(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  )
}

/** What an API server loses by reading an object into its own types: maps and lists that hold nothing. */
export function withoutEmptyMaps(object: KubeObject): KubeObject {
  const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0
  const without = (fields: object, names: readonly string[]) =>
    Object.fromEntries(Object.entries(fields).filter(([name, value]) => !(names.includes(name) && isEmpty(value))))
  const metadata = without(object.metadata, ['labels', 'annotations', 'finalizers', 'ownerReferences'])
  return { ...(without(object, ['data', 'binaryData', 'stringData']) as KubeObject), metadata }
}

/** The few defaults that availability depends on. */
export function withDefaults(kind: MemberKind, object: KubeObject): KubeObject {
  const spec = object['spec']
  if (typeof spec !== 'object' || spec === null) return object
  const fields = spec as Record<string, unknown>
  if (kind.group === 'apps' && kind.kind !== 'DaemonSet') fields['replicas'] ??= 1
  if (kind.group === '' && kind.kind === 'Service') {
    fields['type'] ??= 'ClusterIP'
    if (fields['type'] !== 'ExternalName') {
      fields['clusterIP'] ||= serviceIp(object)
      fields['clusterIPs'] ??= [fields['clusterIP']]
    }
  }
  return object
}

/** Stable for a name, inside the usual service range. */
function serviceIp({ metadata }: KubeObject): string {
  const digest = createHash('sha256').update(`${metadata.namespace}/${metadata.name}`).digest()
  return `10.96.${digest[0]}.${1 + ((digest[1] ?? 0) % 254)}`
}

/** Throws a 409 MemberRefusal, in words that tell an object on its way out. */
export function refuseDuplicate(kind: MemberKind, present: KubeObject): never {
  const going = present.metadata.deletionTimestamp ? 'object is being deleted: ' : ''
  throw new MemberRefusal(409, 'AlreadyExists', `${going}${typeText(kind)} "${present.metadata.name}" already exists`)
}

/** Nothing may hold back a deletion that has begun. */
export function checkFinalizers(kind: MemberKind, live: KubeObject, next: KubeObject): void {
  if (!live.metadata.deletionTimestamp) return
  const added = (next.metadata.finalizers ?? []).filter((each) => !live.metadata.finalizers?.includes(each))
  if (added.length === 0) return
  const found = added.map((each) => JSON.stringify(each)).join(', ')
  throw new MemberRefusal(
    422,
    'Invalid',
    `${kind.kind} "${live.metadata.name}" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`,
  )
}
