// Built-in kinds are Go structs in a real API server: what does not fit their types is refused while it is decoded, in the
// decoder's words, and fields they do not have are noticed in the order of the text.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'
import { childPath, has, maxDepth, put } from '../schema/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { readText } from './typed-text.ts'

export interface DecodedObject {
  readonly object: JsonObject
  /** Paths of fields the kind does not have, e.g. `spec.bogus`; they are not in `object`. */
  readonly unknownFields: readonly string[]
}

/** More unknown fields than this are dropped without being listed. */
const maxReported = 100

interface Place {
  /** Innermost struct and the fields down to the value, as errors name them: `DeploymentSpec.spec.replicas`. */
  readonly struct: string
  readonly fields: string
  /** With indexes, as unknown fields are named. */
  readonly path: string
  readonly depth: number
}

interface Run {
  readonly unknown: string[]
}

const prefix = 'io.k8s.'
/** Definitions whose JSON is not an object of their fields; anything goes in, or a text with rules of its own. */
const openDefinitions = /\.(RawExtension|FieldsV1|JSON|JSONSchemaPropsOr\w+)$/

const shortName = (ref: string) => ref.slice(ref.lastIndexOf('.') + 1)

/** `v1.DeploymentSpec` */
function structType(ref: string): string {
  return ref.split('.').slice(-2).join('.')
}

/** The type of a field as Go writes it. */
function goType(schema: Schema): string {
  if (schema.ref?.startsWith(prefix)) return structType(schema.ref)
  switch (schema.type) {
    case 'integer':
      return schema.format === 'int64' ? 'int64' : 'int32'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'array':
      return `[]${goType(schema.items ?? {})}`
    case 'object':
      return `map[string]${goType(typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {})}`
    default:
      return schema.format === 'byte' ? '[]uint8' : 'string'
  }
}

function jsonType(value: Json): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function unfit(what: string, schema: Schema, { struct, fields }: Place): InvalidInputError {
  const into = fields === '' ? `Go value of type ${goType(schema)}` : `Go struct field ${struct}.${fields}`
  return new InvalidInputError(
    `json: cannot unmarshal ${what} into ${into}${fields === '' ? '' : ` of type ${goType(schema)}`}`,
  )
}

/**
 * The object as a Go program would read it: null says nothing, unknown fields are left out. Throws InvalidInputError for a
 * value of the wrong type.
 */
export function decodeTyped(schema: Schema, object: Json): DecodedObject {
  const run: Run = { unknown: [] }
  const struct = shortName(schema.ref ?? '')
  const decoded = decode(schema, object, { struct, fields: '', path: '', depth: 0 }, run)
  return { object: isJsonObject(decoded) ? decoded : {}, unknownFields: run.unknown }
}

function decode(schema: Schema, value: Json, at: Place, run: Run): Json {
  if (at.depth > maxDepth) throw new InvalidInputError('exceeded max depth')
  if (schema.ref !== undefined && openDefinitions.test(schema.ref)) return value
  if (schema['x-kubernetes-int-or-string'] === true) return intOrString(value)
  const special = readText(schema, value)
  if (special !== undefined) return special
  if (schema.properties !== undefined || schema.type === 'object') return decodeMap(schema, value, at, run)
  if (schema.type === 'array') return decodeList(schema, value, at, run)
  return decodeScalar(schema, value, at)
}

function intOrString(value: Json): Json {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value
  throw new InvalidInputError(
    `json: cannot unmarshal ${typeof value === 'number' ? `number ${value}` : jsonType(value)} into Go value of type int32`,
  )
}

function decodeScalar(schema: Schema, value: Json, at: Place): Json {
  const wanted = schema.type === 'integer' ? 'number' : schema.type
  if (wanted === undefined) return value
  const actual = Array.isArray(value) ? 'array' : typeof value
  if (actual !== wanted) throw unfit(jsonType(value), schema, at)
  if (schema.type === 'integer' && typeof value === 'number' && !fitsInteger(value, schema.format))
    throw unfit(`number ${value}`, schema, at)
  return value
}

function fitsInteger(value: number, format: string | undefined): boolean {
  return Number.isInteger(value) && (format === 'int64' || Math.abs(value) <= 2 ** 31)
}

function decodeList(schema: Schema, value: Json, at: Place, run: Run): Json {
  if (!Array.isArray(value)) throw unfit(jsonType(value), schema, at)
  const items = schema.items ?? {}
  return value.map((item, index) =>
    item === null
      ? zeroOf(items)
      : decode(items, item, { ...at, path: `${at.path}[${index}]`, depth: at.depth + 1 }, run),
  )
}

function decodeMap(schema: Schema, value: Json, at: Place, run: Run): Json {
  if (!isJsonObject(value)) throw unfit(jsonType(value), schema, at)
  const out: Record<string, Json> = {}
  for (const [name, child] of Object.entries(value)) {
    const decoded = child === undefined ? undefined : decodeEntry(schema, name, child, at, run)
    if (decoded !== undefined) put(out, name, decoded)
  }
  return out
}

/** A field, or an entry of a map; undefined for what is left out. */
function decodeEntry(schema: Schema, name: string, child: Json, at: Place, run: Run): Json | undefined {
  const { properties, additionalProperties } = schema
  const property = properties !== undefined && has(properties, name) ? properties[name] : undefined
  if (property !== undefined) return child === null ? undefined : decode(property, child, field(schema, name, at), run)
  if (typeof additionalProperties === 'object') {
    if (child === null) return zeroOf(additionalProperties)
    return decode(additionalProperties, child, { ...at, path: childPath(at.path, name), depth: at.depth + 1 }, run)
  }
  if (properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true) return child
  if (run.unknown.length < maxReported) run.unknown.push(childPath(at.path, name))
  return undefined
}

function field(schema: Schema, name: string, at: Place): Place {
  const fields = at.fields === '' ? name : `${at.fields}.${name}`
  const struct = schema.ref === undefined ? at.struct : shortName(schema.ref)
  return { struct, fields, path: childPath(at.path, name), depth: at.depth + 1 }
}

/** What null becomes as an item of a list or a map. */
function zeroOf(schema: Schema): Json {
  switch (schema.type) {
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return 0
    default:
      return schema.properties === undefined ? null : {}
  }
}
