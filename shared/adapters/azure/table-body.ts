// A JSON text in the properties of an entity, within the service's limits: 64 KiB a property, 1 MiB an entity.
// Short texts stay readable, longer ones are compressed and spread, the largest move to rows of their own.
import { gunzipSync, gzipSync } from 'node:zlib'
import { InvariantError } from '../../errors.ts'

/** A string property holds at most 32,768 UTF-16 units. */
const maxTextUnits = 32_000
/** A binary property holds at most 64 KiB. */
const chunkBytes = 65_536
/** Two bodies (new and previous) share a change row, which must stay below 1 MiB. */
const maxInlineChunks = 5
/** Chunks of one overflow row: below 1 MiB even when the service counts them as the base64 they travel in. */
const overflowChunks = 11
/** No body is larger than this when unpacked; the API server refuses objects long before. */
const maxUnpackedBytes = 16 * 1_048_576

export type Properties = Record<string, string | Uint8Array>

/** A body made ready to store: properties for the entity, or the bytes that need rows of their own. */
export type Packed =
  | { readonly kind: 'inline'; readonly properties: Properties }
  | { readonly kind: 'overflow'; readonly rows: readonly Properties[] }

/** Packs a text under a property prefix (`b` for the body, `p` for the previous one). */
export function pack(prefix: string, text: string): Packed {
  if (text.length <= maxTextUnits) return { kind: 'inline', properties: { [prefix]: text } }
  const chunks = split(gzipSync(text))
  if (chunks.length <= maxInlineChunks) return { kind: 'inline', properties: spread(prefix, chunks) }
  const rows: Properties[] = []
  for (let start = 0; start < chunks.length; start += overflowChunks) {
    rows.push(spread('b', chunks.slice(start, start + overflowChunks)))
  }
  return { kind: 'overflow', rows }
}

/** Property that names the overflow rows of a body: `ID COUNT`. */
export function overflowProperty(prefix: string): string {
  return `${prefix}Rows`
}

/** The text of an inline body, or undefined when the entity holds none under that prefix. */
export function unpackInline(prefix: string, entity: Readonly<Record<string, unknown>>): string | undefined {
  const text = entity[prefix]
  if (typeof text === 'string') return text
  const chunks = chunksOf(prefix, entity)
  return chunks.length === 0 ? undefined : unzip(chunks)
}

/** The text of a body from its overflow rows, in order. */
export function unpackOverflow(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return unzip(rows.flatMap((row) => chunksOf('b', row)))
}

function chunksOf(prefix: string, entity: Readonly<Record<string, unknown>>): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let index = 0; ; index += 1) {
    const chunk = entity[`${prefix}${index}`]
    if (!(chunk instanceof Uint8Array)) return chunks
    chunks.push(chunk)
  }
}

function unzip(chunks: readonly Uint8Array[]): string {
  try {
    return gunzipSync(Buffer.concat(chunks), { maxOutputLength: maxUnpackedBytes }).toString('utf8')
  } catch (cause) {
    throw new InvariantError('a stored body cannot be unpacked', { cause })
  }
}

function split(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes))
  return chunks
}

function spread(prefix: string, chunks: readonly Uint8Array[]): Properties {
  return Object.fromEntries(chunks.map((chunk, index) => [`${prefix}${index}`, chunk]))
}
