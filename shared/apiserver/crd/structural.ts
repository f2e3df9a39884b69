// Structural schemas: the subset of OpenAPI in which every field's type is known, so that pruning, defaulting and
// server-side apply are well defined. Complaints use the words of a real API server.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { forbidden, invalid, notSupported, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import { compilePattern } from '../schema/pattern.ts'
import type { FieldError } from '../schema/schema.ts'
import { shapeObject } from '../schema/shape.ts'
import { validateValue } from '../schema/validate.ts'
import { maxSchemaDepth, schemaOf } from './schema-of.ts'

const schemaTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unsupported = ['$ref', 'definitions', 'patternProperties', 'dependencies', 'additionalItems', 'id', '$schema']

/** Where in the schema a node stands decides what it must and must not say. */
type Place = 'root' | 'property' | 'items' | 'additional'

interface Walk {
  readonly errors: FieldError[]
  depth: number
}

/** Complaints about a version's schema; `path` is the schema's own. */
export function checkStructural(schema: JsonObject, path: string): FieldError[] {
  const walk: Walk = { errors: [], depth: 0 }
  checkNode(schema, path, 'root', walk)
  return walk.errors
}

const isTrue = (schema: JsonObject, keyword: string) => schema[keyword] === true
const intOrString = 'x-kubernetes-int-or-string'
const preserve = 'x-kubernetes-preserve-unknown-fields'
const embedded = 'x-kubernetes-embedded-resource'

function checkNode(schema: JsonObject, path: string, place: Place, walk: Walk): void {
  if (walk.depth > maxSchemaDepth) {
    walk.errors.push(forbidden(path, `must not be nested deeper than ${maxSchemaDepth} levels`))
    return
  }
  walk.depth += 1
  checkType(schema, path, place, walk)
  checkKeywords(schema, path, walk)
  checkPattern(schema, path, walk)
  checkLists(schema, path, walk)
  checkExtensions(schema, path, walk)
  checkDefault(schema, path, place, walk)
  checkJunctors(schema, path, walk)
  checkChildren(schema, path, place, walk)
  walk.depth -= 1
}

function checkType(schema: JsonObject, path: string, place: Place, { errors }: Walk): void {
  const type = typeof schema['type'] === 'string' ? schema['type'] : ''
  if (type !== '' && !schemaTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, schemaTypes))
  if (place === 'root') {
    if (type === '') errors.push(required(`${path}.type`, 'must not be empty at the root'))
    else if (type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'))
    return
  }
  if (type !== '' || isTrue(schema, intOrString) || isTrue(schema, preserve)) return
  const where = { property: 'object fields', items: 'array items', additional: 'object fields' }[place]
  errors.push(required(`${path}.type`, `must not be empty for specified ${where}`))
}

function checkKeywords(schema: JsonObject, path: string, { errors }: Walk): void {
  for (const keyword of unsupported) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${path}.${keyword}`, `${keyword} is not supported`))
  }
  if (isTrue(schema, 'uniqueItems')) {
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  }
  const { items, properties, additionalProperties } = schema
  if (properties !== undefined && additionalProperties !== undefined && additionalProperties !== false) {
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
  }
  if (Array.isArray(items)) {
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  } else if (schema['type'] === 'array' && !isJsonObject(items)) {
    errors.push(required(`${path}.items`, 'must be specified'))
  }
}

/** The message Go's regexp package gives; re2's own says the same in other words. */
function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return text.startsWith('error parsing regexp') ? text : `error parsing regexp: ${text}`
  }
}

function checkPattern(schema: JsonObject, path: string, { errors }: Walk): void {
  const { pattern } = schema
  if (typeof pattern !== 'string') return
  const problem = patternProblem(pattern)
  if (problem === undefined) return
  errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`))
}

