// A small protobuf writer for tests: objects in their JSON form to the bytes a Go client would send, by the same tables.
import tables from '../../../../shared/apiserver/builtin/protobuf.generated.json' with { type: 'json' }
import type { ProtobufField, ProtobufSchemas } from '../../../../shared/apiserver/builtin/protobuf-types.ts'

const schemas = tables as unknown as ProtobufSchemas

function varint(value: bigint): number[] {
  const out: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    out.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return out
}

export function bytesField(number: number, content: Uint8Array | readonly number[]): number[] {
  return [...varint(BigInt(number << 3) | 2n), ...varint(BigInt(content.length)), ...content]
}

const utf8 = (text: string) => [...new TextEncoder().encode(text)]

function encodeValue(number: number, type: string, value: unknown): number[] {
  switch (type) {
    case 'string':
      return bytesField(number, utf8(String(value)))
    case 'bytes':
      return bytesField(number, [...Buffer.from(String(value), 'base64')])
    case 'bool':
      return [...varint(BigInt(number << 3)), value === true ? 1 : 0]
    case 'int32':
    case 'int64':
      return [...varint(BigInt(number << 3)), ...varint(BigInt(value as number))]
    default:
      return bytesField(number, encodeMessage(type, value as Record<string, unknown>))
  }
}

function encodeField(number: number, [, type, flags = '']: ProtobufField, value: unknown): number[] {
  if (flags.includes('m')) {
    return Object.entries(value as Record<string, unknown>).flatMap(([key, item]) =>
      bytesField(number, [...bytesField(1, utf8(key)), ...encodeValue(2, type, item)]),
    )
  }
  if (flags.includes('r')) return (value as unknown[]).flatMap((item) => encodeValue(number, type, item))
  return encodeValue(number, type, value)
}

export function encodeMessage(name: string, object: Readonly<Record<string, unknown>>): number[] {
  return Object.entries(schemas.messages[name] ?? {}).flatMap(([number, field]) =>
    Object.hasOwn(object, field[0]) ? encodeField(Number(number), field, object[field[0]]) : [],
  )
}

/** The whole body: magic number, envelope, object. */
export function encodeBody(object: Readonly<Record<string, unknown>>, raw?: readonly number[]): Uint8Array {
  const { apiVersion, kind } = object
  const message = schemas.roots[`${String(apiVersion)}/${String(kind)}`] ?? ''
  const type = [...bytesField(1, utf8(String(apiVersion))), ...bytesField(2, utf8(String(kind)))]
  const content = raw ?? encodeMessage(message, object)
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, ...bytesField(1, type), ...bytesField(2, content)])
}
