// The object store on Table Storage: lists, changes and the outbox here, single rows in table-reader.ts, writes in
// table-writer.ts.
import type { TableClient } from '@azure/data-tables'
import type { ObjectKey } from '../../api/kube-object.ts'
import { ConflictError, TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IndexOf, ObjectIndex } from '../../ports/object-index.ts'
import type { ChangePage, ObjectPage, ObjectStore } from '../../ports/object-store.ts'
import type { Committed, Outbox } from '../../ports/outbox.ts'
import { compact } from './table-compaction.ts'
import { portError, tableFailure } from './table-error.ts'
import { scanIndex } from './table-index.ts'
import * as keys from './table-keys.ts'
import { createKnown } from './table-known.ts'
import { createTableOutbox } from './table-outbox.ts'
import { createTableReader } from './table-reader.ts'
import * as rows from './table-rows.ts'
import { scan } from './table-scan.ts'
import { createTableWriter } from './table-writer.ts'

export interface TableObjectStoreOptions {
  /** Table `objects`. */
  readonly objects: TableClient
  /** Table `payloads`: bodies too large for an entity. */
  readonly payloads: TableClient
  readonly clock: Clock
  /** A new id for every write. */
  readonly newId: () => string
  /** In [0, 1): spreads retries of writers that raced. */
  readonly random?: () => number
  readonly committed?: Committed
  /** What objects are found under besides their names; nothing when absent. */
  readonly indexOf?: IndexOf
  /** Changes younger than this stay in the log, unless there are more than `keepChanges`. Default one hour. */
  readonly keepMs?: number
  /** Default 10,000. */
  readonly keepChanges?: number
}

interface ListOptions {
  readonly namespace?: string
  readonly after?: ObjectKey
  readonly limit?: number
}

/** Opens the store; nothing is read or written before the first call. */
export function createTableObjectStore(options: TableObjectStoreOptions): ObjectStore & Outbox & ObjectIndex {
  const { objects, payloads, clock } = options
  const known = createKnown()
  const reader = createTableReader(objects, payloads, known)
  const { getRow, readCounter, take } = reader
  const outbox = createTableOutbox(objects)
  const write = createTableWriter({
    objects,
    payloads,
    clock,
    newId: options.newId,
    random: options.random ?? Math.random,
    known,
    reader,
    committed: options.committed,
    indexOf: options.indexOf ?? (() => []),
    compact: compactLog,
  })

  return {
    get: (type, key) =>
      translated(async () => {
        const entity = await getRow(keys.partitionOf(type), keys.objectRow(key))
        return entity && (await take(entity))
      }),
    list: (type, listOptions) => translated(() => list(keys.partitionOf(type), listOptions ?? {})),
    changes: (type, after, limit) => translated(() => changes(keys.partitionOf(type), after, limit)),
    revision: (type) => translated(async () => (await readCounter(keys.partitionOf(type))).revision),
    write: (type, wanted) =>
      translated(async () => {
        if (wanted.news?.length) await outbox.register(keys.partitionOf(type))
        return await write(type, wanted)
      }),
    pending: (before, limit) => translated(() => outbox.pending(before, limit)),
    settle: (entries) => translated(() => outbox.settle(entries)),
    indexed: (type, range) => translated(() => scanIndex(objects, type, range)),
  }

  function list(partition: string, { namespace, after, limit }: ListOptions): Promise<ObjectPage> {
    const range = namespace === undefined ? keys.allObjects : keys.namespaceRange(namespace)
    if (after) return listFrom(partition, keys.behind(keys.objectRow(after), range), limit)
    return namespace === undefined ? listAll(partition, limit) : listFrom(partition, range, limit)
  }

  /** The counter comes first: a watch from it then misses nothing of what the rows show. */
  async function listFrom(partition: string, range: keys.RowRange, limit: number | undefined): Promise<ObjectPage> {
    const { revision } = await readCounter(partition)
    const found = await scan(objects, partition, range, limit === undefined ? {} : { limit: limit + 1 })
    return await pageOf(found, revision, limit)
  }

  async function listAll(partition: string, limit: number | undefined): Promise<ObjectPage> {
    const wanted = limit === undefined ? {} : { limit: limit + 2 }
    const [head, ...found] = await scan(objects, partition, keys.counterAndObjects, wanted)
    if (!head) return { items: [], revision: rows.neverWritten.revision }
    const counter = rows.counterOf(head)
    known.counters.set(partition, counter)
    return await pageOf(found, counter.revision, limit)
  }

  async function pageOf(
    found: readonly rows.Entity[],
    revision: number,
    limit: number | undefined,
  ): Promise<ObjectPage> {
    const items = await Promise.all(found.slice(0, limit).map(take))
    const last = found.length > items.length ? items.at(-1) : undefined
    return { items, revision, ...(last && { next: last.key }) }
  }

  async function changes(partition: string, asked: number, limit: number): Promise<ChangePage> {
    const after = Math.max(rows.neverWritten.revision, asked)
    const range = { from: keys.changeRow(after + 1), to: keys.allChanges.to }
    const found = await scan(objects, partition, range, { limit })
    const first = found[0]
    // Every revision has its row until it is compacted, the newest ones always: a gap means it was.
    if (first && keys.revisionOfRow(String(first.rowKey)) !== after + 1) {
      return { kind: 'expired', oldest: keys.revisionOfRow(String(first.rowKey)) - 1 }
    }
    const whole = found.filter((row, index) => keys.revisionOfRow(String(row.rowKey)) === after + 1 + index)
    const list = await Promise.all(whole.map((row) => rows.changeOf(payloads, row)))
    return { kind: 'changes', changes: list, revision: list.at(-1)?.revision ?? after }
  }

  /** The log may be longer than promised for a while; a write that is in must not fail because of it. */
  async function compactLog(partition: string, revision: number): Promise<void> {
    const keepMs = options.keepMs ?? 3_600_000
    const keepChanges = options.keepChanges ?? 10_000
    try {
      await compact({
        objects,
        payloads,
        partition,
        olderThan: clock.now() - keepMs,
        below: revision - keepChanges,
        newest: revision,
      })
    } catch (error) {
      if (tableFailure(error) === 'other') throw error
    }
  }
}

async function translated<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof ConflictError || error instanceof TransientError) throw error
    throw tableFailure(error) === 'other' ? error : portError(error)
  }
}