function checkLists(schema: JsonObject, path: string, walk: Walk): void {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  const field = `${path}.x-kubernetes-list-type`
  const { errors } = walk
  if (listType !== undefined) {
    if (!['atomic', 'set', 'map'].includes(String(listType))) {
      errors.push(notSupported(field, listType, ['atomic', 'set', 'map']))
    }
    if (schema['type'] !== 'array') {
      errors.push(invalid(`${path}.type`, schema['type'] ?? '', 'must be array if x-kubernetes-list-type is specified'))
    }
  }
  if (Array.isArray(keys) && keys.length > 0 && listType !== 'map') {
    errors.push(invalid(field, listType ?? null, 'must be map if x-kubernetes-list-map-keys is non-empty'))
  }
  if (listType === 'map') checkMapKeys(schema, Array.isArray(keys) ? keys : [], path, walk)
  if (listType === 'set' && isJsonObject(schema['items'])) checkSetItems(schema['items'], path, walk)
}

function checkSetItems(items: JsonObject, path: string, { errors }: Walk): void {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  if (items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, text))
  }
  const listType = items['x-kubernetes-list-type']
  if (items['type'] === 'array' && listType !== undefined && listType !== 'atomic') {
    errors.push(invalid(`${path}.items.x-kubernetes-list-type`, listType, text))
  }
  if (items['nullable'] === true) {
    errors.push(forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is set'))
  }
}

function checkMapKeys(schema: JsonObject, keys: readonly Json[], path: string, { errors }: Walk): void {
  const field = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) {
    errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'))
    return
  }
  const items = isJsonObject(schema['items']) ? schema['items'] : {}
  const properties = isJsonObject(items['properties']) ? items['properties'] : {}
  if (items['type'] !== undefined && items['type'] !== 'object') {
    errors.push(
      invalid(`${path}.items.type`, items['type'], "must be object if parent array's x-kubernetes-list-type is map"),
    )
  }
  if (!keys.every((key) => typeof key === 'string' && isJsonObject(properties[key]))) {
    errors.push(invalid(field, keys, 'entries must all be names of item properties'))
    return
  }
  if (new Set(keys).size !== keys.length) errors.push(invalid(field, keys, 'must not contain duplicate entries'))
  const mandatory = Array.isArray(items['required']) ? items['required'] : []
  for (const key of keys) {
    const property = properties[String(key)]
    if (mandatory.includes(key) || (isJsonObject(property) && property['default'] !== undefined)) continue
    errors.push(
      required(
        `${path}.items.properties[${String(key)}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    )
  }
}

function checkExtensions(schema: JsonObject, path: string, { errors }: Walk): void {
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  }
  if (mapType !== undefined && schema['type'] !== 'object') {
    errors.push(invalid(`${path}.type`, schema['type'] ?? '', 'must be object if x-kubernetes-map-type is specified'))
  }
  if (schema[preserve] === false) errors.push(invalid(`${path}.${preserve}`, false, 'must be true or undefined'))
  if (!isTrue(schema, embedded)) return
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  if (Object.keys(properties).length === 0 && !isTrue(schema, preserve)) {
    errors.push(required(`${path}.properties`, `must not be empty if ${embedded} is true without ${preserve}`))
  }
  if (schema['type'] !== 'object') {
    errors.push(invalid(`${path}.type`, schema['type'] ?? '', `must be object if ${embedded} is true`))
  }
}

/** A default must be a value the schema accepts as it is. */
function checkDefault(schema: JsonObject, path: string, place: Place, { errors }: Walk): void {
  const value = schema['default']
  if (value === undefined || value === null) return
  const field = `${path}.default`
  if (place === 'root') {
    errors.push(forbidden(field, 'must not be set at the root'))
    return
  }
  const read = schemaOf(schema)
  const shaped = isJsonObject(value) ? shapeObject(read, value, isTrue(schema, embedded)) : undefined
  if (shaped !== undefined && shaped.unknownFields.length > 0) {
    errors.push(invalid(field, value, 'must not have unknown fields'))
    return
  }
  const complaints = validateValue(read, shaped?.object ?? value, '')
  errors.push(
    ...complaints.map((error) => ({ ...error, field: `${field}${error.field === '' ? '' : `.${error.field}`}` })),
  )
}

const junctors = ['allOf', 'anyOf', 'oneOf'] as const

function checkJunctors(schema: JsonObject, path: string, walk: Walk): void {
  const typed = isTrue(schema, intOrString)
  for (const keyword of junctors) {
    const parts = schema[keyword]
    if (!Array.isArray(parts)) continue
    for (const [index, part] of parts.entries()) {
      if (isJsonObject(part))
        checkValueOnly(part, `${path}.${keyword}[${index}]`, walk, typed && mayType(keyword, parts, index))
    }
  }
  if (isJsonObject(schema['not'])) checkValueOnly(schema['not'], `${path}.not`, walk, false)
}

/** The usual `anyOf: [{type: integer}, {type: string}]` of int-or-string, alone or as the first of allOf. */
function mayType(keyword: (typeof junctors)[number], parts: readonly Json[], index: number): boolean {
  const choice = [{ type: 'integer' }, { type: 'string' }]
  if (keyword === 'anyOf') return equalJson(parts, choice)
  return keyword === 'allOf' && index === 0 && equalJson(parts[0], { anyOf: choice })
}

const emptyInJunctors = [
  'type',
  'title',
  'description',
  'default',
  'additionalProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
  preserve,
]
const falseInJunctors = ['nullable', embedded, intOrString]

/** Inside allOf, anyOf, oneOf and not a schema may only restrict values. */
function checkValueOnly(schema: JsonObject, path: string, walk: Walk, typed: boolean): void {
  if (walk.depth > maxSchemaDepth) return
  walk.depth += 1
  const { errors } = walk
  for (const keyword of typed ? [] : emptyInJunctors) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${path}.${keyword}`, 'must be empty to be structural'))
  }
  for (const keyword of falseInJunctors) {
    if (isTrue(schema, keyword)) errors.push(forbidden(`${path}.${keyword}`, 'must be false to be structural'))
  }
  checkPattern(schema, path, walk)
  for (const [at, child, mayBeTyped] of partsOf(schema, typed)) {
    if (isJsonObject(child)) checkValueOnly(child, `${path}.${at}`, walk, mayBeTyped)
  }
  walk.depth -= 1
}

