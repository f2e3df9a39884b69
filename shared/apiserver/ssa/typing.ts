// What a schema says about merging: which values are leaves, which maps and lists are taken apart, and what names an item
// of a list. Where the schema says nothing, maps are taken apart and lists are leaves.
import type { Json } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'
import { isMap, type JsonMap, type JsonValue, own } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { keyStep, type PathStep, valueStep } from './path-step.ts'
import { objectMeta } from './root-schema.ts'

/** How a value is treated where it stands. */
export type Form = 'map' | 'list' | 'scalar'

/** The type of everything a schema does not describe: maps granular, lists atomic. */
export const deduced: Schema = { 'x-kubernetes-preserve-unknown-fields': true }
/** The type of opaque embedded data: one leaf, whatever it holds. */
const opaque: Schema = { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' }

const opaqueRef = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
/** A scalar that may be a number or a text. */
export const quantityRef = 'io.k8s.apimachinery.pkg.api.resource.Quantity'

/** The schema as apply sees it: a few definitions have a meaning of their own. */
export function typed(schema: Schema | undefined): Schema {
  if (schema === undefined) return deduced
  return schema.ref === opaqueRef ? opaque : schema
}

function allows(schema: Schema, form: Form): boolean {
  if (schema.ref === quantityRef) return form === 'scalar'
  if (schema.type === undefined) return true
  if (schema.type === 'object') return form === 'map'
  if (schema.type === 'array') return form === 'list'
  return form === 'scalar'
}

/** The form of a value under a schema; null and values of another type take the first form the schema allows. */
export function formOf(schema: Schema, value: JsonValue): Form {
  if (value !== null) {
    const natural = isMap(value) ? 'map' : Array.isArray(value) ? 'list' : 'scalar'
    if (allows(schema, natural)) return natural
  }
  if (allows(schema, 'map')) return 'map'
  return allows(schema, 'scalar') ? 'scalar' : 'list'
}

export function isAtomicMap(schema: Schema): boolean {
  return schema['x-kubernetes-map-type'] === 'atomic'
}

/** The schema a field is declared with; undefined for names the schema does not list. */
export function declaredField(schema: Schema, name: string): Schema | undefined {
  const properties = schema.properties
  if (properties && Object.hasOwn(properties, name)) return typed(properties[name])
  if (schema['x-kubernetes-embedded-resource'] !== true) return undefined
  return Object.hasOwn(resourceFields, name) ? resourceFields[name] : undefined
}

/** What every object embedded as a whole has, said or not. */
const resourceFields: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: objectMeta,
}

/** The schema of a field, declared or not. */
export function fieldSchema(schema: Schema, name: string): Schema {
  const declared = declaredField(schema, name)
  if (declared) return declared
  const rest = schema.additionalProperties
  if (typeof rest === 'object') return typed(rest)
  return schema === opaque ? opaque : deduced
}

export function itemSchema(schema: Schema): Schema {
  if (schema.items) return typed(schema.items)
  return opaque
}

export interface ListType {
  readonly kind: 'atomic' | 'set' | 'map'
  readonly keys: readonly string[]
}

const atomicList: ListType = { kind: 'atomic', keys: [] }
const setList: ListType = { kind: 'set', keys: [] }

/** The list type: its own, else the one a strategic merge strategy implies, else atomic. */
export function listType(schema: Schema): ListType {
  const declared = schema['x-kubernetes-list-type']
  if (declared === 'map') return { kind: 'map', keys: schema['x-kubernetes-list-map-keys'] ?? [] }
  if (declared !== undefined) return declared === 'set' ? setList : atomicList
  if (!(schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge')) return atomicList
  const key = schema['x-kubernetes-patch-merge-key']
  return key === undefined ? setList : { kind: 'map', keys: [key] }
}

function keyDefault(schema: Schema, key: string): Json | undefined {
  return declaredField(itemSchema(schema), key)?.default
}

/**
 * What names an item of a set or keyed list. Throws InvalidInputError for an item that cannot have a name there.
 */
export function itemStep(schema: Schema, list: ListType, item: JsonValue): PathStep {
  if (list.kind === 'map') return keyedStep(schema, list, item)
  if (item === null) throw new InvalidInputError("associative list without keys has an element that's an explicit null")
  if (isMap(item)) throw new InvalidInputError("associative list without keys has an element that's a map type")
  if (Array.isArray(item)) throw new InvalidInputError('not supported: associative list with lists as elements')
  return valueStep(item)
}

function keyedStep(schema: Schema, list: ListType, item: JsonValue): PathStep {
  if (!isMap(item)) {
    const what = item === null ? 'a null element' : 'non-map elements'
    throw new InvalidInputError(`associative list with keys may not have ${what}`)
  }
  const keys = list.keys.flatMap((key): [string, unknown][] => {
    const value = own(item, key) ?? keyDefault(schema, key)
    return value === undefined ? [] : [[key, value]]
  })
  if (keys.length === 0 && list.keys.length > 0) {
    const names = list.keys.map((key) => JSON.stringify(key)).join(' ')
    throw new InvalidInputError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    )
  }
  return keyStep(keys)
}

/** The items of a set or keyed list with their names. */
export function namedItems(
  schema: Schema,
  list: ListType,
  value: JsonValue | undefined,
): { readonly step: PathStep; readonly item: JsonValue }[] {
  if (!Array.isArray(value)) return []
  return value.map((item, index) => {
    try {
      return { step: itemStep(schema, list, item), item }
    } catch (error) {
      if (error instanceof InvalidInputError) throw new InvalidInputError(`element ${index}: ${error.message}`)
      throw error
    }
  })
}

/** The value as a map; everything else counts as no map at all. */
export const asMap = (value: JsonValue | undefined): JsonMap => (value !== undefined && isMap(value) ? value : {})
export const asList = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : [])
