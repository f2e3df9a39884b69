// Rules of built-in kinds beyond their schemas: the ones clients rely on to learn of a mistake at once.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { forbidden, invalid, required, tooLong } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { checkImmutable, checkKeys, decodedLength, maxDataBytes, totalBytes } from './data-rules.ts'
import { itemsAt, objectAt, valueAt } from './edit.ts'
import { checkCoreEvent, checkEvent, checkLease } from './event-rules.ts'
import { checkPodTemplate } from './pod-rules.ts'
import { checkClusterRole, checkClusterRoleBinding, checkRole, checkRoleBinding } from './rbac-rules.ts'
import { checkSecret } from './secret-rules.ts'

export type Rule = (object: JsonObject, old: JsonObject | undefined) => readonly FieldError[]

const checkConfigMap: Rule = (object, old) => {
  const [data, binary] = [objectAt(object, 'data'), objectAt(object, 'binaryData')]
  const size = totalBytes(data, (text) => Buffer.byteLength(text)) + totalBytes(binary, decodedLength)
  return [
    ...checkKeys(object, 'data'),
    ...checkKeys(object, 'binaryData'),
    ...Object.keys(data)
      .filter((key) => Object.hasOwn(binary, key))
      .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...(size > maxDataBytes ? [tooLong('[]', maxDataBytes)] : []),
    ...checkImmutable(object, old, ['data', 'binaryData']),
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
  if (!isJsonObject(selector)) {
    const nothing = 'selector` does not match template `labels'
    return [
      required('spec.selector'),
      invalid(
        'spec.template.metadata.labels',
        objectAt(object, 'spec', 'template', 'metadata', 'labels'),
        `\`${nothing}\``,
      ),
    ]
  }
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

function checkSchedule(schedule: string): FieldError[] {
  if (schedule === '') return [required('spec.schedule')]
  const fields = schedule
    .replace(/^(TZ|CRON_TZ)=\S+\s+/, '')
    .trim()
    .split(/\s+/)
  if (schedule.startsWith('@') || fields.length === 5) return []
  const found = `found ${fields.length}: [${fields.join(' ')}]`
  return [invalid('spec.schedule', schedule, `expected exactly 5 fields, ${found}`)]
}

const checkCronJob: Rule = (object) => [
  ...checkSchedule(textOf(valueAt(object, 'spec', 'schedule'))),
  ...checkPodTemplate(object, ['spec', 'jobTemplate', 'spec', 'template'], ['OnFailure', 'Never']),
]

function checkPort(port: JsonObject, path: string, several: boolean): FieldError[] {
  const number = port['port']
  const inRange = typeof number === 'number' && number >= 1 && number <= 65_535
  const target = port['targetPort']
  const aimed = typeof target !== 'number' || (target >= 1 && target <= 65_535)
  const rule = 'must be between 1 and 65535, inclusive'
  return [
    ...(several && !port['name'] ? [required(`${path}.name`)] : []),
    ...(inRange ? [] : [invalid(`${path}.port`, number ?? 0, rule)]),
    ...(aimed ? [] : [invalid(`${path}.targetPort`, target, rule)]),
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

/** The value is what everything of this class was sorted by. */
const checkPriorityClass: Rule = (object, old) => {
  if (old === undefined || equalJson(object['value'] ?? 0, old['value'] ?? 0)) return []
  return [forbidden('value', 'may not be changed in an update.')]
}

const checkDisruptionBudget: Rule = (object) => {
  const spec = objectAt(object, 'spec')
  const both = spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined
  return both ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** By `group/Kind`; the core group is empty. */
export const rules: Readonly<Record<string, Rule>> = {
  '/ConfigMap': checkConfigMap,
  '/Event': checkCoreEvent,
  'events.k8s.io/Event': checkEvent,
  'coordination.k8s.io/Lease': checkLease,
  '/Secret': checkSecret,
  '/Service': checkService,
  '/Pod': (object) => checkPodTemplate(object, [], ['Always', 'OnFailure', 'Never']),
  'apps/Deployment': checkWorkload,
  'apps/DaemonSet': checkWorkload,
  'apps/ReplicaSet': checkWorkload,
  'apps/StatefulSet': checkStatefulSet,
  'batch/Job': checkJob,
  'batch/CronJob': checkCronJob,
  'policy/PodDisruptionBudget': checkDisruptionBudget,
  'scheduling.k8s.io/PriorityClass': checkPriorityClass,
  'rbac.authorization.k8s.io/Role': checkRole,
  'rbac.authorization.k8s.io/ClusterRole': checkClusterRole,
  'rbac.authorization.k8s.io/RoleBinding': checkRoleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': checkClusterRoleBinding,
}
