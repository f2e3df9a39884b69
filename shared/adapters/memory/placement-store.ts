// Placement records in maps, with the conditional writes and the outbox of the real store.
import { decisionsKept, type SchedulingDecision } from '../../api/decision.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, PlacementHeader, Wanted } from '../../api/placement-record.ts'
import { ConflictError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Committed, Outbox, OutboxEntry } from '../../ports/outbox.ts'
import type { PlacementChange, PlacementRecord, PlacementStore, Row } from '../../ports/placement-store.ts'

interface Partition {
  header: Row<PlacementHeader> | undefined
  readonly wanted: Map<string, Row<Wanted>>
  readonly observed: Map<string, Row<Observed>>
  /** By number, modulo how many are kept. */
  readonly decisions: Map<number, SchedulingDecision>
}

export class MemoryPlacementStore implements PlacementStore, Outbox {
  readonly #partitions = new Map<PlacementKey, Partition>()
  readonly #outbox = new Map<string, OutboxEntry>()
  readonly #clock: Pick<Clock, 'now'>
  readonly #committed: Committed
  #etag = 0

  constructor(options: { clock: Pick<Clock, 'now'>; committed?: Committed }) {
    this.#clock = options.clock
    this.#committed = options.committed ?? (() => undefined)
  }

  async readHeader(placement: PlacementKey): Promise<Row<PlacementHeader> | undefined> {
    return structuredClone(this.#partitions.get(placement)?.header)
  }

  async read(placement: PlacementKey): Promise<PlacementRecord | undefined> {
    const partition = this.#partitions.get(placement)
    if (!partition?.header) return undefined
    return structuredClone({
      header: partition.header,
      wanted: sorted(partition.wanted),
      observed: sorted(partition.observed),
    })
  }

  async readCluster(placement: PlacementKey, cluster: string) {
    const partition = this.#partitions.get(placement)
    return structuredClone({ wanted: partition?.wanted.get(cluster), observed: partition?.observed.get(cluster) })
  }

  async decision(placement: PlacementKey, number: number): Promise<SchedulingDecision | undefined> {
    const found = this.#partitions.get(placement)?.decisions.get(number % decisionsKept)
    return found?.number === number ? structuredClone(found) : undefined
  }

  async commit(placement: PlacementKey, change: PlacementChange): Promise<void> {
    const partition = this.#partitions.get(placement) ?? emptyPartition()
    if (change.header) expectEtag(placement, 'header', partition.header?.etag, change.header.etag)
    for (const { value, etag } of change.wanted ?? [])
      expectEtag(placement, value.cluster, partition.wanted.get(value.cluster)?.etag, etag)
    for (const { cluster, etag } of change.finished ?? [])
      expectEtag(placement, cluster, partition.wanted.get(cluster)?.etag, etag)

    this.#partitions.set(placement, partition)
    for (const { cluster } of change.finished ?? []) {
      partition.wanted.delete(cluster)
      partition.observed.delete(cluster)
    }
    for (const { value } of change.wanted ?? []) partition.wanted.set(value.cluster, this.#row(value))
    if (change.header) partition.header = this.#row(change.header.value)
    if (change.decision)
      partition.decisions.set(change.decision.number % decisionsKept, structuredClone(change.decision))
    this.#post(change.news ?? [])
  }

  async observe(placement: PlacementKey, observed: Observed, etag: string | undefined): Promise<Row<Observed>> {
    const partition = this.#partitions.get(placement)
    if (!partition) throw new ConflictError(`placement ${placement} has no record any more`)
    expectEtag(placement, `observed ${observed.cluster}`, partition.observed.get(observed.cluster)?.etag, etag)
    const row = this.#row(observed)
    partition.observed.set(observed.cluster, row)
    return structuredClone(row)
  }

  async drop(placement: PlacementKey, headerEtag: string): Promise<void> {
    expectEtag(placement, 'header', this.#partitions.get(placement)?.header?.etag, headerEtag)
    this.#partitions.delete(placement)
  }

  async list({ after, limit }: { after?: PlacementKey; limit: number }): Promise<readonly PlacementKey[]> {
    return [...this.#partitions.keys()]
      .sort()
      .filter((key) => after === undefined || key > after)
      .slice(0, limit)
  }

  async pending(before: number, limit: number): Promise<readonly OutboxEntry[]> {
    return [...this.#outbox.values()].filter(({ writtenAt }) => writtenAt < before).slice(0, limit)
  }

  async settle(entries: readonly OutboxEntry[]): Promise<void> {
    for (const { id } of entries) this.#outbox.delete(id)
  }

  #row<T>(value: T): Row<T> {
    this.#etag += 1
    return { value: structuredClone(value), etag: String(this.#etag) }
  }

  #post(news: PlacementChange['news'] & object): void {
    if (news.length === 0) return
    this.#etag += 1
    const entry = { id: `placement-${this.#etag}`, messages: news, writtenAt: this.#clock.now() }
    this.#outbox.set(entry.id, entry)
    this.#committed(entry)
  }
}

function emptyPartition(): Partition {
  return { header: undefined, wanted: new Map(), observed: new Map(), decisions: new Map() }
}

function expectEtag(placement: string, row: string, stored: string | undefined, expected: string | undefined): void {
  if (stored !== expected) throw new ConflictError(`placement ${placement}: row ${row} was changed meanwhile`)
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
