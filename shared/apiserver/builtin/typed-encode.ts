// Built-in kinds are Go structs in a real API server, and are written as Go writes structs: zero values of optional fields
// are left out, embedded structs and required fields are always there.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { put } from '../schema/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import protobuf from './protobuf.generated.json' with { type: 'json' }
import type { ProtobufSchemas } from './protobuf-types.ts'
import structFields from './struct-fields.generated.json' with { type: 'json' }

/** How a struct's fields are written. */
interface Writing {
  /** Kept whatever they hold: pointers, and fields that are always written. */
  readonly kept: ReadonlySet<string>
  /** Always written: with this value when nothing is said of them. */
  readonly present: readonly (readonly [name: string, zero: Json])[]
}

const { messages } = protobuf as unknown as ProtobufSchemas
const structs: Readonly<Record<string, { readonly structs: readonly string[]; readonly nulls: readonly string[] }>> =
  structFields

const writings = new Map<string, Writing>()
const plain: Writing = { kept: new Set(), present: [] }

/** Types that hold any JSON, where false or an empty list says something. */
const anyJson = /\.(RawExtension|FieldsV1|JSON|JSONSchemaPropsOr\w+)$/

const zeros: Readonly<Record<string, Json>> = { string: '', bool: false, int32: 0, int64: 0, double: 0 }

/** Fields a struct always has, with what they hold when nothing is said of them. */
export function presentFields(ref: string | undefined): Writing['present'] {
  return writingOf(ref).present
}

function writingOf(ref: string | undefined): Writing {
  if (ref === undefined) return plain
  const known = writings.get(ref)
  if (known) return known
  const fields = Object.values(Object.hasOwn(messages, ref) ? (messages[ref] ?? {}) : {})
  const always = fields.filter(([, , flags = '']) => flags.includes('z'))
  const pointers = fields.filter(([, type, flags = '']) => flags.includes('o') || anyJson.test(type))
  const recorded = Object.hasOwn(structs, ref) ? structs[ref] : undefined
  const writing: Writing = {
    kept: new Set([...always, ...pointers].map(([name]) => name)),
    present: [
      ...(recorded?.structs ?? []).map((name): [string, Json] => [name, {}]),
      ...(recorded?.nulls ?? []).map((name): [string, Json] => [name, null]),
      ...always.flatMap(([name, type, flags = '']): [string, Json][] => {
        if (/[rm]/.test(flags)) return []
        const zero = flags.includes('o') ? null : zeros[type]
        return zero === undefined ? [] : [[name, zero]]
      }),
    ],
  }
  writings.set(ref, writing)
  return writing
}

/** Whether JSON leaves an optional field of this value out. Empty structs stay: somebody may point at them. */
function isZero(schema: Schema, value: Json): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  const isDictionary = schema.properties === undefined && typeof schema.additionalProperties === 'object'
  return isJsonObject(value) && isDictionary && Object.keys(value).length === 0
}

/** A decoded object as a real API server would write it. Idempotent. */
export function encodeTyped(schema: Schema, object: JsonObject): JsonObject {
  return encodeStruct(schema, object)
}

function encode(schema: Schema, value: Json): Json {
  if (Array.isArray(value)) {
    const items = schema.items
    return items === undefined ? value : value.map((item) => encode(items, item))
  }
  if (!isJsonObject(value)) return value
  if (schema.properties !== undefined) return encodeStruct(schema, value)
  const { additionalProperties } = schema
  if (typeof additionalProperties !== 'object') return value
  const out: Record<string, Json> = {}
  for (const [name, item] of Object.entries(value))
    if (item !== undefined) put(out, name, encode(additionalProperties, item))
  return out
}

function encodeStruct(schema: Schema, value: JsonObject): JsonObject {
  const { kept, present } = writingOf(schema.ref)
  const out: Record<string, Json> = {}
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue
    const property = propertyOf(schema, name)
    const written = property === undefined ? item : encode(property, item)
    const left = property !== undefined && isZero(property, written) && (written === null || !kept.has(name))
    if (!left) put(out, name, written)
  }
  for (const [name, zero] of present) {
    const property = propertyOf(schema, name)
    if (property !== undefined && !Object.hasOwn(out, name)) put(out, name, encode(property, zero))
  }
  return out
}

function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
}
