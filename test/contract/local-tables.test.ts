// The embedded tables through the real client library: what the hub's store relies on holds here as in the cloud.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { odata, RestError, TableClient, type TableEntity, TableTransaction } from '@azure/data-tables'
import fc from 'fast-check'
import { startTables, type Tables } from '../../infra/local/table/start-tables.ts'

let tables: Tables
before(async () => {
  tables = await startTables()
})
after(async () => {
  await tables.close()
})

let count = 0
async function freshTable(): Promise<TableClient> {
  count += 1
  const client = connect(tables.connectionString, `table${count}`)
  await client.createTable()
  return client
}

function connect(connectionString: string, table: string): TableClient {
  return TableClient.fromConnectionString(connectionString, table, { allowInsecureConnection: true })
}

async function rejectsWith(promise: Promise<unknown>, status: number, code?: string): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof RestError, String(error))
    assert.equal(error.statusCode, status, error.message)
    if (code !== undefined)
      assert.match(`${error.code} ${error.message} ${JSON.stringify(error.details)}`, RegExp(code))
    return true
  })
}

async function all(client: TableClient, filter?: string): Promise<TableEntity[]> {
  return Array.fromAsync(client.listEntities(filter === undefined ? {} : { queryOptions: { filter } }))
}

test('every type of value comes back as it went', async () => {
  const client = await freshTable()
  const entity = {
    partitionKey: 'p',
    rowKey: 'r',
    text: "it's ünïcode 😀",
    whole: 3,
    half: 1.5,
    yes: true,
    big: 9007199254740993n,
    at: new Date('2026-01-02T03:04:05.678Z'),
    bytes: new Uint8Array([0, 1, 255]),
  }
  await client.createEntity(entity)
  const got = await client.getEntity('p', 'r')
  for (const [name, want] of Object.entries(entity)) {
    assert.deepEqual(got[name] instanceof Uint8Array ? new Uint8Array(got[name]) : got[name], want, name)
  }
  assert.ok(got.etag)
  assert.ok(got.timestamp)
})

test('create twice is a conflict, get and delete of nothing are not found', async () => {
  const client = await freshTable()
  await client.createEntity({ partitionKey: 'p', rowKey: 'r' })
  await rejectsWith(client.createEntity({ partitionKey: 'p', rowKey: 'r' }), 409, 'EntityAlreadyExists')
  await rejectsWith(client.getEntity('p', 'x'), 404, 'ResourceNotFound')
  await rejectsWith(client.deleteEntity('p', 'x'), 404)
  await rejectsWith(connect(tables.connectionString, 'nowhere').getEntity('p', 'x'), 404, 'TableNotFound')
})

test('merge keeps what it does not name, replace drops it', async () => {
  const client = await freshTable()
  await client.createEntity({ partitionKey: 'p', rowKey: 'r', a: 1, b: 2n })
  await client.updateEntity({ partitionKey: 'p', rowKey: 'r', b: 3 }, 'Merge')
  const merged = await client.getEntity('p', 'r')
  assert.deepEqual([merged['a'], merged['b']], [1, 3])
  await client.upsertEntity({ partitionKey: 'p', rowKey: 'r', c: 4 }, 'Replace')
  const replaced = await client.getEntity('p', 'r')
  assert.deepEqual([replaced['a'], replaced['c']], [undefined, 4])
})

test('of writers that hold the same etag exactly one wins', async () => {
  const client = await freshTable()
  await client.createEntity({ partitionKey: 'p', rowKey: 'r', n: 0 })
  const { etag } = await client.getEntity('p', 'r')
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) =>
      client.updateEntity({ partitionKey: 'p', rowKey: 'r', n: n + 1 }, 'Replace', { etag }),
    ),
  )
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
  await rejectsWith(client.deleteEntity('p', 'r', { etag }), 412, 'UpdateConditionNotSatisfied')
  await client.deleteEntity('p', 'r', { etag: '*' })
})

