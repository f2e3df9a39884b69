// The rows of all tables in one SQLite table, keyed by table, PartitionKey and RowKey.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { executeQuery, type QueryNode, type TableEntity } from './azurite.ts'
import { type Bound, keyBounds } from './key-range.ts'

/**
 * A page ends after so many rows looked at, matching or not, with a continuation token: Table Storage ends one after
 * five seconds, and a scan on the event loop must not take that long.
 */
const maxScannedRows = 10_000

interface EntityRow {
  readonly pk: string
  readonly rk: string
  readonly modified: string
  readonly etag: string
  readonly properties: Uint8Array
}

export interface Scan {
  readonly query: QueryNode | undefined
  readonly limit: number
  /** PartitionKey and RowKey of the first row of the page. */
  readonly from: readonly [string, string] | undefined
}

export class Entities {
  readonly findTable: StatementSync
  readonly #db: DatabaseSync
  readonly #get: StatementSync
  readonly #etag: StatementSync
  readonly #insert: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  /** By the shape of the bounds, of which there are few. */
  readonly #scans = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
    const columns = 'tbl, pk, rk, modified, etag, properties'
    this.findTable = db.prepare('SELECT id, name, acl FROM tables WHERE account = ? AND name = ?')
    this.#get = db.prepare(
      'SELECT pk, rk, modified, etag, properties FROM entities WHERE tbl = ? AND pk = ? AND rk = ?',
    )
    this.#etag = db.prepare('SELECT etag FROM entities WHERE tbl = ? AND pk = ? AND rk = ?')
    this.#insert = db.prepare(`INSERT INTO entities (${columns}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
    this.#put = db.prepare(
      `INSERT INTO entities (${columns}) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET modified = excluded.modified, etag = excluded.etag, properties = excluded.properties`,
    )
    this.#delete = db.prepare('DELETE FROM entities WHERE tbl = ? AND pk = ? AND rk = ?')
  }

  get(table: number, partitionKey: string, rowKey: string): TableEntity | undefined {
    const row = this.#get.get(table, partitionKey, rowKey)
    return row && entityOf(row as unknown as EntityRow)
  }

  etag(table: number, partitionKey: string, rowKey: string): string | undefined {
    const row = this.#etag.get(table, partitionKey, rowKey)
    return row && String(row['etag'])
  }

  /** False when the key is taken. */
  insert(table: number, entity: TableEntity): boolean {
    return this.#insert.run(...values(table, entity)).changes === 1
  }

  put(table: number, entity: TableEntity): void {
    this.#put.run(...values(table, entity))
  }

  delete(table: number, partitionKey: string, rowKey: string): void {
    this.#delete.run(table, partitionKey, rowKey)
  }

  /** One page in key order; `next` is the key the following page starts at. */
  scan(table: number, { query, limit, from }: Scan): { entities: TableEntity[]; next: [string, string] | undefined } {
    const { bounds, exact } = query ? keyBounds(query) : { bounds: [], exact: true }
    const rows = this.#scan(bounds, from !== undefined).iterate(
      table,
      ...bounds.map((bound) => bound.value),
      ...(from ?? []),
      maxScannedRows + 1,
    ) as Iterable<unknown> as Iterable<EntityRow>
    const entities: TableEntity[] = []
    let scanned = 0
    for (const row of rows) {
      if (entities.length === limit || scanned === maxScannedRows) return { entities, next: [row.pk, row.rk] }
      scanned += 1
      const entity = entityOf(row)
      if (exact || query === undefined || executeQuery(entity, query)) entities.push(entity)
    }
    return { entities, next: undefined }
  }

  #scan(bounds: readonly Bound[], continued: boolean): StatementSync {
    const conditions = bounds.map((bound) => `AND ${bound.column} ${bound.operator} ?`)
    const sql = `SELECT pk, rk, modified, etag, properties FROM entities WHERE tbl = ? ${conditions.join(' ')}
      ${continued ? 'AND (pk, rk) >= (?, ?)' : ''} ORDER BY pk, rk LIMIT ?`
    const known = this.#scans.get(sql)
    if (known) return known
    // Filters come from outside; a strange one must not make the cache grow for ever.
    if (this.#scans.size >= 200) this.#scans.clear()
    const statement = this.#db.prepare(sql)
    this.#scans.set(sql, statement)
    return statement
  }
}

function values(table: number, entity: TableEntity): [number, string, string, string, string, Uint8Array] {
  return [
    table,
    entity.PartitionKey,
    entity.RowKey,
    entity.lastModifiedTime,
    entity.eTag,
    Buffer.from(JSON.stringify(entity.properties)),
  ]
}

function entityOf(row: EntityRow): TableEntity {
  const { buffer, byteOffset, byteLength } = row.properties
  const properties: Record<string, unknown> = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'))
  properties['Timestamp'] = row.modified
  properties['Timestamp@odata.type'] = 'Edm.DateTime'
  return { PartitionKey: row.pk, RowKey: row.rk, properties, lastModifiedTime: row.modified, eTag: row.etag }
}
