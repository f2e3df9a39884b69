// Placement records in the table `placements`: one partition per placement.
//   h            header          x|<time>|<id>  outbox
//   d|<cluster>  wanted          o|<cluster>    observed by the cluster's worker
//   y|<slot>     decisions, behind everything a whole read takes; the slot is the number modulo how many are kept
// Deletes in a table transaction carry no condition. A row whose work is over is therefore first replaced, conditionally
// and together with its news, by a tombstone (property `finished`), and swept away after; readers sweep what a crash left.
import { randomUUID } from 'node:crypto'
import type { TableClient, TableEntityResult, TransactionAction } from '@azure/data-tables'
import { z } from 'zod'
import { decisionsKept, SchedulingDecision } from '../../api/decision.ts'
import type { Message, PlacementKey } from '../../api/message.ts'
import { Observed, PlacementHeader, Wanted } from '../../api/placement-record.ts'

import { ConflictError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Committed, Outbox, OutboxEntry } from '../../ports/outbox.ts'
import type { PlacementChange, PlacementRecord, PlacementStore, Row } from '../../ports/placement-store.ts'
import { decodeBody, encodeWholeBody } from './entity-body.ts'
import { isMissing, quote, storeError } from './fleet-table.ts'
import { escapeKey, unescapeKey } from './table-keys.ts'

type Entity = TableEntityResult<Record<string, unknown>>
/** Operations a table transaction may hold. */
const transactionSize = 100
const outboxBody = z.object({ messages: z.array(z.custom<Message>()) })

export class TablePlacementStore implements PlacementStore, Outbox {
  readonly #table: TableClient
  readonly #clock: Pick<Clock, 'now'>
  readonly #committed: Committed

  constructor(options: { table: TableClient; clock: Pick<Clock, 'now'>; committed?: Committed }) {
    this.#table = options.table
    this.#clock = options.clock
    this.#committed = options.committed ?? (() => undefined)
  }

  async readHeader(placement: PlacementKey): Promise<Row<PlacementHeader> | undefined> {
    return this.#get(placement, 'h', PlacementHeader)
  }

  async readCluster(placement: PlacementKey, cluster: string) {
    const [wanted, observed] = await Promise.all([
      this.#get(placement, `d|${escapeKey(cluster)}`, Wanted),
      this.#get(placement, `o|${escapeKey(cluster)}`, Observed),
    ])
    return { wanted, observed }
  }

  async read(placement: PlacementKey): Promise<PlacementRecord | undefined> {
    const filter = `PartitionKey eq ${quote(escapeKey(placement))} and RowKey lt 'x'`
    let header: Row<PlacementHeader> | undefined
    const wanted: Row<Wanted>[] = []
    const observed: Row<Observed>[] = []
    try {
      for await (const entity of this.#table.listEntities<Record<string, unknown>>({ queryOptions: { filter } })) {
        if (isTombstone(entity)) await this.#sweep(entity)
        else if (entity.rowKey === 'h') header = row(entity, PlacementHeader)
        else if (entity.rowKey?.startsWith('d|')) wanted.push(row(entity, Wanted))
        else if (entity.rowKey?.startsWith('o|')) observed.push(row(entity, Observed))
      }
    } catch (error) {
      throw storeError(error, `reading placement ${placement}`)
    }
    return header && { header, wanted, observed }
  }

  async decision(placement: PlacementKey, number: number): Promise<SchedulingDecision | undefined> {
    const found = await this.#get(placement, `y|${number % decisionsKept}`, SchedulingDecision)
    return found?.value.number === number ? found.value : undefined
  }

