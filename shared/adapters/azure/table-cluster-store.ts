// Cluster records in the table `clusters`: one partition per cluster.
//   p|<placement>  something of it is, or may be, on the cluster
import type { TableClient } from '@azure/data-tables'
import type { PlacementKey } from '../../api/message.ts'
import type { ClusterStore } from '../../ports/cluster-store.ts'
import { isMissing, prefixFilter, storeError } from './fleet-table.ts'
import { escapeKey, unescapeKey } from './table-keys.ts'

export class TableClusterStore implements ClusterStore {
  readonly #table: TableClient

  constructor(table: TableClient) {
    this.#table = table
  }

  async placements(
    cluster: string,
    options: { after?: PlacementKey; limit?: number } = {},
  ): Promise<readonly PlacementKey[]> {
    const after = options.after === undefined ? undefined : `p|${escapeKey(options.after)}`
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    const pages = this.#table
      .listEntities({ queryOptions: { filter: prefixFilter(escapeKey(cluster), 'p|', after), select: ['rowKey'] } })
      .byPage({ maxPageSize: Math.min(limit, 1000) })
    const keys: PlacementKey[] = []
    for await (const page of pages) {
      for (const { rowKey } of page) if (rowKey) keys.push(unescapeKey(rowKey.slice(2)))
      if (keys.length >= limit) break
    }
    return keys.slice(0, limit)
  }

  async enter(cluster: string, placement: PlacementKey): Promise<void> {
    await this.#run(cluster, () =>
      this.#table.upsertEntity({ partitionKey: escapeKey(cluster), rowKey: `p|${escapeKey(placement)}` }, 'Replace'),
    )
  }

  async leave(cluster: string, placement: PlacementKey): Promise<void> {
    await this.#run(cluster, () => this.#table.deleteEntity(escapeKey(cluster), `p|${escapeKey(placement)}`))
  }

  /** Runs one operation; a row that is not there answers undefined. */
  async #run<T>(cluster: string, operation: () => Promise<T>): Promise<T | undefined> {
    try {
      return await operation()
    } catch (error) {
      if (isMissing(error)) return undefined
      throw storeError(error, `the record of cluster ${cluster}`)
    }
  }
}