/** The schemas inside one that only restricts values, with their place and whether they may name a type. */
function partsOf(schema: JsonObject, typed: boolean): readonly (readonly [at: string, child: Json, typed: boolean])[] {
  const { properties, items, not } = schema
  const named = Object.entries(isJsonObject(properties) ? properties : {})
  return [
    ...named.map(([name, child]) => [`properties[${name}]`, child ?? null, false] as const),
    ['items', items ?? null, false],
    ['not', not ?? null, false],
    ...junctors.flatMap((keyword) => {
      const parts = schema[keyword]
      return (Array.isArray(parts) ? parts : []).map((part, index) => [`${keyword}[${index}]`, part, typed] as const)
    }),
  ]
}

/** Of metadata a custom resource may restrict the names only. */
function restrictsMetadata(schema: JsonObject): boolean {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const others = Object.keys(schema).filter((keyword) => !['type', 'properties', 'description'].includes(keyword))
  return others.length > 0 || Object.keys(properties).some((name) => name !== 'name' && name !== 'generateName')
}

function checkChildren(schema: JsonObject, path: string, place: Place, walk: Walk): void {
  const { properties, items, additionalProperties } = schema
  const resource = place === 'root' || isTrue(schema, embedded)
  for (const [name, child] of Object.entries(isJsonObject(properties) ? properties : {})) {
    if (!isJsonObject(child)) continue
    const at = `${path}.properties[${name}]`
    if (resource && name === 'metadata' && restrictsMetadata(child)) {
      const text = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
      walk.errors.push(forbidden(at, text))
    } else {
      checkNode(child, at, 'property', walk)
    }
  }
  if (isJsonObject(items)) checkNode(items, `${path}.items`, 'items', walk)
  if (isJsonObject(additionalProperties))
    checkNode(additionalProperties, `${path}.additionalProperties`, 'additional', walk)
}
