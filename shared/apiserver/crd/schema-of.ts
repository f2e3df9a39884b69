// An `openAPIV3Schema` as stored, read into the one schema shape. Keywords of a wrong type are left out: the structural
// check refuses them, and an old object in the store must never break the server.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { put } from '../schema/json-value.ts'
import type { Schema, SchemaType, ValidationRule } from '../schema/schema.ts'

/** Schemas nested deeper are cut; the structural check says so. */
export const maxSchemaDepth = 100

const types: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean'])

type Draft = { -readonly [Key in keyof Schema]: Schema[Key] }
type Reader = (value: Json, depth: number) => Json | Schema | readonly Schema[] | Record<string, Schema> | undefined

const text: Reader = (value) => (typeof value === 'string' ? value : undefined)
const number: Reader = (value) => (typeof value === 'number' ? value : undefined)
const flag: Reader = (value) => (typeof value === 'boolean' ? value : undefined)
const texts: Reader = (value) => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined)
const one: Reader = (value, depth) => (isJsonObject(value) ? schemaOf(value, depth + 1) : undefined)
const list: Reader = (value, depth) =>
  Array.isArray(value) ? value.filter(isJsonObject).map((item) => schemaOf(item, depth + 1)) : undefined
const anything: Reader = (value) => value
const oneOf =
  (...allowed: readonly string[]): Reader =>
  (value) =>
    typeof value === 'string' && allowed.includes(value) ? value : undefined

function properties(value: Json, depth: number): Record<string, Schema> | undefined {
  if (!isJsonObject(value)) return undefined
  const out: Record<string, Schema> = {}
  for (const [name, child] of Object.entries(value)) if (isJsonObject(child)) put(out, name, schemaOf(child, depth + 1))
  return out
}

function isRule(value: Json): value is JsonObject & ValidationRule {
  return isJsonObject(value) && typeof value['rule'] === 'string'
}

const readers: Readonly<Record<string, Reader>> = {
  type: (value) => (types.has(value) ? (value as SchemaType) : undefined),
  format: text,
  title: text,
  description: text,
  default: (value) => (value === null ? undefined : value),
  nullable: flag,
  enum: (value) => (Array.isArray(value) && value.length > 0 ? value : undefined),
  properties,
  additionalProperties: (value, depth) => (typeof value === 'boolean' ? value : one(value, depth)),
  items: one,
  required: texts,
  minimum: number,
  maximum: number,
  exclusiveMinimum: flag,
  exclusiveMaximum: flag,
  multipleOf: number,
  minLength: number,
  maxLength: number,
  pattern: text,
  minItems: number,
  maxItems: number,
  minProperties: number,
  maxProperties: number,
  allOf: list,
  anyOf: list,
  oneOf: list,
  not: one,
  example: anything,
  externalDocs: (value) => (isJsonObject(value) ? value : undefined),
  'x-kubernetes-preserve-unknown-fields': flag,
  'x-kubernetes-embedded-resource': flag,
  'x-kubernetes-int-or-string': flag,
  'x-kubernetes-list-type': oneOf('atomic', 'set', 'map'),
  'x-kubernetes-list-map-keys': texts,
  'x-kubernetes-map-type': oneOf('atomic', 'granular'),
  'x-kubernetes-validations': (value) => (Array.isArray(value) ? value.filter(isRule) : undefined),
}

/** Reads a schema; never throws. */
export function schemaOf(value: JsonObject, depth = 0): Schema {
  if (depth > maxSchemaDepth) return { 'x-kubernetes-preserve-unknown-fields': true }
  const draft: Record<string, unknown> = {}
  for (const [keyword, read] of Object.entries(readers)) {
    const given = Object.hasOwn(value, keyword) ? value[keyword] : undefined
    if (given === undefined || (given === null && keyword !== 'example')) continue
    const result = read(given, depth)
    if (result !== undefined) draft[keyword] = result
  }
  return draft as Draft
}
