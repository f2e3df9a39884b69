// A JSON text inside a table entity. A property holds 64 KiB, an entity 1 MiB: short texts are stored plain, long ones
// compressed and spread over binary properties.
import { gunzipSync, gzipSync } from 'node:zlib'
import { InvalidInputError } from '../../errors.ts'

/** UTF-16 units a string property may hold. */
const textUnits = 32_000
/** Bytes a binary property may hold. */
const chunkBytes = 65_536
/** Chunks that fit an entity beside its keys and other properties. */
const maxChunks = 15

export type BodyProperties = Record<string, string | Uint8Array>

/** True when a text fits an entity once compressed. */
export function encodeBody(text: string): BodyProperties | undefined {
  if (text.length <= textUnits) return { body: text }
  const bytes = gzipSync(text, { level: 1 })
  const chunks = Math.ceil(bytes.length / chunkBytes)
  if (chunks > maxChunks) return undefined
  return Object.fromEntries(
    Array.from({ length: chunks }, (_, index) => [
      `body${index}`,
      bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
    ]),
  )
}

/** The same, for texts that must fit. Throws InvalidInputError with the size. */
export function encodeWholeBody(text: string, what: string): BodyProperties {
  const body = encodeBody(text)
  if (!body) throw new InvalidInputError(`${what} has ${text.length} characters, more than one table row can hold`)
  return body
}

export function decodeBody(entity: Readonly<Record<string, unknown>>): string {
  if (typeof entity['body'] === 'string') return entity['body']
  const chunks: Uint8Array[] = []
  for (let index = 0; ; index += 1) {
    const chunk = entity[`body${index}`]
    if (!(chunk instanceof Uint8Array)) break
    chunks.push(chunk)
  }
  return gunzipSync(Buffer.concat(chunks)).toString('utf8')
}
