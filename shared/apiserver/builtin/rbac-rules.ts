// Roles and bindings: rules that must be about something, references that can be followed and never move.
import type { JsonObject } from '../../api/json.ts'
import { pathSegmentErrors, subdomainErrors } from '../resource/metadata.ts'
import { invalid, notSupported, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { labelKeyComplaints, labelValueComplaints } from '../selector/label-syntax.ts'
import { itemsAt, objectAt, valueAt, withFields } from './edit.ts'

const group = 'rbac.authorization.k8s.io'

/** No rules and an empty list of them are one. A rule that says no verbs has none, and validation names them. */
export function prepareRole(object: JsonObject): JsonObject {
  const { rules, ...rest } = object
  if (!Array.isArray(rules)) return object
  if (rules.length === 0) return rest
  return { ...object, rules: rules.map((rule) => (isFields(rule) ? { verbs: [], ...rule } : rule)) }
}

/** Users and groups are RBAC's own; what is left out is empty, so that validation names it. */
export function prepareBinding(object: JsonObject): JsonObject {
  const role = objectAt(object, 'roleRef')
  const roleRef = { kind: '', name: '', ...role, apiGroup: role['apiGroup'] || group }
  const subjects = valueAt(object, 'subjects')
  const whole = (subject: JsonObject): JsonObject => {
    const named = { kind: '', name: '', ...subject }
    const own = named['kind'] === 'User' || named['kind'] === 'Group'
    return own && !subject['apiGroup'] ? { ...named, apiGroup: group } : named
  }
  return withFields(object, {
    roleRef,
    ...(Array.isArray(subjects) && {
      subjects: subjects.map((subject) => (isFields(subject) ? whole(subject) : subject)),
    }),
  })
}

const isFields = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const list = (rule: JsonObject, name: string): readonly unknown[] => {
  const found = rule[name]
  return Array.isArray(found) ? found : []
}

function ruleErrors(rule: JsonObject, path: string, namespaced: boolean): FieldError[] {
  const urls = list(rule, 'nonResourceURLs')
  const verbs =
    list(rule, 'verbs').length > 0 ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')]
  if (urls.length > 0) {
    const onResources = ['apiGroups', 'resources', 'resourceNames'].some((name) => list(rule, name).length > 0)
    const wrong = (detail: string) => invalid(`${path}.nonResourceURLs`, urls, detail)
    return [
      ...verbs,
      ...(namespaced ? [wrong('namespaced rules cannot apply to non-resource URLs')] : []),
      ...(onResources ? [wrong('rules cannot apply to both regular resources and non-resource URLs')] : []),
    ]
  }
  const missing = (field: string, one: string) =>
    list(rule, field).length > 0 ? [] : [required(`${path}.${field}`, `resource rules must supply at least one ${one}`)]
  return [...verbs, ...missing('apiGroups', 'api group'), ...missing('resources', 'resource')]
}

export function checkRole(object: JsonObject): readonly FieldError[] {
  return itemsAt(object, 'rules').flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, true))
}

export function checkClusterRole(object: JsonObject): readonly FieldError[] {
  return [
    ...itemsAt(object, 'rules').flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, false)),
    ...aggregationErrors(object),
  ]
}

function aggregationErrors(object: JsonObject): FieldError[] {
  if (!isFields(object['aggregationRule'])) return []
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors = itemsAt(object, 'aggregationRule', 'clusterRoleSelectors')
  if (selectors.length === 0)
    return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector, index) => {
    const at = `${path}[${index}]`
    const errors = selectorErrors(selector, at)
    return errors.length === 0 ? [] : [...errors, invalid(at, null, 'invalid label selector.')]
  })
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

function selectorErrors(selector: JsonObject, path: string): FieldError[] {
  return [
    ...Object.entries(objectAt(selector, 'matchLabels')).flatMap(([key, value]) => [
      ...labelKeyComplaints(key).map((rule) => invalid(`${path}.matchLabels`, key, rule)),
      ...labelValueComplaints(String(value)).map((rule) => invalid(`${path}.matchLabels`, value, rule)),
    ]),
    ...itemsAt(selector, 'matchExpressions').flatMap((expression, index) =>
      expressionErrors(expression, `${path}.matchExpressions[${index}]`),
    ),
  ]
}

function expressionErrors(expression: JsonObject, path: string): FieldError[] {
  const { operator } = expression
  const values = list(expression, 'values')
  const key = String(expression['key'] ?? '')
  const ofKey = labelKeyComplaints(key).map((rule) => invalid(`${path}.key`, key, rule))
  if (!operators.includes(String(operator)))
    return [invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'), ...ofKey]
  const wantsValues = operator === 'In' || operator === 'NotIn'
  if (wantsValues && values.length === 0)
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"), ...ofKey]
  if (!wantsValues && values.length > 0) {
    const message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    return [{ field: `${path}.values`, reason: 'FieldValueForbidden', message }, ...ofKey]
  }
  return ofKey
}

export const checkRoleBinding = (object: JsonObject, old: JsonObject | undefined) =>
  bindingErrors(object, old, ['Role', 'ClusterRole'], true)
export const checkClusterRoleBinding = (object: JsonObject, old: JsonObject | undefined) =>
  bindingErrors(object, old, ['ClusterRole'], false)

function bindingErrors(
  object: JsonObject,
  old: JsonObject | undefined,
  kinds: readonly string[],
  namespaced: boolean,
): readonly FieldError[] {
  const role = objectAt(object, 'roleRef')
  const before = valueAt(old, 'roleRef')
  const shown = { APIGroup: role['apiGroup'] ?? '', Kind: role['kind'] ?? '', Name: role['name'] ?? '' }
  return [
    ...roleRefErrors(role, kinds),
    ...itemsAt(object, 'subjects').flatMap((subject, index) =>
      subjectErrors(subject, `subjects[${index}]`, namespaced),
    ),
    ...(before !== undefined && !equalJson(before, role) ? [invalid('roleRef', shown, 'cannot change roleRef')] : []),
  ]
}

function roleRefErrors(role: JsonObject, kinds: readonly string[]): FieldError[] {
  const name = String(role['name'] ?? '')
  return [
    ...(role['apiGroup'] === group ? [] : [notSupported('roleRef.apiGroup', role['apiGroup'], [group])]),
    ...(kinds.includes(String(role['kind'])) ? [] : [notSupported('roleRef.kind', role['kind'], kinds)]),
    ...(name === ''
      ? [required('roleRef.name')]
      : pathSegmentErrors(name).map((rule) => invalid('roleRef.name', name, rule))),
  ]
}

function subjectErrors(subject: JsonObject, path: string, namespaced: boolean): FieldError[] {
  const name = String(subject['name'] ?? '')
  const wantedGroup = subject['kind'] === 'ServiceAccount' ? '' : group
  const apiGroup = subject['apiGroup'] ?? ''
  const ofName = name === '' ? [required(`${path}.name`)] : []
  switch (subject['kind']) {
    case 'ServiceAccount':
      return [
        ...ofName,
        ...(name === '' ? [] : subdomainErrors(name).map((rule) => invalid(`${path}.name`, name, rule))),
        ...(apiGroup === wantedGroup ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [wantedGroup])]),
        ...(namespaced || subject['namespace'] ? [] : [required(`${path}.namespace`)]),
      ]
    case 'User':
    case 'Group':
      return [
        ...ofName,
        ...(apiGroup === wantedGroup ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [wantedGroup])]),
      ]
    default:
      return [...ofName, notSupported(`${path}.kind`, subject['kind'] ?? '', ['ServiceAccount', 'User', 'Group'])]
  }
}
