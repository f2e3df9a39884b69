// Payloads in the table `payloads`: partition is the first two digits of the hash, rows are `<hash>|<chunk>`, compressed,
// written once and never changed. Chunk 0 is written last, so that a payload that can be read is whole.
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { TableClient } from '@azure/data-tables'
import { NotFoundError } from '../../errors.ts'
import type { PayloadStore } from '../../ports/payload-store.ts'
import { isConflict, isMissing, storeError } from './fleet-table.ts'

const propertyBytes = 65_536
const propertiesPerRow = 15
const rowBytes = propertyBytes * propertiesPerRow
/** Payloads kept in memory, newest last; content never changes, so no freshness check is needed. */
const cachedPayloads = 200

export class TablePayloadStore implements PayloadStore {
  readonly #table: TableClient
  readonly #cache = new Map<string, string>()

  constructor(table: TableClient) {
    this.#table = table
  }

  async put(text: string): Promise<string> {
    const hash = createHash('sha256').update(text).digest('hex')
    if (this.#cache.has(hash)) return hash
    const bytes = gzipSync(text)
    const rows = Math.max(1, Math.ceil(bytes.length / rowBytes))
    for (let index = rows - 1; index >= 0; index -= 1)
      await this.#create(hash, index, rows, bytes.subarray(index * rowBytes, (index + 1) * rowBytes))
    this.#remember(hash, text)
    return hash
  }

  async get(hash: string): Promise<string> {
    const known = this.#cache.get(hash)
    if (known !== undefined) return known
    const first = await this.#read(hash, 0)
    const rest = await Promise.all(Array.from({ length: first.rows - 1 }, (_, index) => this.#read(hash, index + 1)))
    const text = gunzipSync(Buffer.concat([first, ...rest].flatMap(({ chunks }) => chunks))).toString('utf8')
    this.#remember(hash, text)
    return text
  }

  async #create(hash: string, index: number, rows: number, bytes: Uint8Array): Promise<void> {
    const chunks = Array.from({ length: Math.ceil(bytes.length / propertyBytes) }, (_, chunk) => [
      `c${chunk}`,
      bytes.subarray(chunk * propertyBytes, (chunk + 1) * propertyBytes),
    ])
    try {
      await this.#table.createEntity({ ...keys(hash, index), rows, ...Object.fromEntries(chunks) })
    } catch (error) {
      if (!isConflict(error)) throw storeError(error, 'storing a payload')
    }
  }

  async #read(hash: string, index: number): Promise<{ rows: number; chunks: Uint8Array[] }> {
    const { partitionKey, rowKey } = keys(hash, index)
    try {
      const entity = await this.#table.getEntity<Record<string, unknown>>(partitionKey, rowKey)
      const chunks = Array.from({ length: propertiesPerRow }, (_, chunk) => entity[`c${chunk}`])
      return { rows: Number(entity['rows']), chunks: chunks.filter((chunk) => chunk instanceof Uint8Array) }
    } catch (error) {
      if (isMissing(error)) throw new NotFoundError(`no payload with hash ${hash} was ever stored`, { cause: error })
      throw storeError(error, 'reading a payload')
    }
  }

  #remember(hash: string, text: string): void {
    this.#cache.set(hash, text)
    if (this.#cache.size <= cachedPayloads) return
    const oldest = this.#cache.keys().next().value
    if (oldest !== undefined) this.#cache.delete(oldest)
  }
}

function keys(hash: string, index: number) {
  return { partitionKey: hash.slice(0, 2), rowKey: `${hash}|${String(index).padStart(3, '0')}` }
}