test('every write gives an etag no other write had', async () => {
  const client = await freshTable()
  const etags = new Set<string | undefined>()
  for (let n = 0; n < 50; n += 1) {
    etags.add((await client.upsertEntity({ partitionKey: 'p', rowKey: 'r', n }, 'Replace')).etag)
  }
  assert.equal(etags.size, 50)
})

test('a batch is all or nothing', async () => {
  const client = await freshTable()
  await client.createEntity({ partitionKey: 'p', rowKey: '5', from: 'before' })
  const batch = new TableTransaction()
  batch.updateEntity({ partitionKey: 'p', rowKey: '5', from: 'batch' }, 'Replace', { etag: '*' })
  for (let n = 0; n < 5; n += 1) batch.createEntity({ partitionKey: 'p', rowKey: `${n}` })
  batch.updateEntity({ partitionKey: 'p', rowKey: '5b' }, 'Replace', { etag: '*' })
  await rejectsWith(client.submitTransaction(batch.actions), 404)
  const rows = await all(client)
  assert.deepEqual(
    rows.map((row) => [row.rowKey, row['from']]),
    [['5', 'before']],
  )
  batch.actions.pop()
  const done = await client.submitTransaction(batch.actions)
  assert.equal(done.status, 202)
  assert.equal((await all(client)).length, 6)
})

test('batches and single writes racing on one partition lose nothing', async () => {
  const client = await freshTable()
  await client.createEntity({ partitionKey: 'p', rowKey: 'counter', n: 0 })
  let won = 0
  const writer = async (id: number): Promise<void> => {
    for (let turn = 0; turn < 15; turn += 1) {
      await client.upsertEntity({ partitionKey: 'p', rowKey: `single${id}-${turn}` })
      const { etag, n } = await client.getEntity<{ n: number }>('p', 'counter')
      try {
        await client.submitTransaction([
          ['create', { partitionKey: 'p', rowKey: `log${id}-${turn}` }],
          ['update', { partitionKey: 'p', rowKey: 'counter', n: n + 1 }, 'Replace', { etag }],
        ])
        won += 1
      } catch (error) {
        assert.equal(error instanceof RestError && error.statusCode, 412)
      }
    }
  }
  await Promise.all([1, 2, 3, 4].map(writer))
  const rows = await all(client)
  const named = (prefix: string): number => rows.filter((row) => row.rowKey?.startsWith(prefix)).length
  assert.equal((await client.getEntity('p', 'counter'))['n'], won)
  assert.equal(named('log'), won)
  assert.equal(named('single'), 60)
})

test('pages hold at most 1,000 rows and continue where they ended', async () => {
  const client = await freshTable()
  for (let start = 0; start < 2_100; start += 100) {
    const rows = Array.from({ length: 100 }, (_, n) => `r${String(start + n).padStart(5, '0')}`)
    await client.submitTransaction(rows.map((rowKey) => ['create', { partitionKey: 'é', rowKey }]))
  }
  const sizes: number[] = []
  const keys: (string | undefined)[] = []
  for await (const page of client.listEntities().byPage({ maxPageSize: 1_000 })) {
    sizes.push(page.length)
    keys.push(...page.map((row) => row.rowKey))
  }
  assert.deepEqual(sizes, [1_000, 1_000, 100])
  assert.deepEqual(keys, [...new Set(keys)].sort())
  assert.equal(keys.length, 2_100)
})

test('limits Azurite leaves open hold: 1 MiB an entity, 252 own properties', async () => {
  const client = await freshTable()
  const wide = (length: number) => Object.fromEntries(Array.from({ length }, (_, n) => [`p${n}`, n]))
  await client.createEntity({ partitionKey: 'p', rowKey: 'wide', ...wide(252) })
  await rejectsWith(client.createEntity({ partitionKey: 'p', rowKey: 'wider', ...wide(253) }), 400, 'TooManyProperties')
  await rejectsWith(client.updateEntity({ partitionKey: 'p', rowKey: 'wide', more: 1 }, 'Merge'), 400, 'TooMany')
  const heavy = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, n) => [`p${n}`, 'x'.repeat(32 * 1024)]))
  await client.createEntity({ partitionKey: 'p', rowKey: 'heavy', ...heavy(15) })
  await rejectsWith(client.createEntity({ partitionKey: 'p', rowKey: 'heavier', ...heavy(17) }), 400, 'EntityTooLarge')
})

