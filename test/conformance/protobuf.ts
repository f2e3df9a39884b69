// Objects as Kubernetes protobuf, the way typed Go clients send them: the reverse of the hub's decoder, from its tables.

import tables from '../../shared/apiserver/builtin/protobuf.generated.json' with { type: 'json' }
import type { ProtobufField, ProtobufSchemas } from '../../shared/apiserver/builtin/protobuf-types.ts'

const schemas = tables as unknown as ProtobufSchemas

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00])

type Fields = Readonly<Record<string, unknown>>

/** The envelope and the object. Throws for a kind without a table or a field the table lacks. */
export function encodeProtobuf(object: Fields): Buffer {
  const { apiVersion, kind, ...fields } = object
  const root = schemas.roots[kind === 'DeleteOptions' ? 'v1/DeleteOptions' : `${apiVersion}/${kind}`]
  if (root === undefined) throw new Error(`no protobuf table for ${apiVersion}/${kind}`)
  const type = Buffer.concat([bytes(1, utf8(String(apiVersion))), bytes(2, utf8(String(kind)))])
  return Buffer.concat([magic, bytes(1, type), bytes(2, message(root, fields))])
}

const utf8 = (text: string) => Buffer.from(text, 'utf8')

function varint(value: bigint): Buffer {
  const out: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Buffer.from([...out, Number(rest)])
}

const tag = (number: number, wire: number) => varint(BigInt(number * 8 + wire))
const bytes = (number: number, value: Buffer) => Buffer.concat([tag(number, 2), varint(BigInt(value.length)), value])

function message(name: string, fields: Fields): Buffer {
  const known = Object.entries(schemas.messages[name] ?? {})
  return Buffer.concat(
    Object.entries(fields).flatMap(([field, value]) => {
      const found = known.find(([, [candidate]]) => candidate === field)
      if (!found) throw new Error(`${name} has no field ${field}`)
      return encodedField(Number(found[0]), found[1], value)
    }),
  )
}

function encodedField(number: number, [, type, flags = '']: ProtobufField, value: unknown): Buffer[] {
  if (flags.includes('r')) return (value as unknown[]).map((item) => single(number, type, item))
  if (!flags.includes('m')) return [single(number, type, value)]
  return Object.entries(value as Fields).map(([key, item]) =>
    bytes(number, Buffer.concat([bytes(1, utf8(key)), single(2, type, item)])),
  )
}

function single(number: number, type: string, value: unknown): Buffer {
  if (type === 'string') return bytes(number, utf8(String(value)))
  if (type === 'bytes') return bytes(number, Buffer.from(String(value), 'base64'))
  if (type === 'bool') return Buffer.concat([tag(number, 0), varint(value ? 1n : 0n)])
  if (!type.includes('.')) return Buffer.concat([tag(number, 0), varint(BigInt(Number(value)))])
  return bytes(number, special(type, value))
}

/** Messages whose JSON form is not their fields. */
function special(type: string, value: unknown): Buffer {
  const short = type.slice(type.lastIndexOf('.') + 1)
  switch (short) {
    case 'Time':
    case 'MicroTime': {
      const [whole = '', fraction = ''] = String(value).replace('Z', '').split('.')
      const seconds = BigInt(Math.floor(Date.parse(`${whole}Z`) / 1000))
      const nanos = BigInt(fraction.padEnd(9, '0').slice(0, 9))
      return Buffer.concat([tag(1, 0), varint(seconds), tag(2, 0), varint(nanos)])
    }
    case 'Quantity':
      return bytes(1, utf8(String(value)))
    case 'IntOrString':
      return typeof value === 'number'
        ? Buffer.concat([tag(1, 0), varint(0n), tag(2, 0), varint(BigInt(value))])
        : Buffer.concat([tag(1, 0), varint(1n), bytes(3, utf8(String(value)))])
    case 'FieldsV1':
    case 'RawExtension':
    case 'JSON':
      return bytes(1, utf8(JSON.stringify(value)))
    default:
      return message(type, value as Fields)
  }
}
