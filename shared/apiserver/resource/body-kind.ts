// Whether a body is of the kind its path is about.
import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf, parseApiVersion } from '../../api/kube-object.ts'
import { badRequest, invalid, type StatusError } from '../http/status-error.ts'
import { invalid as invalidField } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import type { Call } from './call.ts'

const textAt = (value: JsonObject, field: string): string => {
  const found = value[field]
  return typeof found === 'string' ? found : ''
}

/** A built-in kind may leave out what it is; what it says must be known and convert. Throws StatusError 400, or what `refuse` makes of the reason. */
export function checkTypedHead({ kind, index }: Call, value: JsonObject, refuse: (why: string) => StatusError): void {
  const expected = apiVersionOf(kind)
  const sentVersion = textAt(value, 'apiVersion') || expected
  const sentKind = textAt(value, 'kind') || kind.kind
  if (sentVersion === expected && sentKind === kind.kind) return
  const { group, version } = parseApiVersion(sentVersion)
  if (group === kind.group && sentKind === kind.kind && elderVersions[group]?.includes(version)) {
    throw badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${expected})`,
    )
  }
  const known = index.findKind(group, version, sentKind)
  const why =
    known?.origin === 'builtin'
      ? `converting (${version}.${sentKind}) to (${packageOf(kind.group)}.${kind.kind}): unknown conversion`
      : `no kind "${sentKind}" is registered for version "${sentVersion}"`
  const refused = refuse(why)
  throw refused.code === 422
    ? refused
    : badRequest(`${sentKind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`)
}

/** Versions a real API server can still read although it serves them no more, or not by default. */
const elderVersions: Readonly<Record<string, readonly string[]>> = {
  'admissionregistration.k8s.io': ['v1alpha1', 'v1beta1'],
  'apiextensions.k8s.io': ['v1beta1'],
  'apiregistration.k8s.io': ['v1beta1'],
  apps: ['v1beta1', 'v1beta2'],
  'authentication.k8s.io': ['v1alpha1', 'v1beta1'],
  'authorization.k8s.io': ['v1beta1'],
  batch: ['v1beta1'],
  'coordination.k8s.io': ['v1beta1'],
  'discovery.k8s.io': ['v1beta1'],
  'events.k8s.io': ['v1beta1'],
  'networking.k8s.io': ['v1beta1'],
  policy: ['v1beta1'],
  'rbac.authorization.k8s.io': ['v1alpha1', 'v1beta1'],
  'scheduling.k8s.io': ['v1alpha1', 'v1beta1'],
  'storage.k8s.io': ['v1alpha1', 'v1beta1'],
}

/** What Go calls the group's internal types. */
function packageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group)
}

/** Any other kind says what it is. Throws StatusError 400, and 422 for another kind of the same version. */
export function checkUntypedHead({ kind }: Call, value: JsonObject, patched: boolean): void {
  const expected = apiVersionOf(kind)
  const sentVersion = textAt(value, 'apiVersion')
  const sentKind = textAt(value, 'kind')
  if (sentKind === '') {
    const text = JSON.stringify(value)
    const shown = text.length > 30 ? `${text.slice(0, 30)} ...` : text
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): Object 'Kind' is missing in '${text}' (${shown})`,
    )
  }
  if (sentVersion !== expected && patched)
    throw mismatch(kind, value, invalidField('apiVersion', sentVersion, `must be ${expected}`))
  if (sentVersion !== expected) {
    throw badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${expected})`,
    )
  }
  if (sentKind === kind.kind) return
  throw mismatch(kind, value, invalidField('kind', sentKind, `must be ${kind.kind}`))
}

function mismatch({ group }: Call['kind'], value: JsonObject, fault: FieldError): StatusError {
  const metadata = value['metadata']
  const name = typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : ''
  return invalid({ group, kind: textAt(value, 'kind') }, name, [fault])
}
