// Structural schemas: the subset of OpenAPI in which every field's type is known, so that pruning, defaulting and
// server-side apply are well defined. Complaints use the words of a real API server.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { forbidden, invalid, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { checkPattern, embedded, intOrString, isTrue, preserve, propertiesOf, typeOf } from './keywords.ts'
import { maxSchemaDepth } from './schema-of.ts'
import { checkChoices, checkComplete } from './value-only.ts'

/** Where in the schema a node stands decides what it must and must not say. */
type Place = 'root' | 'field' | 'item'

interface Walk {
  readonly errors: FieldError[]
  depth: number
}

/** Complaints about the structure of a version's schema, in the order of their texts; `path` is the schema's own. */
export function checkStructural(schema: JsonObject, path: string): FieldError[] {
  const walk: Walk = { errors: [], depth: 0 }
  checkNode(schema, path, 'root', walk)
  checkComplete(schema, path, walk.errors)
  const text = ({ field, message }: FieldError) => `${field}: ${message}`
  return walk.errors.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
}

function checkNode(schema: JsonObject, path: string, place: Place, walk: Walk): void {
  if (walk.depth > maxSchemaDepth) {
    walk.errors.push(forbidden(path, `must not be nested deeper than ${maxSchemaDepth} levels`))
    return
  }
  walk.depth += 1
  checkChildren(schema, path, place, walk)
  checkExtensions(schema, path, walk.errors)
  checkPattern(schema, path, walk.errors)
  checkChoices(schema, path, walk.errors)
  checkType(schema, path, place, walk.errors)
  checkResource(schema, path, place, walk.errors)
  walk.depth -= 1
}

function checkChildren(schema: JsonObject, path: string, place: Place, walk: Walk): void {
  const { items, additionalProperties } = schema
  if (typeOf(schema) === 'array' && items === undefined)
    walk.errors.push(required(`${path}.items`, 'must be specified'))
  if (isJsonObject(items)) checkNode(items, `${path}.items`, 'item', walk)
  for (const [name, child] of Object.entries(propertiesOf(schema))) {
    if (isJsonObject(child)) checkNode(child, `${path}.properties[${name}]`, 'field', walk)
  }
  if (additionalProperties === undefined) return
  const at = `${path}.additionalProperties`
  if (place === 'root') walk.errors.push(forbidden(at, 'must not be used at the root'))
  if (isTrue(schema, embedded)) walk.errors.push(forbidden(at, `must not be used if ${embedded} is set`))
  if (isJsonObject(additionalProperties)) checkNode(additionalProperties, at, 'field', walk)
}

const missingType: Readonly<Record<Place, string>> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
}

function checkType(schema: JsonObject, path: string, place: Place, errors: FieldError[]): void {
  const type = typeOf(schema)
  const at = `${path}.type`
  if (isTrue(schema, embedded) && type !== 'object') {
    const text = `must be object if ${embedded} is true`
    errors.push(type === '' ? required(at, text) : invalid(at, type, text))
  } else if (type === '' && !isTrue(schema, intOrString) && !isTrue(schema, preserve)) {
    errors.push(required(at, `must not be empty ${missingType[place]}`))
  }
  if (place === 'root' && type !== '' && type !== 'object') errors.push(invalid(at, type, 'must be object at the root'))
}

function checkExtensions(schema: JsonObject, path: string, errors: FieldError[]): void {
  if (!isTrue(schema, intOrString)) return
  for (const keyword of [preserve, embedded]) {
    if (isTrue(schema, keyword))
      errors.push(invalid(`${path}.${keyword}`, true, `must be false if ${intOrString} is true`))
  }
}

/** Of metadata a custom resource may restrict the names only. */
function restrictsMetadata(schema: JsonObject): boolean {
  const others = Object.keys(schema).filter((keyword) => !['type', 'properties', 'default'].includes(keyword))
  return (
    others.length > 0 || Object.keys(propertiesOf(schema)).some((name) => name !== 'name' && name !== 'generateName')
  )
}

/** What a resource, the root or an embedded one, may say of the fields every resource has. */
function checkResource(schema: JsonObject, path: string, place: Place, errors: FieldError[]): void {
  const properties = propertiesOf(schema)
  const isResource = place === 'root' || isTrue(schema, embedded)
  const typed = { kind: 'string', apiVersion: 'string', metadata: 'object' }
  for (const [name, wanted] of Object.entries(isResource ? typed : {})) {
    const child = properties[name]
    if (isJsonObject(child) && typeOf(child) !== wanted)
      errors.push(invalid(`${path}.properties[${name}].type`, typeOf(child), `must be ${wanted}`))
  }
  const { metadata } = properties
  if (place === 'root' && isJsonObject(metadata) && restrictsMetadata(metadata)) {
    const text = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(`${path}.properties[metadata]`, text))
  }
  if (isTrue(schema, embedded) && !isTrue(schema, preserve) && Object.keys(properties).length === 0)
    errors.push(required(`${path}.properties`, `must not be empty if ${embedded} is true without ${preserve}`))
}
