// Azurite's table storage on SQLite: the store behind Azurite's handlers, durable and indexed where its own is neither.
// One connection; a batch is one SQLite transaction, and everything else waits until it ends. The file is long because
// Azurite's interface is: a store is one object with all of its methods.
import { DatabaseSync } from 'node:sqlite'
import {
  newTableEntityEtag,
  type QueryOptions,
  type RequestContext,
  type ServiceProperties,
  storageErrors,
  type TableEntity,
  type TableMetadataStore,
  type TableModel,
} from './azurite.ts'
import { Entities } from './entities.ts'
import { checkEntityLimits } from './entity-limits.ts'
import { accepts, decodeKey, encodeKey, parseFilter } from './table-query.ts'

/** Table Storage's page; a larger `$top` is cut to it. */
const maxPage = 1_000

interface TableRow {
  readonly id: number
  readonly name: string
  readonly acl: string | null
}

/** `path` is the database file, or `:memory:`. Opening happens in `init`. */
export class SqliteTableStore implements TableMetadataStore {
  readonly #path: string
  #db: DatabaseSync | undefined
  #entities: Entities | undefined
  #batch: { readonly id: string; readonly done: Promise<void>; readonly end: () => void } | undefined
  #lastStamp = 0n

  constructor(path: string) {
    this.#path = path
  }

  async init(): Promise<void> {
    const db = new DatabaseSync(this.#path)
    // Keys sort by UTF-16 code unit in Table Storage; stored as UTF-16 big-endian, SQLite's byte order is that order.
    db.exec("PRAGMA encoding='UTF-16be'")
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000; PRAGMA cache_size=-65536')
    db.exec(`
      CREATE TABLE IF NOT EXISTS tables (
        id INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, acl TEXT,
        UNIQUE (account, name));
      CREATE TABLE IF NOT EXISTS services (account TEXT PRIMARY KEY, properties TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS entities (
        tbl INTEGER NOT NULL, pk TEXT NOT NULL, rk TEXT NOT NULL, modified TEXT NOT NULL, etag TEXT NOT NULL,
        properties BLOB NOT NULL, PRIMARY KEY (tbl, pk, rk))`)
    this.#db = db
    this.#entities = new Entities(db)
  }

  async close(): Promise<void> {
    this.#db?.close()
    this.#db = undefined
    this.#entities = undefined
  }

  async clean(): Promise<void> {}

  isInitialized(): boolean {
    return this.#db !== undefined
  }

  isClosed(): boolean {
    return this.#db === undefined
  }

  async createTable(context: RequestContext, table: TableModel): Promise<void> {
    await this.#turn()
    const { changes } = this.#open()
      .prepare('INSERT INTO tables (account, name) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(table.account, table.table)
    if (changes === 0) throw storageErrors.getTableAlreadyExists(context)
  }

  async deleteTable(context: RequestContext, table: string, account: string): Promise<void> {
    await this.#turn()
    const row = this.#findTable(account, table)
    if (!row) throw storageErrors.ResourceNotFound(context)
    const db = this.#open()
    db.exec('BEGIN IMMEDIATE')
    db.prepare('DELETE FROM entities WHERE tbl = ?').run(row.id)
    db.prepare('DELETE FROM tables WHERE id = ?').run(row.id)
    db.exec('COMMIT')
  }

  async setTableACL(account: string, table: string, context: RequestContext, acl?: unknown): Promise<void> {
    await this.#turn()
    const row = this.#findTable(account, table)
    if (!row) throw storageErrors.getTableNotFound(context)
    this.#open()
      .prepare('UPDATE tables SET acl = ? WHERE id = ?')
      .run(acl === undefined ? null : JSON.stringify(acl), row.id)
  }

  async getTable(account: string, table: string, context: RequestContext): Promise<TableModel> {
    await this.#turn()
    const row = this.#findTable(account, table)
    if (!row) throw storageErrors.getTableNotFound(context)
    return tableModel(account, row)
  }

  async queryTable(
    context: RequestContext,
    account: string,
    options: QueryOptions,
    nextTable?: string,
  ): Promise<[TableModel[], string | undefined]> {
    await this.#turn()
    const query = parseFilter(context, options.filter)
    const rows = this.#open()
      .prepare('SELECT id, name, acl FROM tables WHERE account = ? AND name >= ? ORDER BY name')
      .all(account, nextTable ?? '') as unknown as TableRow[]
    const models = rows.map((row) => tableModel(account, row)).filter((model) => accepts(query, model))
    const top = pageSize(options)
    return [models.slice(0, top), models[top]?.table]
  }

  async queryTableEntities(
    context: RequestContext,
    account: string,
    table: string,
    options: QueryOptions,
    nextPartitionKey?: string,
    nextRowKey?: string,
  ): Promise<[TableEntity[], string | undefined, string | undefined]> {
    await this.#turn()
    const query = parseFilter(context, options.filter)
    const tableId = this.#tableId(context, account, table)
    if (query === 'none') return [[], undefined, undefined]
    const { entities, next } = this.#rows().scan(tableId, {
      query: query === 'all' ? undefined : query,
      limit: pageSize(options),
      from: nextPartitionKey === undefined ? undefined : [decodeKey(nextPartitionKey), decodeKey(nextRowKey ?? '')],
    })
    return [entities, next && encodeKey(next[0]), next && encodeKey(next[1])]
  }

