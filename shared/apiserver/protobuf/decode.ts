// Decodes a Kubernetes protobuf body to the JSON object it stands for.
import { InvalidInputError } from '../../errors.ts'
import tables from '../builtin/protobuf.generated.json' with { type: 'json' }
import type { ProtobufField, ProtobufMessage, ProtobufSchemas } from '../builtin/protobuf-types.ts'
import { isMap, type JsonMap, type JsonValue, own, put } from '../patch/json-value.ts'
import { embeddedJson, embeddedValue, specialForms, text } from './special.ts'
import { packedVarints, type WireField, wireFields } from './wire.ts'

// The file is generated in this shape; checking 100 KB again at every start would buy nothing.
const schemas = tables as unknown as ProtobufSchemas

export interface DecodedProtobuf {
  readonly apiVersion: string
  readonly kind: string
  /** The object with apiVersion and kind, as a JSON client would have sent it. */
  readonly object: JsonMap
}

/** `k8s\0`, before every body. */
const magic = [0x6b, 0x38, 0x73, 0x00] as const
/** Deeper messages are refused; the deepest real ones are nested schemas. */
const maxDepth = 128

const broken = (why: string) => new InvalidInputError(`the protobuf body is malformed: ${why}`)

interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
  readonly contentEncoding: string
  readonly contentType: string
}

function textField(bytes: Uint8Array, number: number): string {
  for (const field of wireFields(bytes)) if (field.number === number && field.type === 'bytes') return text(field.value)
  return ''
}

function bytesField(bytes: Uint8Array, number: number): Uint8Array {
  for (const field of wireFields(bytes)) if (field.number === number && field.type === 'bytes') return field.value
  return new Uint8Array()
}

function readEnvelope(bytes: Uint8Array): Envelope {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw new InvalidInputError(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    )
  }
  const body = bytes.subarray(magic.length)
  const type = bytesField(body, 1)
  return {
    apiVersion: textField(type, 1),
    kind: textField(type, 2),
    raw: bytesField(body, 2),
    contentEncoding: textField(body, 3),
    contentType: textField(body, 4),
  }
}

/** Options travel with the apiVersion of the object they are about. */
const versionless: ReadonlySet<string> = new Set(['DeleteOptions'])

function rootMessage({ apiVersion, kind }: Envelope): string | undefined {
  const key = versionless.has(kind) ? `v1/${kind}` : `${apiVersion}/${kind}`
  return Object.hasOwn(schemas.roots, key) ? schemas.roots[key] : undefined
}

/**
 * Decodes a body (magic number, envelope and object). Returns undefined for a kind that has no table: the caller answers
 * 415. Values JSON would leave out (empty strings, zero numbers of required fields, an empty status) are left out.
 * Throws InvalidInputError for bytes that are no such message.
 */
export function decodeProtobuf(bytes: Uint8Array): DecodedProtobuf | undefined {
  const envelope = readEnvelope(bytes)
  if (envelope.contentEncoding !== '') throw broken(`content encoding ${JSON.stringify(envelope.contentEncoding)}`)
  const message = rootMessage(envelope)
  if (message === undefined) return undefined
  const { apiVersion, kind } = envelope
  const fields = decodeMessage(message, envelope.raw, 0)
  const status = own(fields, 'status')
  if (status !== undefined && isMap(status) && Object.keys(status).length === 0) delete fields['status']
  return { apiVersion, kind, object: { apiVersion, kind, ...fields } }
}

function messageOf(name: string): ProtobufMessage {
  const message = Object.hasOwn(schemas.messages, name) ? schemas.messages[name] : undefined
  if (message === undefined) throw broken(`message ${name} is not in the tables`)
  return message
}

function decodeMessage(name: string, bytes: Uint8Array, depth: number): JsonMap {
  if (depth > maxDepth) throw broken(`messages nested deeper than ${maxDepth} levels`)
  const message = messageOf(name)
  const result: JsonMap = {}
  for (const field of wireFields(bytes)) {
    const known = message[field.number]
    if (known) decodeField(result, known, field, depth)
  }
  return result
}