  async commit(placement: PlacementKey, change: PlacementChange): Promise<void> {
    const partitionKey = escapeKey(placement)
    for (const part of parts(change)) {
      const entry = this.#entry(partitionKey, part.news)
      await this.#submit(placement, [
        ...part.wanted.map(({ value, etag }) => put(partitionKey, `d|${escapeKey(value.cluster)}`, value, etag)),
        ...part.finished.map(({ cluster, etag }) => tombstone(partitionKey, cluster, etag)),
        ...(part.header ? [put(partitionKey, 'h', part.header.value, part.header.etag)] : []),
        ...(part.decision ? [replace(partitionKey, `y|${part.decision.number % decisionsKept}`, part.decision)] : []),
        ...(entry ? [entry.action] : []),
      ])
      if (entry) this.#committed(entry.entry)
    }
    await Promise.all((change.finished ?? []).map(({ cluster }) => this.readCluster(placement, cluster)))
  }

  async observe(placement: PlacementKey, observed: Observed, etag: string | undefined): Promise<Row<Observed>> {
    const entity = {
      partitionKey: escapeKey(placement),
      rowKey: `o|${escapeKey(observed.cluster)}`,
      ...encodeWholeBody(JSON.stringify(observed), `what was observed of ${placement} on ${observed.cluster}`),
    }
    try {
      const answer =
        etag === undefined
          ? await this.#table.createEntity(entity)
          : await this.#table.updateEntity(entity, 'Replace', { etag })
      return { value: observed, etag: answer.etag ?? '' }
    } catch (error) {
      throw storeError(error, `writing what was observed of ${placement} on ${observed.cluster}`)
    }
  }

  async drop(placement: PlacementKey, headerEtag: string): Promise<void> {
    const partition = escapeKey(placement)
    const actions: TransactionAction[] = []
    const filter = `PartitionKey eq ${quote(partition)} and (RowKey lt 'x' or RowKey ge 'y|')`
    const keys = this.#table.listEntities({ queryOptions: { filter, select: ['partitionKey', 'rowKey'] } })
    for await (const { rowKey } of keys)
      if (rowKey && rowKey !== 'h') actions.push(['delete', { partitionKey: partition, rowKey }])
    // The header goes first: a crash behind it leaves rows nobody reads, which the next record of that name drops too.
    await this.#delete(partition, 'h', headerEtag)
    for (let start = 0; start < actions.length; start += transactionSize)
      await this.#submit(placement, actions.slice(start, start + transactionSize))
  }

  async list({ after, limit }: { after?: PlacementKey; limit: number }): Promise<readonly PlacementKey[]> {
    const behind = after === undefined ? '' : `PartitionKey gt ${quote(escapeKey(after))} and `
    const pages = this.#table
      .listEntities({ queryOptions: { filter: `${behind}RowKey eq 'h'`, select: ['partitionKey'] } })
      .byPage({ maxPageSize: Math.min(limit, 1000) })
    const keys: PlacementKey[] = []
    for await (const page of pages) {
      for (const { partitionKey } of page) if (partitionKey) keys.push(unescapeKey(partitionKey))
      if (keys.length >= limit) break
    }
    return keys.slice(0, limit)
  }

  async pending(before: number, limit: number): Promise<readonly OutboxEntry[]> {
    const filter = `RowKey ge 'x|' and RowKey lt ${quote(`x|${timeKey(before)}`)}`
    const entries: OutboxEntry[] = []
    for await (const entity of this.#table.listEntities<Record<string, unknown>>({ queryOptions: { filter } })) {
      entries.push({
        id: `${entity.partitionKey}\n${entity.rowKey}`,
        messages: outboxBody.parse(JSON.parse(decodeBody(entity))).messages,
        writtenAt: Number((entity.rowKey ?? '').slice(2, 17)),
      })
      if (entries.length >= limit) break
    }
    return entries
  }

  async settle(entries: readonly OutboxEntry[]): Promise<void> {
    for (const { id } of entries) {
      const [partitionKey = '', rowKey = ''] = id.split('\n')
      await this.#table.deleteEntity(partitionKey, rowKey).catch((error: unknown) => {
        if (!isMissing(error)) throw storeError(error, 'settling the outbox')
      })
    }
  }

  #entry(partitionKey: string, messages: readonly Message[]) {
    if (messages.length === 0) return undefined
    const writtenAt = this.#clock.now()
    const rowKey = `x|${timeKey(writtenAt)}|${randomUUID()}`
    const action: TransactionAction = [
      'create',
      { partitionKey, rowKey, ...encodeWholeBody(JSON.stringify({ messages }), 'an outbox row') },
    ]
    return { action, entry: { id: `${partitionKey}\n${rowKey}`, messages, writtenAt } }
  }

  /** Removes the two rows of a tombstone, unless someone else replaced it meanwhile. */
  async #sweep({ partitionKey = '', rowKey = '', etag }: Entity): Promise<void> {
    await this.#delete(partitionKey, `o|${rowKey.slice(2)}`, '*').catch(ignoreConflict)
    await this.#delete(partitionKey, rowKey, etag).catch(ignoreConflict)
  }

  async #delete(partitionKey: string, rowKey: string, etag: string): Promise<void> {
    try {
      await this.#table.deleteEntity(partitionKey, rowKey, { etag })
    } catch (error) {
      throw storeError(error, `deleting row ${rowKey} of ${partitionKey}`)
    }
  }

  async #submit(placement: PlacementKey, actions: TransactionAction[]): Promise<void> {
    if (actions.length === 0) return
    try {
      await this.#table.submitTransaction(actions)
    } catch (error) {
      throw storeError(error, `writing placement ${placement}`)
    }
  }

  async #get<T>(placement: PlacementKey, rowKey: string, schema: z.ZodType<T>): Promise<Row<T> | undefined> {
    try {
      const entity = await this.#table.getEntity<Record<string, unknown>>(escapeKey(placement), rowKey)
      if (!isTombstone(entity)) return row(entity, schema)
      await this.#sweep(entity)
      return undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw storeError(error, `reading placement ${placement}`)
    }
  }
}

