// Writes the parts of a message that the broker owns: header, annotations, added properties.
import type { MapEntry, Scalar } from './amqp-bytes.ts'

const encodedKeys = new Map<string, Buffer>()

/** A symbol, encoded once; only the broker's own fixed names come here. */
function symbolKey(name: string): Buffer {
  let key = encodedKeys.get(name)
  if (key === undefined) {
    key = Buffer.concat([Buffer.from([0xa3, name.length]), Buffer.from(name, 'ascii')])
    encodedKeys.set(name, key)
  }
  return key
}

export function encodeUint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5)
  bytes[0] = 0x70
  bytes.writeUInt32BE(value, 1)
  return bytes
}

export function encodeInt(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5)
  bytes[0] = 0x71
  bytes.writeInt32BE(value, 1)
  return bytes
}

export function encodeLong(value: number | bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = 0x81
  bytes.writeBigInt64BE(BigInt(value), 1)
  return bytes
}

/** `ms` is epoch milliseconds. */
export function encodeTimestamp(ms: number): Buffer {
  const bytes = encodeLong(Math.trunc(ms))
  bytes[0] = 0x83
  return bytes
}

function encodeSized(narrow: number, wide: number, content: Buffer): Buffer {
  const short = content.length < 256
  const head = Buffer.allocUnsafe(short ? 2 : 5)
  head[0] = short ? narrow : wide
  if (short) head[1] = content.length
  else head.writeUInt32BE(content.length, 1)
  return Buffer.concat([head, content])
}

export function encodeString(text: string): Buffer {
  return encodeSized(0xa1, 0xb1, Buffer.from(text, 'utf8'))
}

export function encodeSymbol(text: string): Buffer {
  return encodeSized(0xa3, 0xb3, Buffer.from(text, 'ascii'))
}

export const encodedNull: Buffer = Buffer.from([0x40])

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && Math.abs(value) < 2_147_483_648) return encodeInt(value)
  if (Number.isSafeInteger(value)) return encodeLong(value)
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = 0x82
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** Encodes a plain value: whole numbers as int or long, others as double. */
export function encodeScalar(value: Scalar | undefined): Buffer {
  if (value === null || value === undefined) return encodedNull
  if (typeof value === 'string') return encodeString(value)
  if (typeof value === 'number') return encodeNumber(value)
  if (typeof value === 'bigint') return encodeLong(BigInt.asIntN(64, value))
  if (typeof value === 'boolean') return Buffer.from([value ? 0x41 : 0x42])
  return value instanceof Date ? encodeTimestamp(value.getTime()) : encodeSized(0xa0, 0xb0, value)
}

/** A section: descriptor, then a list or map (`kind`) whose items are already encoded. */
function encodeCompoundSection(code: number, kind: 0xd0 | 0xd1, items: readonly Buffer[]): Buffer {
  let size = 4
  for (const item of items) size += item.length
  const head = Buffer.allocUnsafe(12)
  head[0] = 0
  head[1] = 0x53
  head[2] = code
  head[3] = kind
  head.writeUInt32BE(size, 4)
  head.writeUInt32BE(items.length, 8)
  return Buffer.concat([head, ...items], 8 + size)
}

export function encodeListSection(code: number, items: readonly Buffer[]): Buffer {
  return encodeCompoundSection(code, 0xd0, items)
}

/** Message annotations: entries as they came, then the broker's own. */
export function encodeAnnotations(kept: readonly MapEntry[], own: readonly (readonly [string, Buffer])[]): Buffer {
  const items: Buffer[] = []
  for (const entry of kept) items.push(encodeSymbol(entry.key), entry.value)
  for (const [name, value] of own) items.push(symbolKey(name), value)
  return encodeCompoundSection(0x72, 0xd1, items)
}

export function encodeApplicationProperties(entries: readonly MapEntry[]): Buffer {
  return encodeCompoundSection(
    0x74,
    0xd1,
    entries.flatMap((entry) => [encodeString(entry.key), entry.value]),
  )
}
