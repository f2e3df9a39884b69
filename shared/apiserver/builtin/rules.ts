// Rules of built-in kinds beyond their schemas: the ones clients rely on to learn of a mistake at once.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { forbidden, invalid, required, tooLong } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { itemsAt, objectAt, valueAt } from './edit.ts'
import { checkPodTemplate } from './pod-rules.ts'
import { checkClusterRole, checkClusterRoleBinding, checkRole, checkRoleBinding } from './rbac-rules.ts'

export type Rule = (object: JsonObject, old: JsonObject | undefined) => readonly FieldError[]

/** Data of one ConfigMap or Secret, keys not counted: 1 MiB. */
const maxDataBytes = 1024 * 1024
const keyPattern = /^[-._a-zA-Z0-9]+$/
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

function checkKeys(object: JsonObject, field: string): FieldError[] {
  return Object.keys(objectAt(object, field)).flatMap((key) => {
    const path = `${field}[${key}]`
    if (key.length > 253) return [invalid(path, key, 'must be no more than 253 characters')]
    if (key === '.' || key === '..') return [invalid(path, key, `must not be '${key}'`)]
    if (key.startsWith('..')) return [invalid(path, key, "must not start with '..'")]
    return keyPattern.test(key) ? [] : [invalid(path, key, keyText)]
  })
}

/** Bytes a base64 text stands for. */
function decodedLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.max(0, (text.length / 4) * 3 - padding)
}

function totalBytes(values: JsonObject, length: (text: string) => number): number {
  return Object.values(values).reduce<number>((sum, value) => sum + (typeof value === 'string' ? length(value) : 0), 0)
}

const frozen = 'field is immutable when `immutable` is set'

function checkImmutable(object: JsonObject, old: JsonObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return []
  const errors = object['immutable'] === true ? [] : [forbidden('immutable', frozen)]
  const changed = fields.filter((field) => !equalJson(objectAt(object, field), objectAt(old, field)))
  return [...errors, ...changed.map((field) => forbidden(field, frozen))]
}

const checkConfigMap: Rule = (object, old) => {
  const [data, binary] = [objectAt(object, 'data'), objectAt(object, 'binaryData')]
  const size = totalBytes(data, (text) => Buffer.byteLength(text)) + totalBytes(binary, decodedLength)
  return [
    ...checkKeys(object, 'data'),
    ...checkKeys(object, 'binaryData'),
    ...Object.keys(data)
      .filter((key) => Object.hasOwn(binary, key))
      .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...(size > maxDataBytes ? [tooLong('', maxDataBytes)] : []),
    ...checkImmutable(object, old, ['data', 'binaryData']),
  ]
}

/** Keys that a type of Secret must have. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

const checkSecret: Rule = (object, old) => {
  const data = objectAt(object, 'data')
  const type = typeof object['type'] === 'string' ? object['type'] : 'Opaque'
  const missing = (secretKeys[type] ?? []).filter((key) => !Object.hasOwn(data, key))
  return [
    ...checkKeys(object, 'data'),
    ...(totalBytes(data, decodedLength) > maxDataBytes ? [tooLong('data', maxDataBytes)] : []),
    ...missing.map((key) => required(`data[${key}]`)),
    ...(old !== undefined && old['type'] !== type ? [invalid('type', type, 'field is immutable')] : []),
    ...checkImmutable(object, old, ['data']),
  ]
}

function matchesExpression(expression: JsonObject, labels: JsonObject): boolean {
  const key = String(expression['key'])
  const present = Object.hasOwn(labels, key)
  const values = Array.isArray(expression['values']) ? expression['values'] : []
  switch (expression['operator']) {
    case 'In':
      return present && values.includes(labels[key] ?? null)
    case 'NotIn':
      return !present || !values.includes(labels[key] ?? null)
    case 'Exists':
      return present
    case 'DoesNotExist':
      return !present
    default:
      return true
  }
}

function selects(selector: JsonObject, labels: JsonObject): boolean {
  return (
    Object.entries(objectAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value) &&
    itemsAt(selector, 'matchExpressions').every((expression) => matchesExpression(expression, labels))
  )
}

/** A controller must select the pods it makes, and may never select others later. */
function checkSelector(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const selector = valueAt(object, 'spec', 'selector')
  if (!isJsonObject(selector)) return [required('spec.selector')]
  const empty =
    itemsAt(selector, 'matchExpressions').length + Object.keys(objectAt(selector, 'matchLabels')).length === 0
  if (empty) return [invalid('spec.selector', selector, 'empty selector is invalid for deployment')]
  const labels = objectAt(object, 'spec', 'template', 'metadata', 'labels')
  const before = valueAt(old, 'spec', 'selector')
  return [
    ...(selects(selector, labels)
      ? []
      : [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]),
    ...(before !== undefined && !equalJson(before, selector)
      ? [invalid('spec.selector', selector, 'field is immutable')]
      : []),
  ]
}