function row<T>(entity: Entity, schema: z.ZodType<T>): Row<T> {
  return { value: schema.parse(JSON.parse(decodeBody(entity))), etag: entity.etag }
}

function put(partitionKey: string, rowKey: string, value: unknown, etag: string | undefined): TransactionAction {
  const entity = { partitionKey, rowKey, ...encodeWholeBody(JSON.stringify(value), `row ${rowKey} of ${partitionKey}`) }
  return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }]
}

function replace(partitionKey: string, rowKey: string, value: unknown): TransactionAction {
  const what = `row ${rowKey} of ${partitionKey}`
  return ['upsert', { partitionKey, rowKey, ...encodeWholeBody(JSON.stringify(value), what) }, 'Replace']
}

function tombstone(partitionKey: string, cluster: string, etag: string): TransactionAction {
  return ['update', { partitionKey, rowKey: `d|${escapeKey(cluster)}`, finished: true }, 'Replace', { etag }]
}

function isTombstone(entity: Entity): boolean {
  return entity['finished'] === true
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ConflictError)) throw error
}

interface Part {
  readonly wanted: NonNullable<PlacementChange['wanted']>
  readonly finished: NonNullable<PlacementChange['finished']>
  readonly header: PlacementChange['header']
  readonly decision: PlacementChange['decision']
  readonly news: readonly Message[]
}

/**
 * Cuts a change into transactions. Messages about a cluster go out with the transaction that holds its row, all others
 * and the header with the last: after a crash between two, what was written was also told.
 */
function parts(change: PlacementChange): Part[] {
  const { wanted = [], finished = [], header, decision, news = [] } = change
  const rows = [...wanted.map((row) => ({ put: row })), ...finished.map((row) => ({ end: row }))]
  // The header, the decision and the outbox row need a place each.
  const room = transactionSize - 3
  const count = Math.max(1, Math.ceil(rows.length / room))
  const about = new Map<string, number>()
  rows.forEach((row, index) => {
    about.set('put' in row ? row.put.value.cluster : row.end.cluster, Math.floor(index / room))
  })
  return Array.from({ length: count }, (_, index) => {
    const own = rows.slice(index * room, (index + 1) * room)
    const last = index === count - 1
    return {
      wanted: own.flatMap((row) => ('put' in row ? [row.put] : [])),
      finished: own.flatMap((row) => ('end' in row ? [row.end] : [])),
      header: last ? header : undefined,
      decision: last ? decision : undefined,
      news: news.filter(({ body }) => {
        const part = 'cluster' in body ? about.get(body.cluster) : undefined
        return part === undefined ? last : part === index
      }),
    }
  })
}

function timeKey(ms: number): string {
  return String(Math.trunc(ms)).padStart(15, '0')
}
