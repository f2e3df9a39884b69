// What the OpenAPI side of a version's schema may say: known types, no keywords that are not supported, sound list types.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { checkRuleTexts } from '../schema/cel/check-rules.ts'
import { forbidden, invalid, notSupported, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { embedded, isTrue, preserve, propertiesOf, typeOf } from './keywords.ts'
import { checkListType } from './list-types.ts'
import { maxSchemaDepth, schemaOf } from './schema-of.ts'

const schemaTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string']

/** What the place of a node in the schema forbids it. */
interface Place {
  readonly root?: boolean
  /** Inside apiVersion, kind or metadata of a resource. */
  readonly resourceMeta?: boolean
  /** Why a default must not stand here. */
  readonly noDefaults?: string
  readonly depth: number
}

/** Complaints about a version's schema; `path` is the schema's own. */
export function checkOpenApi(schema: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  checkNode(schema, path, { root: true, depth: 0 }, errors)
  return errors
}

function checkNode(schema: JsonObject, path: string, place: Place, errors: FieldError[]): void {
  // The structural check has complained.
  if (place.depth > maxSchemaDepth) return
  checkKeywords(schema, path, place, errors)
  if (isTrue(schema, 'uniqueItems')) {
    const text = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbidden(`${path}.uniqueItems`, text))
  }
  checkAdditional(schema, path, place, errors)
  for (const [name, child] of Object.entries(propertiesOf(schema))) {
    if (isJsonObject(child)) checkNode(child, `${path}.properties[${name}]`, propertyPlace(schema, name, place), errors)
  }
  const inner = { ...place, root: false, depth: place.depth + 1 }
  for (const [at, child] of alternativesOf(schema)) checkNode(child, `${path}.${at}`, inner, errors)
  const { items } = schema
  for (const [at, child] of Array.isArray(items) ? items.entries() : [])
    if (isJsonObject(child)) checkNode(child, `${path}.items[${at}]`, inner, errors)
  if (isJsonObject(items)) checkNode(items, `${path}.items`, inner, errors)
  if (schema[preserve] === false) errors.push(invalid(`${path}.${preserve}`, false, 'must be true or undefined'))
  checkMapType(schema, path, errors)
  checkListType(schema, path, errors)
  errors.push(...checkRuleTexts(schemaOf(schema), path))
}

function propertyPlace(schema: JsonObject, name: string, place: Place): Place {
  const inner = { ...place, root: false, depth: place.depth + 1 }
  const ofResource = ['metadata', 'kind', 'apiVersion'].includes(name) && (place.root || isTrue(schema, embedded))
  if (!ofResource) return inner
  return { ...inner, resourceMeta: true, ...(place.root && { noDefaults: `in top-level ${name}` }) }
}

function alternativesOf(schema: JsonObject): readonly (readonly [at: string, child: JsonObject])[] {
  const listed = ['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => {
    const parts = schema[keyword]
    return (Array.isArray(parts) ? parts : []).map((part, index) => [`${keyword}[${index}]`, part] as const)
  })
  const all: readonly (readonly [string, Json | undefined])[] = [['not', schema['not']], ...listed]
  return all.flatMap(([at, child]) => (isJsonObject(child) ? [[at, child] as const] : []))
}

/** In the order a real server names them. */
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref']

function checkKeywords(schema: JsonObject, path: string, place: Place, errors: FieldError[]): void {
  const type = typeOf(schema)
  if (type !== '' && !schemaTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, schemaTypes))
  if ((schema['default'] ?? null) !== null && place.noDefaults !== undefined)
    errors.push(forbidden(`${path}.default`, `must not be set ${place.noDefaults}`))
  for (const keyword of unsupported) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${path}.${keyword}`, `${keyword} is not supported`))
  }
  if (type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(schema['items']))
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (place.resourceMeta && isTrue(schema, embedded))
    errors.push(forbidden(`${path}.${embedded}`, 'must not be used inside of resource meta'))
}

function checkAdditional(schema: JsonObject, path: string, place: Place, errors: FieldError[]): void {
  const { additionalProperties } = schema
  if (additionalProperties === undefined) return
  const at = `${path}.additionalProperties`
  if (Object.keys(propertiesOf(schema)).length > 0 && additionalProperties !== true)
    errors.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'))
  const noDefaults = place.resourceMeta ? 'inside additionalProperties applying to object metadata' : place.noDefaults
  const inner = { ...place, root: false, depth: place.depth + 1, ...(noDefaults !== undefined && { noDefaults }) }
  if (isJsonObject(additionalProperties)) checkNode(additionalProperties, at, inner, errors)
}

function checkMapType(schema: JsonObject, path: string, errors: FieldError[]): void {
  const mapType = schema['x-kubernetes-map-type']
  if (mapType === undefined) return
  const type = typeOf(schema)
  const text = 'must be object if x-kubernetes-map-type is specified'
  if (type !== 'object') errors.push(type === '' ? required(`${path}.type`, text) : invalid(`${path}.type`, type, text))
  if (mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
}
