// List types of raw schemas: sets need items that are compared as a whole, maps need keys every item has.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { forbidden, invalid, notSupported, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { propertiesOf, typeOf } from './keywords.ts'

const listTypes = ['atomic', 'set', 'map']

export function checkListType(schema: JsonObject, path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type']
  const keys = keysOf(schema)
  const { items } = schema
  const at = `${path}.x-kubernetes-list-type`
  if (listType !== undefined) checkPlace(schema, path, errors)
  if (listType !== undefined && !listTypes.includes(String(listType)))
    errors.push(notSupported(at, listType, listTypes))
  if (keys.length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty'
    errors.push(listType === undefined ? required(at, text) : invalid(at, listType, text))
  }
  if (listType === 'map') checkKeys(schema, keys, path, errors)
  if ((listType === 'set' || listType === 'map') && isJsonObject(items)) checkItems(schema, items, path, errors)
}

function keysOf(schema: JsonObject): readonly string[] {
  const keys = schema['x-kubernetes-list-map-keys']
  return Array.isArray(keys) ? keys.map(String) : []
}

function checkPlace(schema: JsonObject, path: string, errors: FieldError[]): void {
  const type = typeOf(schema)
  if (type === 'array') {
    const { items } = schema
    if (schema['x-kubernetes-list-type'] === 'set' && isJsonObject(items)) checkSetItems(items, path, errors)
    return
  }
  const text = 'must be array if x-kubernetes-list-type is specified'
  errors.push(type === '' ? required(`${path}.type`, text) : invalid(`${path}.type`, type, text))
}

function checkSetItems(items: JsonObject, path: string, errors: FieldError[]): void {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const [listType, mapType] = [items['x-kubernetes-list-type'], items['x-kubernetes-map-type']]
  if (typeOf(items) === 'array' && listType !== undefined && listType !== 'atomic')
    errors.push(invalid(`${path}.items.x-kubernetes-list-type`, listType, text))
  // A real server shows the list type here too.
  if (typeOf(items) === 'object' && mapType !== 'atomic')
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, listType ?? null, text))
}

function checkKeys(schema: JsonObject, keys: readonly string[], path: string, errors: FieldError[]): void {
  const field = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'))
  const { items } = schema
  if (!isJsonObject(items)) {
    if (items === undefined)
      errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
    return
  }
  if (typeOf(items) !== 'object') {
    const text = "must be object if parent array's x-kubernetes-list-type is map"
    errors.push(invalid(`${path}.items.type`, typeOf(items), text))
    return
  }
  const seen = new Set<string>()
  for (const key of keys) {
    const property = propertiesOf(items)[key]
    if (!isJsonObject(property)) errors.push(invalid(field, keys, 'entries must all be names of item properties'))
    else if (['array', 'object'].includes(typeOf(property))) {
      const text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(`${path}.items.properties[${key}].type`, 'object', text))
    }
    if (seen.has(key)) errors.push(invalid(field, keys, 'must not contain duplicate entries'))
    seen.add(key)
  }
}

function checkItems(schema: JsonObject, items: JsonObject, path: string, errors: FieldError[]): void {
  const listType = String(schema['x-kubernetes-list-type'])
  if (items['nullable'] === true)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`))
  if (listType !== 'map') return
  const mandatory = Array.isArray(items['required']) ? items['required'] : []
  const isKey = 'this property is in x-kubernetes-list-map-keys, so it'
  for (const key of keysOf(schema)) {
    const property = propertiesOf(items)[key]
    if (!isJsonObject(property)) continue
    const at = `${path}.items.properties[${key}]`
    if (!mandatory.includes(key) && (property['default'] ?? null) === null)
      errors.push(required(`${at}.default`, `${isKey} must have a default or be a required property`))
    if (property['nullable'] === true) errors.push(forbidden(`${at}.nullable`, `${isKey} cannot be nullable`))
  }
}
