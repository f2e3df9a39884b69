// Measures the embedded tables through the real client library, client and server in this one process.
//   node test/perf/tables.ts [path of a database file]     without a path the tables live in memory
import { TableClient } from '@azure/data-tables'
import { startTables } from '../../infra/local/table/start-tables.ts'

const path = process.argv[2]
const tables = await startTables(path === undefined ? {} : { path })
const client = TableClient.fromConnectionString(tables.connectionString, `bench${Date.now()}`, {
  allowInsecureConnection: true,
})
await client.createTable()
/** About 1.5 KB as stored, the size the published Azurite figures were taken with. */
const payload = 'x'.repeat(1_400)
const rowKey = (n: number): string => String(n).padStart(8, '0')

async function rate(name: string, count: number, unit: number, work: (n: number) => Promise<unknown>): Promise<void> {
  const started = performance.now()
  for (let n = 0; n < count; n += 1) await work(n)
  const seconds = (performance.now() - started) / 1_000
  console.log(`${name.padEnd(28)} ${((count * unit) / seconds).toFixed(0).padStart(8)} /s`)
}

await rate('sequential insert', 500, 1, (n) => client.createEntity({ partitionKey: 'seq', rowKey: rowKey(n), payload }))
await rate('32 parallel inserts', 40, 32, (n) =>
  Promise.all(
    Array.from({ length: 32 }, (_, m) =>
      client.createEntity({ partitionKey: 'par', rowKey: rowKey(n * 32 + m), payload }),
    ),
  ),
)
await rate('batches of 100 (rows)', 30, 100, (n) =>
  client.submitTransaction(
    Array.from({ length: 100 }, (_, m) => ['create', { partitionKey: 'batch', rowKey: rowKey(n * 100 + m), payload }]),
  ),
)
await rate('batches of 3 (batches)', 200, 1, (n) =>
  client.submitTransaction(
    [0, 1, 2].map((m) => ['create', { partitionKey: 'small', rowKey: rowKey(n * 3 + m), payload }]),
  ),
)
await rate('point get', 800, 1, (n) => client.getEntity('batch', rowKey(n)))
await rate('partition scan (rows)', 3, 3_000, () =>
  Array.fromAsync(client.listEntities({ queryOptions: { filter: "PartitionKey eq 'batch'" } })),
)
await rate('10-row range query', 300, 1, (n) =>
  Array.fromAsync(
    client.listEntities({
      queryOptions: {
        filter: `PartitionKey eq 'batch' and RowKey ge '${rowKey(n)}' and RowKey lt '${rowKey(n + 10)}'`,
      },
    }),
  ),
)
let { etag } = await client.getEntity('seq', rowKey(0))
await rate('sequential compare-and-set', 400, 1, async (n) => {
  const options = etag === undefined ? {} : { etag }
  etag =
    (await client.updateEntity({ partitionKey: 'seq', rowKey: rowKey(0), payload, n }, 'Replace', options)).etag ?? etag
})
await tables.close()