  async queryTableEntitiesWithPartitionAndRowKey(
    context: RequestContext,
    table: string,
    account: string,
    partitionKey: string,
    rowKey: string,
    batchId?: string,
  ): Promise<TableEntity | undefined> {
    await this.#turn(batchId)
    return this.#rows().get(this.#tableId(context, account, table), partitionKey, rowKey)
  }

  async insertTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    batchId?: string,
  ): Promise<TableEntity> {
    await this.#turn(batchId)
    const tableId = this.#tableId(context, account, table)
    checkEntityLimits(context, entity)
    this.#stamp(entity)
    if (!this.#rows().insert(tableId, entity)) throw storageErrors.getEntityAlreadyExist(context)
    return entity
  }

  async insertOrUpdateTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    ifMatch?: string,
    batchId?: string,
  ): Promise<TableEntity> {
    await this.#turn(batchId)
    const tableId = this.#tableId(context, account, table)
    this.#checkEtag(context, tableId, entity, ifMatch)
    checkEntityLimits(context, entity)
    this.#stamp(entity)
    this.#rows().put(tableId, entity)
    return entity
  }

  async insertOrMergeTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    ifMatch?: string,
    batchId?: string,
  ): Promise<TableEntity> {
    await this.#turn(batchId)
    const tableId = this.#tableId(context, account, table)
    this.#checkEtag(context, tableId, entity, ifMatch)
    const stored = this.#rows().get(tableId, entity.PartitionKey, entity.RowKey)
    const merged = stored ? { ...entity, properties: mergeProperties(stored.properties, entity.properties) } : entity
    checkEntityLimits(context, merged)
    this.#stamp(entity)
    this.#rows().put(tableId, { ...merged, eTag: entity.eTag, lastModifiedTime: entity.lastModifiedTime })
    return entity
  }

  async deleteTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    partitionKey: string,
    rowKey: string,
    etag: string,
    batchId?: string,
  ): Promise<void> {
    await this.#turn(batchId)
    const tableId = this.#tableId(context, account, table)
    if (partitionKey === undefined || rowKey === undefined) throw storageErrors.getPropertiesNeedValue(context)
    this.#checkEtag(context, tableId, { PartitionKey: partitionKey, RowKey: rowKey }, etag)
    this.#rows().delete(tableId, partitionKey, rowKey)
  }

  async getTableAccessPolicy(context: RequestContext): Promise<never> {
    throw storageErrors.getNotImplementedError(context)
  }

  async setTableAccessPolicy(context: RequestContext): Promise<never> {
    throw storageErrors.getNotImplementedError(context)
  }

  async getServiceProperties(_context: RequestContext, account: string): Promise<ServiceProperties | undefined> {
    const row = this.#open().prepare('SELECT properties FROM services WHERE account = ?').get(account)
    return row === undefined ? undefined : JSON.parse(String(row['properties']))
  }

  async setServiceProperties(context: RequestContext, properties: ServiceProperties): Promise<ServiceProperties> {
    await this.#turn()
    const given = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))
    const stored = await this.getServiceProperties(context, properties.accountName)
    const next = { ...stored, ...given, accountName: properties.accountName }
    this.#open()
      .prepare('INSERT INTO services VALUES (?, ?) ON CONFLICT DO UPDATE SET properties = excluded.properties')
      .run(properties.accountName, JSON.stringify(next))
    return next
  }

  async beginBatchTransaction(batchId: string): Promise<void> {
    await this.#turn()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#batch = { id: batchId, done: promise, end: resolve }
    this.#open().exec('BEGIN IMMEDIATE')
  }

  async endBatchTransaction(
    _account: string,
    _table: string,
    batchId: string,
    _context: RequestContext,
    succeeded: boolean,
  ): Promise<void> {
    const batch = this.#batch
    if (batch?.id !== batchId) return
    this.#batch = undefined
    try {
      this.#open().exec(succeeded ? 'COMMIT' : 'ROLLBACK')
    } finally {
      batch.end()
    }
  }

  /** Waits until no other batch is open. An operation of a batch that never began is refused, so none is half done. */
  async #turn(batchId?: string): Promise<void> {
    if (batchId) {
      if (this.#batch?.id === batchId) return
      throw new Error(`batch ${batchId} is not open`)
    }
    while (this.#batch) await this.#batch.done
  }

  #open(): DatabaseSync {
    if (!this.#db) throw new Error('the table store is closed')
    return this.#db
  }

  #rows(): Entities {
    if (!this.#entities) throw new Error('the table store is closed')
    return this.#entities
  }

  #findTable(account: string, table: string): TableRow | undefined {
    return this.#rows().findTable.get(account, table) as TableRow | undefined
  }

  #tableId(context: RequestContext, account: string, table: string): number {
    const row = this.#findTable(account, table)
    if (!row) throw storageErrors.getTableNotExist(context)
    return row.id
  }

  /** `ifMatch` absent is an upsert, `*` wants any existing row, anything else exactly that state. */
  #checkEtag(
    context: RequestContext,
    tableId: number,
    key: Pick<TableEntity, 'PartitionKey' | 'RowKey'>,
    ifMatch: string | undefined,
  ): void {
    if (ifMatch === undefined) return
    const etag = this.#rows().etag(tableId, key.PartitionKey, key.RowKey)
    if (etag === undefined) throw storageErrors.getEntityNotFound(context)
    if (ifMatch !== '*' && normalEtag(ifMatch) !== normalEtag(etag)) throw storageErrors.getPreconditionFailed(context)
  }

  /** Gives the entity a time and a tag no other write has: Azurite's own tag repeats within 100 microseconds. */
  #stamp(entity: TableEntity): void {
    const now = BigInt(Date.now()) * 10_000n
    this.#lastStamp = now > this.#lastStamp ? now : this.#lastStamp + 1n
    const seconds = new Date(Number(this.#lastStamp / 10_000n)).toISOString().slice(0, 19)
    entity.lastModifiedTime = `${seconds}.${String(this.#lastStamp % 10_000_000n).padStart(7, '0')}Z`
    entity.eTag = newTableEntityEtag(entity.lastModifiedTime)
  }
}

function pageSize(options: QueryOptions): number {
  return Math.min(options.top ?? maxPage, maxPage)
}

function tableModel(account: string, row: TableRow): TableModel {
  return { account, table: row.name, ...(row.acl === null ? {} : { tableAcl: JSON.parse(row.acl) }) }
}

/** New values win; a property given anew without a type loses the type it had. */
function mergeProperties(stored: Record<string, unknown>, given: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(stored))
  for (const [name, value] of Object.entries(given)) {
    merged.set(name, value)
    if (!name.endsWith('@odata.type') && !Object.hasOwn(given, `${name}@odata.type`))
      merged.delete(`${name}@odata.type`)
  }
  return Object.fromEntries(merged)
}

/** Clients send the tag's colons raw or percent-encoded. */
function normalEtag(etag: string): string {
  return etag.replaceAll(':', '%3A')
}
