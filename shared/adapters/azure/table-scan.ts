// Reads of a row range of one partition, page by page, oldest key first.
import { odata, type TableClient } from '@azure/data-tables'
import { withTable } from './table-client.ts'
import type { RowRange } from './table-keys.ts'
import type { Entity } from './table-rows.ts'

/** The service never answers more rows in one page. */
export const maxPageRows = 1_000

/** At most `limit` rows of a range; one operation for every started thousand. */
export async function scan(
  client: TableClient,
  partition: string,
  range: RowRange,
  options: { limit?: number; select?: string[] } = {},
): Promise<Entity[]> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY
  const filter = odata`PartitionKey eq ${partition} and RowKey ge ${range.from} and RowKey lt ${range.to}`
  const queryOptions = { filter, ...(options.select && { select: options.select }) }
  return await withTable(client, async () => {
    const rows: Entity[] = []
    const pages = client.listEntities<Record<string, unknown>>({ queryOptions })
    for await (const page of pages.byPage({ maxPageSize: Math.min(limit, maxPageRows) })) {
      rows.push(...page)
      if (rows.length >= limit) return rows.slice(0, limit)
    }
    return rows
  })
}
