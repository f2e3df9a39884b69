// The object store on Table Storage. A write is one transaction of counter, object, change and outbox row; the counter's
// etag orders all writes of a type, the object's etag guards the state the caller saw.
import type { TableClient, TransactionAction } from '@azure/data-tables'
import { type KubeObject, keyText, type ObjectKey, type ResourceType, typeText } from '../../api/kube-object.ts'
import { ConflictError, TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ChangePage, ObjectPage, ObjectStore, ObjectWrite, StoredObject } from '../../ports/object-store.ts'
import type { Committed, Outbox, OutboxEntry } from '../../ports/outbox.ts'
import { withTable } from './table-client.ts'
import { compact } from './table-compaction.ts'
import { portError, tableFailure } from './table-error.ts'
import * as keys from './table-keys.ts'
import { createTableOutbox, outboxEntity } from './table-outbox.ts'
import * as rows from './table-rows.ts'
import { scan } from './table-scan.ts'

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
  /** Changes younger than this stay in the log, unless there are more than `keepChanges`. Default one hour. */
  readonly keepMs?: number
  /** Default 10,000. */
  readonly keepChanges?: number
}

/** What one attempt of a write is made of. */
interface Attempt {
  readonly partition: string
  readonly write: ObjectWrite
  readonly writeId: string
  readonly text: string | undefined
  readonly previous: KubeObject | undefined
}

/** What must be known of an object's row to replace it: `bodyRows` points at the overflow rows of its body. */
interface Tag {
  readonly revision: number
  readonly etag: string
  readonly bodyRows: string | undefined
}

interface ListOptions {
  readonly namespace?: string
  readonly after?: ObjectKey
  readonly limit?: number
}

/** Lost races on the counter before giving up; with the delays below, two seconds. */
const maxAttempts = 12
const firstDelayMs = 4
const longestDelayMs = 250
const compactEvery = 64
const rememberedTags = 5_000

