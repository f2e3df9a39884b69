// Where the hub keeps its own records of placements. One placement is one partition.
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
  readonly observed: readonly Observed[]
}

/** Writes of one decision. Every put is conditional: `etag` of the row replaced, or absent to create. */
export interface PlacementChange {
  readonly header?: { readonly value: PlacementHeader; readonly etag?: string } | undefined
  readonly wanted?: readonly { readonly value: Wanted; readonly etag?: string }[]
  /** Rows whose work is over: the wanted row (conditional) goes together with its observed row. */
  readonly finished?: readonly { readonly cluster: string; readonly etag: string }[]
  readonly news?: readonly Message[]
}

export interface PlacementStore {
  read(placement: PlacementKey): Promise<PlacementRecord | undefined>
  /** The two rows of one cluster. */
  readCluster(
    placement: PlacementKey,
    cluster: string,
  ): Promise<{ wanted: Row<Wanted> | undefined; observed: Observed | undefined }>
  /**
   * Commits a change in transactions of at most 100 rows; the header and the news are in the last, so a crash between
   * leaves nothing that looks finished. Throws ConflictError when an etag no longer holds.
   */
  commit(placement: PlacementKey, change: PlacementChange): Promise<void>
  /** The worker's own row; the last writer wins unless the stored row answers a later epoch, which stays. */
  observe(placement: PlacementKey, observed: Observed): Promise<void>
  /** Removes the whole partition. */
  drop(placement: PlacementKey): Promise<void>
  /** Placements the store knows, in pages, continuing behind `after`. */
  list(options: { after?: PlacementKey; limit: number }): Promise<readonly PlacementKey[]>
}
