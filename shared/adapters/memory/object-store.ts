// The object store and its outbox in memory: for simulated members, unit and pipeline tests. It passes the same contract
// suite as the table store. Bodies rest as JSON text, so no caller can change what is stored through a reference.
import { type KubeObject, keyText, type ObjectKey, type ResourceType, typeText } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IndexHit, IndexOf, ObjectIndex } from '../../ports/object-index.ts'
import type {
  Change,
  ChangePage,
  ObjectPage,
  ObjectStore,
  ObjectWrite,
  StoredObject,
} from '../../ports/object-store.ts'
import type { Committed, Outbox, OutboxEntry } from '../../ports/outbox.ts'

export interface MemoryObjectStoreOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly committed?: Committed
  /** What objects are found under besides their names. */
  readonly indexOf?: IndexOf
  /** Newest changes kept per type; older ones expire. */
  readonly keepChanges?: number
}

interface Row {
  readonly key: ObjectKey
  readonly revision: number
  readonly text: string
}

interface ChangeRow {
  readonly revision: number
  readonly type: Change['type']
  readonly key: ObjectKey
  readonly text: string
  readonly previous?: { readonly revision: number; readonly text: string }
}

interface Partition {
  revision: number
  readonly rows: Map<string, Row>
  /** Row keys in order; rebuilt when a key came or went. */
  sorted: string[] | undefined
  readonly changes: ChangeRow[]
  /** Entries of each object, by row key. */
  readonly index: Map<string, readonly IndexHit[]>
}

const defaultKeepChanges = 10_000

/** One store; what it holds dies with it. */
export function createMemoryObjectStore(options: MemoryObjectStoreOptions): ObjectStore & Outbox & ObjectIndex {
  const partitions = new Map<string, Partition>()
  const outbox = new Map<string, OutboxEntry>()
  const keepChanges = options.keepChanges ?? defaultKeepChanges

  const partitionOf = (type: ResourceType): Partition => {
    const id = typeText(type)
    const found = partitions.get(id)
    if (found) return found
    const partition: Partition = { revision: 1, rows: new Map(), sorted: undefined, changes: [], index: new Map() }
    partitions.set(id, partition)
    return partition
  }

  return {
    async get(type, key) {
      const row = partitionOf(type).rows.get(rowKey(key))
      return row && stored(row)
    },
    async list(type, listOptions = {}) {
      return listPage(partitionOf(type), listOptions)
    },
    async write(type, write) {
      const partition = partitionOf(type)
      const current = partition.rows.get(rowKey(write.key))
      checkExpectation(type, write, current)
      const row = commit(partition, write, current)
      const entries = (write.object && options.indexOf?.(type, write.object)) ?? []
      const owner = { ...write.key }
      partition.index.set(
        rowKey(write.key),
        entries.map((entry) => ({ ...entry, owner })),
      )
      if (partition.changes.length > keepChanges) partition.changes.splice(0, partition.changes.length - keepChanges)
      announce(type, row.revision, write)
      return stored(row)
    },
    async changes(type, after, limit) {
      return changePage(partitionOf(type), after, limit)
    },
    async revision(type) {
      return partitionOf(type).revision
    },
    async pending(before, limit) {
      return [...outbox.values()].filter((entry) => entry.writtenAt < before).slice(0, limit)
    },
    async indexed(type, { from, to, limit }) {
      const hits = [...partitionOf(type).index.values()].flat().filter(({ key }) => key >= from && key < to)
      return hits.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit)
    },
    async settle(entries) {
      for (const entry of entries) outbox.delete(entry.id)
    },
  }

  function announce(type: ResourceType, revision: number, write: ObjectWrite): void {
    if (!write.news?.length) return
    const id = `${typeText(type)} ${revision}`
    const entry: OutboxEntry = { id, messages: [...write.news], writtenAt: options.clock.now() }
    outbox.set(id, entry)
    options.committed?.(entry)
  }
}

/** `!` sorts below every character of a namespace, so rows order by namespace, then name. */
function rowKey({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ''}!${name}`
}

function checkExpectation(type: ResourceType, write: ObjectWrite, current: Row | undefined): void {
  if (write.expect === (current?.revision ?? 'absent')) return
  const found = current ? `is at revision ${current.revision}` : 'does not exist'
  throw new ConflictError(`${typeText(type)} "${keyText(write.key)}" ${found}, expected ${write.expect}`)
}

function commit(partition: Partition, write: ObjectWrite, current: Row | undefined): Row {
  const revision = partition.revision + 1
  const id = rowKey(write.key)
  const key = { ...write.key }
  const text = write.object ? JSON.stringify(write.object) : (current?.text ?? '{}')
  const row: Row = { key, revision, text }
  partition.revision = revision
  if (write.object) partition.rows.set(id, row)
  else partition.rows.delete(id)
  if (!current || !write.object) partition.sorted = undefined
  const type = write.object ? (current ? 'MODIFIED' : 'ADDED') : 'DELETED'
  const previous = current && { revision: current.revision, text: current.text }
  partition.changes.push({ revision, type, key, text, ...(previous && { previous }) })
  return row
}

function listPage(
  partition: Partition,
  { namespace, after, limit }: { namespace?: string; after?: ObjectKey; limit?: number },
): ObjectPage {
  partition.sorted ??= [...partition.rows.keys()].sort()
  const behind = after && rowKey(after)
  const prefix = namespace === undefined ? '' : `${namespace}!`
  const matching = partition.sorted.filter((id) => id.startsWith(prefix) && (behind === undefined || id > behind))
  const items = matching.slice(0, limit).flatMap((id) => {
    const row = partition.rows.get(id)
    return row ? [stored(row)] : []
  })
  const last = items.at(-1)
  return { items, revision: partition.revision, ...(last && matching.length > items.length && { next: last.key }) }
}

function changePage(partition: Partition, asked: number, limit: number): ChangePage {
  const after = Math.max(1, asked)
  const first = partition.changes[0]
  if (!first || after >= partition.revision) return { kind: 'changes', changes: [], revision: after }
  if (first.revision > after + 1) return { kind: 'expired', oldest: first.revision - 1 }
  const start = after + 1 - first.revision
  const changes = partition.changes.slice(start, start + limit).map(change)
  return { kind: 'changes', changes, revision: changes.at(-1)?.revision ?? after }
}

function change(row: ChangeRow): Change {
  const { revision, type, key, text, previous } = row
  const object = withRevision(text, revision)
  return { revision, type, key, object, ...(previous && { previous: withRevision(previous.text, previous.revision) }) }
}

function stored({ key, revision, text }: Row): StoredObject {
  return { key, revision, object: withRevision(text, revision) }
}

function withRevision(text: string, revision: number): KubeObject {
  const object = JSON.parse(text) as KubeObject
  object.metadata.resourceVersion = String(revision)
  return object
}