/** Opens the store; nothing is read or written before the first call. */
export function createTableObjectStore(options: TableObjectStoreOptions): ObjectStore & Outbox {
  const { objects, payloads, clock } = options
  const random = options.random ?? Math.random
  const counters = new Map<string, rows.Counter>()
  const tags = new Map<string, Tag>()
  const turns = new Map<string, Promise<unknown>>()
  const outbox = createTableOutbox(objects)

  const remember = (partition: string, row: string, tag: Tag): Tag => {
    const id = `${partition} ${row}`
    tags.delete(id)
    tags.set(id, tag)
    const oldest = tags.size > rememberedTags ? tags.keys().next() : undefined
    if (oldest && !oldest.done) tags.delete(oldest.value)
    return tag
  }

  const getRow = async (partition: string, row: string): Promise<rows.Entity | undefined> => {
    try {
      return await withTable(objects, () => objects.getEntity<Record<string, unknown>>(partition, row))
    } catch (error) {
      if (tableFailure(error) === 'not-found') return undefined
      throw error
    }
  }

  const readCounter = async (partition: string): Promise<rows.Counter> => {
    const entity = await getRow(partition, keys.counterRow)
    const counter = entity ? rows.counterOf(entity) : rows.neverWritten
    counters.set(partition, counter)
    return counter
  }

  const take = async (entity: rows.Entity): Promise<StoredObject> => {
    const found = await rows.storedOf(payloads, entity)
    remember(String(entity.partitionKey), String(entity.rowKey), rows.tagOf(entity))
    return found
  }

  return {
    get: (type, key) =>
      translated(async () => {
        const entity = await getRow(keys.partitionOf(type), keys.objectRow(key))
        return entity && (await take(entity))
      }),
    list: (type, listOptions) => translated(() => list(keys.partitionOf(type), listOptions ?? {})),
    changes: (type, after, limit) => translated(() => changes(keys.partitionOf(type), after, limit)),
    revision: (type) => translated(async () => (await readCounter(keys.partitionOf(type))).revision),
    write: (type, write) => translated(() => inTurn(keys.partitionOf(type), () => commit(type, write))),
    pending: (before, limit) => translated(() => outbox.pending(before, limit)),
    settle: (entries) => translated(() => outbox.settle(entries)),
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
    counters.set(partition, counter)
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

  /** Writers of one process take turns: racing each other for the counter would only cost operations. */
  async function inTurn<T>(partition: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(partition)
    const turn = (before ?? Promise.resolve()).then(work, work)
    turns.set(partition, turn)
    try {
      return await turn
    } finally {
      if (turns.get(partition) === turn) turns.delete(partition)
    }
  }

  async function commit(type: ResourceType, write: ObjectWrite): Promise<StoredObject> {
    const partition = keys.partitionOf(type)
    if (write.news?.length) await outbox.register(partition)
    const attempt = await prepare(partition, write)
    for (let round = 0; round < maxAttempts; round += 1) {
      if (round > 0) await clock.sleep(delayMs(round, random()))
      const revision = await tryCommit(type, attempt)
      if (revision !== undefined) return await committed(attempt, revision)
    }
    throw new TransientError(`too many writers of ${typeText(type)} at once`, { retryAfterMs: 1_000 })
  }

  async function committed(attempt: Attempt, revision: number): Promise<StoredObject> {
    const { partition, write, previous } = attempt
    const entry = announcement(attempt, revision)
    if (entry) options.committed?.(entry)
    if (revision % compactEvery === 0) await compactLog(partition, revision)
    return { key: write.key, revision, object: rows.atRevision(cloneOf(write.object ?? previous), revision) }
  }

  async function prepare(partition: string, write: ObjectWrite): Promise<Attempt> {
    const text = write.object && rows.bodyText(write.object)
    const previous =
      write.previous ?? (typeof write.expect === 'number' ? await stateBefore(partition, write) : undefined)
    return { partition, write, writeId: options.newId(), text, previous }
  }

  async function stateBefore(partition: string, write: ObjectWrite): Promise<KubeObject | undefined> {
    const entity = await getRow(partition, keys.objectRow(write.key))
    return entity && (await take(entity)).object
  }

  /** The new revision, or undefined when another writer was first and it is worth another round. */
  async function tryCommit(type: ResourceType, attempt: Attempt): Promise<number | undefined> {
    const { partition, write } = attempt
    const counter = counters.get(partition) ?? (await readCounter(partition))
    const tag = typeof write.expect === 'number' ? await tagFor(type, attempt, write.expect) : undefined
    const { actions, overflow, bodyRows } = transaction(attempt, counter, tag)
    try {
      for (const row of overflow) await withTable(payloads, () => payloads.upsertEntity(row, 'Replace'))
      const answer = await withTable(objects, () => objects.submitTransaction(actions))
      const [counterAnswer, objectAnswer] = answer.subResponses
      const revision = counter.revision + 1
      if (counterAnswer?.etag) counters.set(partition, { revision, etag: counterAnswer.etag })
      else counters.delete(partition)
      const newTag = objectAnswer?.etag
      if (write.object && newTag) remember(partition, keys.objectRow(write.key), { revision, etag: newTag, bodyRows })
      return revision
    } catch (error) {
      counters.delete(partition)
      const failure = tableFailure(error)
      if (failure !== 'conflict' && failure !== 'not-found' && failure !== 'transient') throw error
      return await settleRace(type, attempt, counter.revision)
    }
  }

  /**
   * A refusal may be the echo of our own write whose answer was lost on the way: the write id tells. When the write is
   * in, its revision; when the object is no longer as the caller saw it, ConflictError; otherwise another round.
   */
  async function settleRace(type: ResourceType, attempt: Attempt, base: number): Promise<number | undefined> {
    const { partition, write, writeId } = attempt
    const [entity] = await Promise.all([getRow(partition, keys.objectRow(write.key)), readCounter(partition)])
    const found = entity ? rows.numberOf(entity, 'rv') : 'absent'
    if (entity && found === write.expect) remember(partition, keys.objectRow(write.key), rows.tagOf(entity))
    if (found === write.expect) return undefined
    if (entity && entity['w'] === writeId && typeof found === 'number') return found
    const range = { from: keys.changeRow(base + 1), to: keys.allChanges.to }
    const log = await scan(objects, partition, range, { select: ['RowKey', 'w'] })
    const ours = log.find((row) => row['w'] === writeId)
    if (ours) return keys.revisionOfRow(String(ours.rowKey))
    throw conflict(type, write, found)
  }

  async function tagFor(type: ResourceType, attempt: Attempt, expected: number): Promise<Tag> {
    const { partition, write } = attempt
    const row = keys.objectRow(write.key)
    const known = tags.get(`${partition} ${row}`)
    // The SDK sends deletes of a transaction without an etag. A state read after the counter stays true as long as the
    // counter's own etag holds, so for a delete that read is the guard.
    if (write.object && known?.revision === expected) return known
    const entity = await getRow(partition, row)
    const found = entity && rows.tagOf(entity)
    if (found?.revision !== expected) throw conflict(type, write, found?.revision ?? 'absent')
    return remember(partition, row, found)
  }

  function transaction(attempt: Attempt, counter: rows.Counter, tag: Tag | undefined) {
    const { partition, write, writeId, text, previous } = attempt
    const head = { partition, key: write.key, revision: counter.revision + 1, writeId }
    const body = text === undefined ? undefined : rows.packBody('b', text, partition, writeId)
    const before = previous && rows.packPrevious(rows.bodyText(previous), partition, `${writeId}p`, tag?.bodyRows)
    const was = tag?.revision
    const type = write.object ? (was === undefined ? 'ADDED' : 'MODIFIED') : 'DELETED'
    const entry = announcement(attempt, head.revision)
    const actions: TransactionAction[] = [
      rowAction(rows.counterEntity(partition, head.revision), counter.etag),
      body
        ? rowAction(rows.objectEntity({ ...head, body }), tag?.etag)
        : ['delete', { partitionKey: partition, rowKey: keys.objectRow(write.key) }],
      ['create', rows.changeEntity({ ...head, type, at: clock.now(), body, previous: before, was })],
    ]
    if (entry) actions.push(['create', outboxEntity(partition, head.revision, entry)])
    const overflow = [...(body?.overflow ?? []), ...(before?.overflow ?? [])]
    return { actions, overflow, bodyRows: body && rows.bodyRowsOf(body.properties) }
  }

  function announcement({ partition, write }: Attempt, revision: number): OutboxEntry | undefined {
    if (!write.news?.length) return undefined
    return { id: `${partition} ${keys.outboxRow(revision)}`, messages: write.news, writtenAt: clock.now() }
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

function rowAction(entity: ReturnType<typeof rows.counterEntity>, etag: string | undefined): TransactionAction {
  return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }]
}

function conflict(type: ResourceType, write: ObjectWrite, found: number | 'absent'): ConflictError {
  const state = found === 'absent' ? 'does not exist' : `is at revision ${found}`
  return new ConflictError(`${typeText(type)} "${keyText(write.key)}" ${state}, expected ${write.expect}`)
}

function cloneOf(object: KubeObject | undefined): KubeObject {
  return structuredClone(object ?? { apiVersion: '', kind: '', metadata: {} })
}

function delayMs(round: number, random: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** round) * (0.5 + random)
}

async function translated<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof ConflictError || error instanceof TransientError) throw error
    throw tableFailure(error) === 'other' ? error : portError(error)
  }
}
