// Cluster records in the table `clusters`: one partition per cluster.
//   p|<placement>  something of it is, or may be, on the cluster
//   k|<kind>       a kind that was placed there, and how far its changes were looked at
import type { TableClient } from '@azure/data-tables'
import { z } from 'zod'
import type { PlacementKey } from '../../api/message.ts'
import { type ClusterStore, kindKey, type PlacedKind } from '../../ports/cluster-store.ts'
import { isConflict, isMissing, prefixFilter, storeError } from './fleet-table.ts'
import { escapeKey, unescapeKey } from './table-keys.ts'

const KindRow = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  resource: z.string(),
  namespaced: z.boolean(),
  seen: z.string().optional(),
})

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

  async kinds(cluster: string): Promise<readonly PlacedKind[]> {
    const kinds: PlacedKind[] = []
    const rows = this.#table.listEntities({ queryOptions: { filter: prefixFilter(escapeKey(cluster), 'k|') } })
    await this.#run(cluster, async () => {
      for await (const row of rows) {
        const { seen, ...resource } = KindRow.parse(row)
        kinds.push({ resource, seen })
      }
    })
    return kinds
  }

  async noteKind(cluster: string, kind: PlacedKind): Promise<void> {
    try {
      await this.#table.createEntity(kindRow(cluster, kind))
    } catch (error) {
      if (!isConflict(error)) throw storeError(error, `the record of cluster ${cluster}`)
    }
  }

  async sawKind(cluster: string, kind: PlacedKind): Promise<void> {
    await this.#run(cluster, () => this.#table.upsertEntity(kindRow(cluster, kind), 'Replace'))
  }

  async forgetKinds(cluster: string): Promise<void> {
    for (const kind of await this.kinds(cluster)) {
      const { partitionKey, rowKey } = kindRow(cluster, kind)
      await this.#run(cluster, () => this.#table.deleteEntity(partitionKey, rowKey))
    }
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

function kindRow(cluster: string, { resource, seen }: PlacedKind) {
  return {
    partitionKey: escapeKey(cluster),
    rowKey: `k|${escapeKey(kindKey(resource))}`,
    ...resource,
    ...(seen !== undefined && { seen }),
  }
}
