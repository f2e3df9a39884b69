// Request bodies in Kubernetes' protobuf form, decoded to the JSON they stand for. Typed Go clients send nothing else for
// built-in kinds; answers are always JSON. `decode.ts` is the entry; everything is driven by the generated field tables.
// This file: the wire format.
import { InvalidInputError } from '../../errors.ts'

/** One field as it stands on the wire. Varints keep 64 bits. */
export type WireField =
  | { readonly number: number; readonly type: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly type: 'fixed'; readonly value: Uint8Array }

const broken = (why: string) => new InvalidInputError(`the protobuf body is malformed: ${why}`)

/** Reads the fields of one message, in order, without copying their bytes. Throws InvalidInputError. */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = Number(reader.varint() & 0xffffffffn)
    const number = tag >>> 3
    if (number === 0) throw broken('field number 0')
    switch (tag & 7) {
      case 0:
        yield { number, type: 'varint', value: reader.varint() }
        break
      case 1:
        yield { number, type: 'fixed', value: reader.take(8) }
        break
      case 2:
        yield { number, type: 'bytes', value: reader.take(reader.length()) }
        break
      case 5:
        yield { number, type: 'fixed', value: reader.take(4) }
        break
      default:
        throw broken(`wire type ${tag & 7}`)
    }
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): bigint {
    // Nearly all are short: those need no big arithmetic.
    let low = 0
    for (let index = 0; index < 4; index += 1) {
      const byte = this.#byte()
      low |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) return BigInt(low)
    }
    let value = BigInt(low)
    for (let index = 4; index < 10; index += 1) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw broken('a number longer than 10 bytes')
  }

  length(): number {
    const length = this.varint()
    if (length > BigInt(this.#bytes.length - this.#at)) throw broken('a length beyond the end')
    return Number(length)
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw broken('it ends in the middle of a field')
    const taken = this.#bytes.subarray(this.#at, this.#at + count)
    this.#at += count
    return taken
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw broken('it ends in the middle of a number')
    this.#at += 1
    return byte
  }
}

/** Numbers that stand packed in one field, as repeated numbers may. */
export function packedVarints(bytes: Uint8Array): bigint[] {
  const reader = new Reader(bytes)
  const values: bigint[] = []
  while (!reader.done) values.push(reader.varint())
  return values
}
