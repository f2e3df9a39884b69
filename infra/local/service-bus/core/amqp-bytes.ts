// Reads and writes the few AMQP 1.0 encodings a broker must touch. Everything else in a message travels as raw bytes, so
// that no type is lost on the way and a hostile body is never decoded. Codes are those of the AMQP 1.0 type system.
import { BusError } from './bus-error.ts'

/** A simple value. 64-bit integers beyond 2^53 are bigint; a uuid is its lower-case text. */
export type Scalar = null | boolean | number | bigint | string | Date | Buffer

/** One entry of a map, the value still encoded. */
export interface MapEntry {
  readonly key: string
  readonly value: Buffer
}

const badBytes = (what: string) => new BusError('amqp:decode-error', `The message is not valid AMQP 1.0: ${what}.`)

/** Bytes of a fixed-width value by the upper half of its type code. */
const fixedWidths: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 }

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw badBytes(`it ends at byte ${bytes.length}, inside a value`)
  return byte
}

function uint32At(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw badBytes(`it ends at byte ${bytes.length}, inside a length`)
  return bytes.readUInt32BE(at)
}

function plainEnd(bytes: Buffer, at: number): number {
  const code = byteAt(bytes, at)
  const category = code >>> 4
  const fixed = fixedWidths[category]
  let end: number
  if (fixed !== undefined) end = at + 1 + fixed
  else if (category < 0xa) throw badBytes(`type code 0x${code.toString(16)} at byte ${at} does not exist`)
  else if (category % 2 === 0) end = at + 2 + byteAt(bytes, at + 1)
  else end = at + 5 + uint32At(bytes, at + 1)
  if (end > bytes.length) throw badBytes(`a value at byte ${at} runs past its end`)
  return end
}

/** Where the value that starts at `at` ends. Throws BusError when that lies outside. Constant time: sizes are skipped. */
export function valueEnd(bytes: Buffer, at: number): number {
  let position = at
  for (let depth = 0; byteAt(bytes, position) === 0; depth += 1) {
    if (depth === 4) throw badBytes('a value has more than 4 descriptors')
    position = plainEnd(bytes, position + 1)
  }
  return plainEnd(bytes, position)
}

function longAt(bytes: Buffer, at: number): number | bigint {
  const value = bytes.readBigInt64BE(at)
  const short = Number(value)
  return Number.isSafeInteger(short) ? short : value
}

function ulongAt(bytes: Buffer, at: number): number | bigint {
  const value = bytes.readBigUInt64BE(at)
  const short = Number(value)
  return Number.isSafeInteger(short) ? short : value
}

/** Text of 16 bytes in network order. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const text8 = (bytes: Buffer, at: number) => bytes.toString('utf8', at + 1, at + 1 + byteAt(bytes, at))
const text32 = (bytes: Buffer, at: number) => bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32BE(at))

/** Readers by type code; `at` is the byte after the code. */
const scalarReaders: Readonly<Record<number, (bytes: Buffer, at: number) => Scalar>> = {
  64: () => null,
  65: () => true,
  66: () => false,
  67: () => 0,
  68: () => 0,
  80: (bytes, at) => bytes.readUInt8(at),
  81: (bytes, at) => bytes.readInt8(at),
  82: (bytes, at) => bytes.readUInt8(at),
  83: (bytes, at) => bytes.readUInt8(at),
  84: (bytes, at) => bytes.readInt8(at),
  85: (bytes, at) => bytes.readInt8(at),
  86: (bytes, at) => bytes.readUInt8(at) !== 0,
  96: (bytes, at) => bytes.readUInt16BE(at),
  97: (bytes, at) => bytes.readInt16BE(at),
  112: (bytes, at) => bytes.readUInt32BE(at),
  113: (bytes, at) => bytes.readInt32BE(at),
  114: (bytes, at) => bytes.readFloatBE(at),
  128: ulongAt,
  129: longAt,
  130: (bytes, at) => bytes.readDoubleBE(at),
  131: (bytes, at) => new Date(Number(bytes.readBigInt64BE(at))),
  152: (bytes, at) => uuidText(bytes.subarray(at, at + 16)),
  160: (bytes, at) => bytes.subarray(at + 1, at + 1 + byteAt(bytes, at)),
  161: text8,
  163: text8,
  176: (bytes, at) => bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)),
  177: text32,
  179: text32,
}

/** The simple value at `at`, or undefined for lists, maps, arrays, described and decimal values. */
export function scalarAt(bytes: Buffer, at: number): Scalar | undefined {
  const code = byteAt(bytes, at)
  const read = scalarReaders[code]
  if (read === undefined) return undefined
  valueEnd(bytes, at)
  return read(bytes, at + 1)
}

/** Start positions of the items of the list or map at `at`, and one more: the end. */
export function itemsAt(bytes: Buffer, at: number): readonly number[] {
  const code = byteAt(bytes, at)
  const end = plainEnd(bytes, at)
  if (code === 0x45) return [end]
  if (code !== 0xc0 && code !== 0xc1 && code !== 0xd0 && code !== 0xd1) {
    throw badBytes(`a list or map was expected at byte ${at}, found type code 0x${code.toString(16)}`)
  }
  const wide = code >= 0xd0
  const count = wide ? uint32At(bytes, at + 5) : byteAt(bytes, at + 2)
  const positions = [at + (wide ? 9 : 3)]
  for (let index = 0, position = positions[0] ?? end; index < count; index += 1) {
    position = valueEnd(bytes, position)
    if (position > end) throw badBytes(`item ${index} of the list at byte ${at} runs past its end`)
    positions.push(position)
  }
  return positions
}

/** The entries of the map at `at`. Keys that are no text are refused. */
export function mapAt(bytes: Buffer, at: number): MapEntry[] {
  const positions = itemsAt(bytes, at)
  const entries: MapEntry[] = []
  for (let index = 0; index + 2 < positions.length; index += 2) {
    const [from, middle, to] = positions.slice(index, index + 3)
    const key = scalarAt(bytes, from ?? 0)
    if (typeof key !== 'string') throw badBytes('a map key is no text')
    entries.push({ key, value: bytes.subarray(middle, to) })
  }
  return entries
}

/** One section of a message. `at` is where its value starts. */
export interface Section {
  readonly code: number
  readonly start: number
  readonly at: number
  readonly end: number
}

/** The sections of an encoded message, in order. Throws BusError for anything else. */
export function sectionsOf(bytes: Buffer): Section[] {
  const sections: Section[] = []
  for (let start = 0; start < bytes.length; ) {
    if (bytes[start] !== 0) throw badBytes(`a section was expected at byte ${start}`)
    const code = scalarAt(bytes, start + 1)
    if (typeof code !== 'number') throw badBytes(`the section at byte ${start} has no numeric descriptor`)
    const at = plainEnd(bytes, start + 1)
    const end = valueEnd(bytes, at)
    sections.push({ code, start, at, end })
    start = end
  }
  return sections
}
