// The least a pod needs to make sense: containers with unique names and an image.
import type { JsonObject } from '../../api/json.ts'
import { duplicate, invalid, notSupported, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { itemsAt, valueAt } from './edit.ts'

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

function checkName(name: unknown, path: string): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required(path)]
  if (name.length > 63) return [invalid(path, name, 'must be no more than 63 bytes')]
  return labelPattern.test(name) ? [] : [invalid(path, name, labelText)]
}

function checkContainers(object: JsonObject, path: readonly string[], list: string, names: Set<unknown>): FieldError[] {
  return itemsAt(object, ...path, list).flatMap((container, index) => {
    const at = `${[...path, list].join('.')}[${index}]`
    const name = container['name']
    const repeated = typeof name === 'string' && names.has(name) ? [duplicate(`${at}.name`, name)] : []
    names.add(name)
    return [...checkName(name, `${at}.name`), ...repeated, ...(container['image'] ? [] : [required(`${at}.image`)])]
  })
}

/** `path` leads to what holds `metadata` and `spec` of the pod; `policies` are the restart policies allowed there. */
export function checkPodTemplate(
  object: JsonObject,
  path: readonly string[],
  policies: readonly string[],
): readonly FieldError[] {
  const spec = [...path, 'spec']
  const names = new Set<unknown>()
  const policy = valueAt(object, ...spec, 'restartPolicy')
  const at = `${spec.join('.')}.restartPolicy`
  const isJob = !policies.includes('Always')
  const refused =
    typeof policy !== 'string' || policies.includes(policy)
      ? []
      : isJob && policy === 'Always'
        ? [required(at, 'valid values: "OnFailure", "Never"')]
        : [notSupported(at, policy, policies)]
  return [
    ...(itemsAt(object, ...spec, 'containers').length === 0 ? [required(`${spec.join('.')}.containers`)] : []),
    ...checkContainers(object, spec, 'initContainers', names),
    ...checkContainers(object, spec, 'containers', names),
    ...refused,
  ]
}
