// The owner index in the table `owners`: one partition per owner, one row per object that names it.
import type { TableClient } from '@azure/data-tables'
import type { OwnedObject, OwnerIndex } from '../../ports/owner-index.ts'
import { isMissing, quote, storeError } from './fleet-table.ts'
import { escapeKey, unescapeKey } from './table-keys.ts'

const deletesAtOnce = 8

export class TableOwnerIndex implements OwnerIndex {
  readonly #table: TableClient

  constructor(table: TableClient) {
    this.#table = table
  }

  async note(uid: string, owned: OwnedObject): Promise<void> {
    try {
      await this.#table.upsertEntity({ partitionKey: escapeKey(uid), rowKey: rowOf(owned) }, 'Replace')
    } catch (error) {
      throw storeError(error, `noting an object that names owner ${uid}`)
    }
  }

  async dependents(uid: string): Promise<readonly OwnedObject[]> {
    const filter = `PartitionKey eq ${quote(escapeKey(uid))}`
    const found: OwnedObject[] = []
    try {
      for await (const { rowKey } of this.#table.listEntities({ queryOptions: { filter, select: ['rowKey'] } }))
        found.push(ownedOf(rowKey ?? ''))
    } catch (error) {
      throw storeError(error, `reading what names owner ${uid}`)
    }
    return found
  }

  async forget(uid: string, owned: readonly OwnedObject[]): Promise<void> {
    for (let start = 0; start < owned.length; start += deletesAtOnce)
      await Promise.all(owned.slice(start, start + deletesAtOnce).map((each) => this.#remove(uid, each)))
  }

  async #remove(uid: string, owned: OwnedObject): Promise<void> {
    try {
      await this.#table.deleteEntity(escapeKey(uid), rowOf(owned))
    } catch (error) {
      if (!isMissing(error)) throw storeError(error, `forgetting what named owner ${uid}`)
    }
  }
}

/** `resource|group|namespace|name`; an object of the cluster has no namespace. */
function rowOf({ type, key }: OwnedObject): string {
  return [type.resource, type.group, key.namespace ?? '', key.name].map(escapeKey).join('|')
}

function ownedOf(row: string): OwnedObject {
  // Names of a few kinds may hold the separator; it is the last part, so it takes what is left.
  const [resource = '', group = '', namespace = '', ...rest] = row.split('|').map(unescapeKey)
  const name = rest.join('|')
  return { type: { group, resource }, key: namespace === '' ? { name } : { namespace, name } }
}