test('any filter on keys finds what a plain comparison finds, in UTF-16 order', async () => {
  const client = await freshTable()
  const partitions = ['', 'a', 'b', '\u{1F600}', '\uFF5E']
  const rows = ['', '-', '10', '9', 'A', '_', 'a', 'aa', "it's", 'é', '~', '\u{1F600}', '\uFF5E']
  for (const partitionKey of partitions) {
    await client.submitTransaction(rows.map((rowKey) => ['create', { partitionKey, rowKey, n: rowKey.length }]))
  }
  const keys = partitions.flatMap((partitionKey) => rows.map((rowKey) => ({ partitionKey, rowKey })))
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  keys.sort((a, b) => order(a.partitionKey, b.partitionKey) || order(a.rowKey, b.rowKey))
  const compare = {
    eq: (a: string, b: string) => a === b,
    ge: (a: string, b: string) => a >= b,
    gt: (a: string, b: string) => a > b,
    le: (a: string, b: string) => a <= b,
    lt: (a: string, b: string) => a < b,
    ne: (a: string, b: string) => a !== b,
  }
  const term = fc.record({
    column: fc.constantFrom('partitionKey' as const, 'rowKey' as const),
    operator: fc.constantFrom(...(Object.keys(compare) as (keyof typeof compare)[])),
    value: fc.constantFrom(...partitions, ...rows),
    joinedBy: fc.constantFrom('and' as const, 'or' as const),
    extra: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(term, { minLength: 1, maxLength: 4 }), async (terms) => {
      const text = terms.map(({ column, operator, value, extra }) => {
        const name = column === 'partitionKey' ? 'PartitionKey' : 'RowKey'
        const own = `${name} ${operator} '${value.replaceAll("'", "''")}'`
        return extra ? `(${own} and n ge 0)` : own
      })
      const filter = text.reduce((left, right, at) => `(${left}) ${terms[at]?.joinedBy} ${right}`)
      const want = keys.filter((key) => {
        const results = terms.map(({ column, operator, value }) => compare[operator](key[column], value))
        return results.reduce((left, right, at) => (terms[at]?.joinedBy === 'and' ? left && right : left || right))
      })
      const got = await all(client, filter)
      assert.deepEqual(
        got.map(({ partitionKey, rowKey }) => ({ partitionKey, rowKey })),
        want,
      )
    }),
    { numRuns: 150 },
  )
})

test('a filter that does not parse is the caller’s error', async () => {
  const client = await freshTable()
  await rejectsWith(all(client, 'PartitionKey eq'), 400)
  assert.deepEqual(await all(client, odata`PartitionKey eq ${'no'} and n eq ${1}`), [])
})

test('what was answered survives kill -9', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hubless-tables-'))
  const path = join(folder, 'tables.db')
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../support/tables-process.ts', import.meta.url)), path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const connectionString = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()))
      child.once('exit', (code) => reject(new Error(`the tables process ended with ${code}`)))
    })
    const client = connect(connectionString, 'durable')
    await client.createTable()
    await client.createEntity({ partitionKey: 'p', rowKey: 'single', n: 1 })
    await client.submitTransaction([
      ['create', { partitionKey: 'p', rowKey: 'batch1' }],
      ['create', { partitionKey: 'p', rowKey: 'batch2' }],
    ])
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    const again = await startTables({ path })
    const rows = await all(connect(again.connectionString, 'durable'))
    await again.close()
    assert.deepEqual(
      rows.map((row) => row.rowKey),
      ['batch1', 'batch2', 'single'],
    )
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
})