function decodeField(result: JsonMap, [name, type, flags = '']: ProtobufField, field: WireField, depth: number): void {
  if (flags.includes('m')) {
    decodeEntry(result, name, type, field, depth)
    return
  }
  if (flags.includes('i')) {
    if (field.type !== 'bytes') throw broken(`an embedded ${type} is no message`)
    Object.assign(result, decodeMessage(type, field.value, depth + 1))
    return
  }
  if (flags.includes('r')) {
    const list = own(result, name)
    const values = decodeRepeated(type, field, depth)
    if (Array.isArray(list)) list.push(...values)
    else put(result, name, values)
    return
  }
  const value = decodeValue(type, field, depth)
  if (value !== undefined && (flags.includes('o') || flags.includes('z') || !isZero(value))) put(result, name, value)
}

/** What JSON leaves out of a field that is always on the wire. Empty messages stay: they may have been put there. */
const isZero = (value: JsonValue) => value === '' || value === 0 || value === false

function decodeRepeated(type: string, field: WireField, depth: number): JsonValue[] {
  const packed = field.type === 'bytes' && (type === 'int32' || type === 'int64' || type === 'bool')
  if (packed)
    return packedVarints(field.value).map((value) => scalar(type, { number: field.number, type: 'varint', value }))
  const value = decodeValue(type, field, depth)
  return value === undefined ? [] : [value]
}

function decodeEntry(result: JsonMap, name: string, type: string, field: WireField, depth: number): void {
  if (field.type !== 'bytes') throw broken(`an entry of ${name} is no message`)
  let key = ''
  let value: JsonValue | undefined
  for (const part of wireFields(field.value)) {
    if (part.number === 1 && part.type === 'bytes') key = text(part.value)
    if (part.number === 2) value = decodeValue(type, part, depth + 1)
  }
  const existing = own(result, name)
  const map: JsonMap = existing !== undefined && isMap(existing) ? existing : {}
  put(map, key, value ?? emptyOf(type))
  put(result, name, map)
}

/** The value of a map entry that names a key only. */
function emptyOf(type: string): JsonValue {
  if (type === 'string' || type === 'bytes') return ''
  if (type === 'bool') return false
  return type.includes('.') ? (specialForms[type]?.({}, new Uint8Array()) ?? {}) : 0
}

/** The JSON value of one field; undefined when it says nothing (an unset time). */
function decodeValue(type: string, field: WireField, depth: number): JsonValue | undefined {
  if (!type.includes('.')) return scalar(type, field)
  if (field.type !== 'bytes') throw broken(`a ${type} is no message`)
  if (embeddedJson.has(type)) return embeddedValue(bytesField(field.value, 1))
  const fields = decodeMessage(type, field.value, depth + 1)
  const special = Object.hasOwn(specialForms, type) ? specialForms[type] : undefined
  return special ? special(fields, field.value) : fields
}

function scalar(type: string, field: WireField): JsonValue {
  if (field.type === 'bytes') {
    if (type === 'string') return text(field.value)
    if (type === 'bytes') return Buffer.from(field.value).toString('base64')
    throw broken(`a ${type} is given as bytes`)
  }
  if (field.type === 'fixed') {
    if (type !== 'double' || field.value.length !== 8) throw broken(`a ${type} is given in ${field.value.length} bytes`)
    return new DataView(field.value.buffer, field.value.byteOffset, 8).getFloat64(0, true)
  }
  switch (type) {
    case 'bool':
      return field.value !== 0n
    case 'int32':
      return Number(BigInt.asIntN(32, field.value))
    case 'int64':
      return Number(BigInt.asIntN(64, field.value))
    case 'uint32':
    case 'uint64':
      return Number(field.value)
    default:
      throw broken(`a ${type} is given as a number`)
  }
}
