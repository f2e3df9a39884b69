// The names in an OpenAPI v2 document in its binary form, as Go clients read it.

/** Fields of a message: numbers with the bytes of those that have a length. */
function* fieldsOf(bytes: Uint8Array): Generator<readonly [field: number, content: Uint8Array]> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at]
      if (byte === undefined) throw new RangeError(`a number runs past the end, at ${at} of ${bytes.length}`)
      at += 1
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    if (tag % 8 === 0) {
      varint()
      continue
    }
    if (tag % 8 !== 2) throw new RangeError(`wire type ${tag % 8} is not used in this document`)
    const length = varint()
    if (at + length > bytes.length) throw new RangeError(`field ${field} runs past the end`)
    yield [field, bytes.subarray(at, at + length)]
    at += length
  }
}

const inField = (bytes: Uint8Array, wanted: number): Uint8Array[] =>
  [...fieldsOf(bytes)].flatMap(([field, content]) => (field === wanted ? [content] : []))

const text = (bytes: Uint8Array | undefined) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

export interface GnosticNames {
  readonly swagger: string
  readonly paths: readonly string[]
  readonly definitions: readonly string[]
}

/** Throws RangeError when the bytes are no such document. Field numbers are those of gnostic's OpenAPIv2 Document. */
export function gnosticNames(document: Uint8Array): GnosticNames {
  const named = (field: number, inside: number) =>
    inField(document, field)
      .flatMap((part) => inField(part, inside))
      .map((entry) => text(inField(entry, 1)[0]))
  return { swagger: text(inField(document, 1)[0]), paths: named(8, 2), definitions: named(9, 1) }
}
