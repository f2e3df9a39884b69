// Where the hub keeps its own records of placements. One placement is one partition.
import type { SchedulingDecision } from '../api/decision.ts'
import type { Message, PlacementKey } from '../api/message.ts'
import type { Observed, PlacementHeader, Wanted } from '../api/placement-record.ts'

/** A row as read, with the tag its next conditional write must carry. */
export interface Row<T> {
  readonly value: T
  readonly etag: string
}

export interface PlacementRecord {
  readonly header: Row<PlacementHeader>
  readonly wanted: readonly Row<Wanted>[]
  readonly observed: readonly Row<Observed>[]
}

/** Writes of one decision. Every put is conditional: `etag` of the row replaced, or absent to create. */
export interface PlacementChange {
  readonly header?: { readonly value: PlacementHeader; readonly etag?: string } | undefined
  readonly wanted?: readonly { readonly value: Wanted; readonly etag?: string }[]
  /** Rows whose work is over: the wanted row (conditional) goes together with its observed row. */
  readonly finished?: readonly { readonly cluster: string; readonly etag: string }[]
  /** Written with the header: replaces the one of the same number, and the one that is `decisionsKept` older goes. */
  readonly decision?: SchedulingDecision | undefined
  readonly news?: readonly Message[]
}

export interface PlacementStore {
  /** The header alone: one read. */
  readHeader(placement: PlacementKey): Promise<Row<PlacementHeader> | undefined>
  read(placement: PlacementKey): Promise<PlacementRecord | undefined>
  /** The two rows of one cluster. */
  readCluster(
    placement: PlacementKey,
    cluster: string,
  ): Promise<{ wanted: Row<Wanted> | undefined; observed: Row<Observed> | undefined }>
  /** A decision by its number, or undefined when it is not kept: one read. */
  decision(placement: PlacementKey, number: number): Promise<SchedulingDecision | undefined>
  /**
   * Commits a change in transactions of at most 100 rows; the header and the news are in the last, so a crash between
   * leaves nothing that looks finished. Throws ConflictError when an etag no longer holds.
   */
  commit(placement: PlacementKey, change: PlacementChange): Promise<void>
  /** The worker's own row, conditional like every write: `etag` of the row replaced, or absent to create. Throws ConflictError. */
  observe(placement: PlacementKey, observed: Observed, etag: string | undefined): Promise<Row<Observed>>
  /** Removes the whole partition. Throws ConflictError when the header is not the one the caller saw. */
  drop(placement: PlacementKey, headerEtag: string): Promise<void>
  /** Placements the store knows, in pages, continuing behind `after`. */
  list(options: { after?: PlacementKey; limit: number }): Promise<readonly PlacementKey[]>
}
