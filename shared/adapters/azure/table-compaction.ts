// Keeps the change log short. Rows go oldest first and up to 100 at a time, so a reader sees a log that begins later,
// never one with a hole.
import type { TableClient } from '@azure/data-tables'
import { tableFailure } from './table-error.ts'
import * as keys from './table-keys.ts'
import { type Entity, numberOf, overflowKeys } from './table-rows.ts'
import { scan } from './table-scan.ts'

export interface Compaction {
  readonly objects: TableClient
  readonly payloads: TableClient
  readonly partition: string
  /** Epoch milliseconds: older changes go. */
  readonly olderThan: number
  /** Revisions below go, however young. */
  readonly below: number
  /** The newest revision; the last changes stay whatever their age, so that a quiet type never expires its watchers. */
  readonly newest: number
}

/** The most rows one transaction takes. */
const batchRows = 100
const alwaysKept = 100

/** Drops at most one batch of changes and the large bodies only they pointed at. Two at once do no harm. */
export async function compact(compaction: Compaction): Promise<number> {
  const { objects, partition } = compaction
  const range = { from: keys.allChanges.from, to: keys.changeRow(Math.max(1, compaction.newest - alwaysKept)) }
  const oldest = await scan(objects, partition, range, { limit: batchRows, select: ['RowKey', 'at', 'pRows'] })
  const due = oldest.filter((row) => isDue(row, compaction))
  if (due.length === 0) return 0
  try {
    await objects.submitTransaction(
      due.map((row) => ['delete', { partitionKey: partition, rowKey: String(row.rowKey) }] as const).map(mutable),
    )
  } catch (error) {
    if (tableFailure(error) === 'not-found') return 0
    throw error
  }
  await dropBodies(compaction, due)
  return due.length
}

function isDue(row: Entity, { olderThan, below }: Compaction): boolean {
  return keys.revisionOfRow(String(row.rowKey)) < below || numberOf(row, 'at') < olderThan
}

/**
 * Large bodies go with the change that replaced them: the object holds a newer one, and the change that brought them is
 * older still.
 */
async function dropBodies({ payloads, partition }: Compaction, due: readonly Entity[]): Promise<void> {
  for (const row of due) {
    for (const { partitionKey, rowKey } of overflowKeys('p', row, partition)) {
      await payloads.deleteEntity(partitionKey, rowKey).catch(ignoreMissing)
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (tableFailure(error) !== 'not-found') throw error
}

function mutable<T>(action: readonly ['delete', T]): ['delete', T] {
  return [action[0], action[1]]
}
