// A default must be a value its schema accepts as it is: known fields only, sound, and within its rules.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { validateRulesOf } from '../schema/cel/validate-rules.ts'
import { invalid, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { pruned } from '../schema/shape.ts'
import { validateValue } from '../schema/validate.ts'
import { embedded, isTrue, propertiesOf } from './keywords.ts'
import { maxSchemaDepth, schemaOf } from './schema-of.ts'

/** Complaints about every default below a structural schema; `path` is the schema's own. */
export function checkDefaults(schema: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  visit(schema, path, true, 0, errors)
  return errors
}

function visit(schema: JsonObject, path: string, resource: boolean, depth: number, errors: FieldError[]): void {
  if (depth > maxSchemaDepth) return
  const value = schema['default']
  if (value !== undefined && value !== null) errors.push(...faultsOf(schema, value, `${path}.default`, resource))
  const { items } = schema
  if (isJsonObject(items)) visit(items, `${path}.items`, isTrue(items, embedded), depth + 1, errors)
  for (const [name, child] of Object.entries(propertiesOf(schema))) {
    if (isJsonObject(child)) visit(child, `${path}.properties[${name}]`, isTrue(child, embedded), depth + 1, errors)
  }
}

function faultsOf(raw: JsonObject, value: Json, path: string, resource: boolean): readonly FieldError[] {
  const schema = schemaOf(resource ? { ...raw, [embedded]: true } : raw)
  if (!equalJson(ownFields(pruned(schema, value), resource), ownFields(value, resource)))
    return [invalid(path, value, 'must not have unknown fields')]
  if (resource && isJsonObject(value)) {
    const missing = ['apiVersion', 'kind'].filter((name) => !value[name])
    if (missing.length > 0) return missing.map((name) => required(`${path}.${name}`))
  }
  // The default is judged as a value of its own.
  const complaints = validateValue(schema, value, '')
  if (complaints.length > 0)
    return complaints.map((error) => ({ ...error, field: error.field === '' ? path : `${path}.${error.field}` }))
  // A default may come with a new object and with an update of one that had it.
  const asUpdate = validateRulesOf(schema, value, value, path)
  return asUpdate.length > 0 ? asUpdate : validateRulesOf(schema, value, undefined, path)
}

/** A resource's metadata is not described by its schema. */
function ownFields(value: Json, resource: boolean): Json {
  if (!resource || !isJsonObject(value)) return value
  const { metadata: _metadata, ...own } = value
  return own
}
