// Messages committed with a write and not yet sent: rows `x|REV` beside the objects they speak of. A registry of the
// partitions that ever had some saves the relay from scanning the whole table.
import type { TableClient, TableEntity } from '@azure/data-tables'
import type { Message } from '../../api/message.ts'
import { InvariantError } from '../../errors.ts'
import type { OutboxEntry } from '../../ports/outbox.ts'
import { pack, unpackInline } from './table-body.ts'
import { withTable } from './table-client.ts'
import { tableFailure } from './table-error.ts'
import { allOutbox, revisionOfRow } from './table-keys.ts'
import { type Entity, numberOf } from './table-rows.ts'
import { maxPageRows, scan } from './table-scan.ts'

/** No resource type has a space in its name. */
const registryPartition = 'outbox partitions'
const parallelScans = 8
/** Operations a table transaction may hold. */
const transactionSize = 100

export interface TableOutbox {
  /** Notes that a partition may hold outbox rows; must come before the first. One operation per partition and process. */
  register(partition: string): Promise<void>
  pending(before: number, limit: number): Promise<readonly OutboxEntry[]>
  settle(entries: readonly OutboxEntry[]): Promise<void>
}

export function outboxEntity(
  partition: string,
  revision: number,
  entry: OutboxEntry,
): TableEntity<Record<string, unknown>> {
  const packed = pack('m', JSON.stringify(entry.messages))
  if (packed.kind !== 'inline') throw new InvariantError(`the news of change ${revision} of ${partition} is too large`)
  const at = { type: 'Int64', value: String(entry.writtenAt) }
  return { partitionKey: partition, rowKey: entry.id.slice(partition.length + 1), at, ...packed.properties }
}

export function createTableOutbox(objects: TableClient): TableOutbox {
  const registered = new Set<string>()

  return {
    async register(partition) {
      if (registered.has(partition)) return
      const row = { partitionKey: registryPartition, rowKey: partition }
      await withTable(objects, () => objects.upsertEntity(row, 'Replace'))
      registered.add(partition)
    },

    async pending(before, limit) {
      const partitions = await scan(objects, registryPartition, { from: ' ', to: '~~' }, { select: ['RowKey'] })
      const entries: OutboxEntry[] = []
      for (let start = 0; start < partitions.length; start += parallelScans) {
        const some = partitions.slice(start, start + parallelScans)
        const found = await Promise.all(
          some.map((row) => scan(objects, String(row.rowKey), allOutbox, { limit: Math.min(limit, maxPageRows) })),
        )
        entries.push(...found.flat().map(entryOf))
      }
      const due = entries.filter((entry) => entry.writtenAt < before)
      return due.sort(byAge).slice(0, limit)
    },

    async settle(entries) {
      const partitions = Map.groupBy(entries, ({ id }) => addressOf(id).partition)
      await Promise.all(
        [...partitions].map(async ([partition, own]) => {
          for (let start = 0; start < own.length; start += transactionSize)
            await removeAll(partition, own.slice(start, start + transactionSize))
        }),
      )
    },
  }

  /** One that is gone already fails the whole transaction: then each goes by itself. */
  async function removeAll(partition: string, entries: readonly OutboxEntry[]): Promise<void> {
    if (entries.length > 1) {
      try {
        await objects.submitTransaction(
          entries.map(({ id }) => ['delete', { partitionKey: partition, rowKey: addressOf(id).row }]),
        )
        return
      } catch (error) {
        if (tableFailure(error) !== 'not-found') throw error
      }
    }
    for (let start = 0; start < entries.length; start += parallelScans)
      await Promise.all(entries.slice(start, start + parallelScans).map(remove))
  }

  async function remove({ id }: OutboxEntry): Promise<void> {
    const { partition, row } = addressOf(id)
    try {
      await objects.deleteEntity(partition, row)
    } catch (error) {
      if (tableFailure(error) !== 'not-found') throw error
    }
  }
}

function addressOf(id: string): { partition: string; row: string } {
  const separator = id.indexOf(' ')
  return { partition: id.slice(0, separator), row: id.slice(separator + 1) }
}

function entryOf(row: Entity): OutboxEntry {
  const partition = String(row.partitionKey)
  const messages = JSON.parse(unpackInline('m', row) ?? '[]') as Message[]
  return { id: `${partition} ${row.rowKey}`, messages, writtenAt: numberOf(row, 'at') }
}

function byAge(a: OutboxEntry, b: OutboxEntry): number {
  return a.writtenAt - b.writtenAt || revisionOf(a) - revisionOf(b)
}

function revisionOf({ id }: OutboxEntry): number {
  return revisionOfRow(id.slice(id.indexOf(' ') + 1))
}