function checkNotNegative(object: JsonObject, ...fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => {
    const value = valueAt(object, 'spec', field)
    return typeof value === 'number' && value < 0
      ? [invalid(`spec.${field}`, value, 'must be greater than or equal to 0')]
      : []
  })
}

const templatePath = ['spec', 'template'] as const

const checkWorkload: Rule = (object, old) => [
  ...checkNotNegative(object, 'replicas', 'minReadySeconds', 'revisionHistoryLimit'),
  ...checkSelector(object, old),
  ...checkPodTemplate(object, templatePath, ['Always']),
]

const checkStatefulSet: Rule = (object, old) => {
  const volumes = valueAt(object, 'spec', 'volumeClaimTemplates')
  const changed = old !== undefined && !equalJson(volumes, valueAt(old, 'spec', 'volumeClaimTemplates'))
  const text =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
  return [...checkWorkload(object, old), ...(changed ? [forbidden('spec', text)] : [])]
}

const checkJob: Rule = (object, old) => {
  const template = valueAt(object, 'spec', 'template')
  const before = valueAt(old, 'spec', 'template')
  const suspended = valueAt(old, 'spec', 'suspend') === true
  return [
    ...checkNotNegative(object, 'parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished'),
    ...checkPodTemplate(object, templatePath, ['OnFailure', 'Never']),
    ...(before !== undefined && !suspended && !equalJson(template, before)
      ? [invalid('spec.template', template, 'field is immutable')]
      : []),
  ]
}

const checkCronJob: Rule = (object) => [
  ...(valueAt(object, 'spec', 'schedule') ? [] : [required('spec.schedule')]),
  ...checkPodTemplate(object, ['spec', 'jobTemplate', 'spec', 'template'], ['OnFailure', 'Never']),
]

function checkPort(port: JsonObject, path: string, several: boolean): FieldError[] {
  const number = port['port']
  const inRange = typeof number === 'number' && number >= 1 && number <= 65_535
  return [
    ...(several && !port['name'] ? [required(`${path}.name`)] : []),
    ...(inRange ? [] : [invalid(`${path}.port`, number ?? 0, 'must be between 1 and 65535, inclusive')]),
  ]
}

const checkService: Rule = (object) => {
  const ports = itemsAt(object, 'spec', 'ports')
  const type = valueAt(object, 'spec', 'type')
  const portless = type === 'ExternalName' || valueAt(object, 'spec', 'clusterIP') === 'None'
  const seen = new Set<unknown>()
  const repeated = ports.flatMap((port, index) => {
    const name = port['name']
    if (name === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    const shown = JSON.stringify(name)
    return [
      {
        field: `spec.ports[${index}].name`,
        reason: 'FieldValueDuplicate' as const,
        message: `Duplicate value: ${shown}`,
      },
    ]
  })
  return [
    ...(ports.length === 0 && !portless ? [required('spec.ports')] : []),
    ...ports.flatMap((port, index) => checkPort(port, `spec.ports[${index}]`, ports.length > 1)),
    ...repeated,
    ...(type === 'ExternalName' && !valueAt(object, 'spec', 'externalName') ? [required('spec.externalName')] : []),
  ]
}

/** By `group/Kind`; the core group is empty. */
export const rules: Readonly<Record<string, Rule>> = {
  '/ConfigMap': checkConfigMap,
  '/Secret': checkSecret,
  '/Service': checkService,
  '/Pod': (object) => checkPodTemplate(object, [], ['Always', 'OnFailure', 'Never']),
  'apps/Deployment': checkWorkload,
  'apps/DaemonSet': checkWorkload,
  'apps/ReplicaSet': checkWorkload,
  'apps/StatefulSet': checkStatefulSet,
  'batch/Job': checkJob,
  'batch/CronJob': checkCronJob,
  'rbac.authorization.k8s.io/Role': checkRole,
  'rbac.authorization.k8s.io/ClusterRole': checkClusterRole,
  'rbac.authorization.k8s.io/RoleBinding': checkRoleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': checkClusterRoleBinding,
}
