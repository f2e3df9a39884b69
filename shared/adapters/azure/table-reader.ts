// Reading rows of the object table one by one, remembering what a later write of them needs.
import type { TableClient } from '@azure/data-tables'
import type { StoredObject } from '../../ports/object-store.ts'
import { withTable } from './table-client.ts'
import { tableFailure } from './table-error.ts'
import { counterRow } from './table-keys.ts'
import type { Known } from './table-known.ts'
import * as rows from './table-rows.ts'

export interface TableReader {
  getRow(partition: string, row: string): Promise<rows.Entity | undefined>
  readCounter(partition: string): Promise<rows.Counter>
  /** The object of a row. */
  take(entity: rows.Entity): Promise<StoredObject>
}

export function createTableReader(objects: TableClient, payloads: TableClient, known: Known): TableReader {
  const getRow = async (partition: string, row: string): Promise<rows.Entity | undefined> => {
    try {
      return await withTable(objects, () => objects.getEntity<Record<string, unknown>>(partition, row))
    } catch (error) {
      if (tableFailure(error) === 'not-found') return undefined
      throw error
    }
  }
  return {
    getRow,
    async readCounter(partition) {
      const entity = await getRow(partition, counterRow)
      const counter = entity ? rows.counterOf(entity) : rows.neverWritten
      known.counters.set(partition, counter)
      return counter
    },
    async take(entity) {
      const found = await rows.storedOf(payloads, entity)
      known.remember(String(entity.partitionKey), String(entity.rowKey), rows.tagOf(entity))
      return found
    },
  }
}
