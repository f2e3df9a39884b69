// The small stores, each suite on memory and on tables.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { TableClient } from '@azure/data-tables'
import { startTables } from '../../infra/local/table/start-tables.ts'
import { TableClusterStore } from '../../shared/adapters/azure/table-cluster-store.ts'
import { TableOwnerIndex } from '../../shared/adapters/azure/table-owner-index.ts'
import { TablePayloadStore } from '../../shared/adapters/azure/table-payload-store.ts'
import { MemoryClusterStore } from '../../shared/adapters/memory/cluster-store.ts'
import { MemoryOwnerIndex } from '../../shared/adapters/memory/owner-index.ts'
import { MemoryPayloadStore } from '../../shared/adapters/memory/payload-store.ts'
import { NotFoundError } from '../../shared/errors.ts'

const tables = await startTables({})
after(() => tables.close())
async function table(name: string): Promise<TableClient> {
  const client = TableClient.fromConnectionString(tables.connectionString, name, { allowInsecureConnection: true })
  await client.createTable()
  return client
}
const payloads = await table('payloads')

for (const [adapter, store, cold] of [
  ['memory', new MemoryPayloadStore(), undefined],
  ['tables', new TablePayloadStore(payloads), new TablePayloadStore(payloads)],
] as const) {
  test(`${adapter}: a payload is found under its hash, however large, and storing it again changes nothing`, async () => {
    const texts = ['', '{"a":1}', 'x'.repeat(3_000_000), randomBytes(1_200_000).toString('base64')]
    for (const text of texts) {
      const hash = await store.put(text)
      assert.equal(await store.put(text), hash)
      assert.equal((await (cold ?? store).get(hash)) === text, true, `payload of ${text.length} characters`)
    }
  })

  test(`${adapter}: a hash nobody stored is not found`, async () => {
    await assert.rejects(store.get('0'.repeat(64)), NotFoundError)
  })
}

for (const [adapter, store] of [
  ['memory', new MemoryClusterStore()],
  ['tables', new TableClusterStore(await table('clusters'))],
] as const) {
  test(`${adapter}: a cluster knows the placements that entered and did not leave`, async () => {
    for (const placement of ['b', 'ns/a', 'c', 'b']) await store.enter('one', placement)
    await store.enter('two', 'z')
    await store.leave('one', 'c')
    await store.leave('one', 'never-there')
    assert.deepEqual([...(await store.placements('one'))].sort(), ['b', 'ns/a'])
    assert.deepEqual(await store.placements('three'), [])
    const [first = ''] = await store.placements('one', { limit: 1 })
    const rest = await store.placements('one', { after: first })
    assert.deepEqual(new Set([first, ...rest]), new Set(['b', 'ns/a']))
  })
}

for (const [adapter, index] of [
  ['memory', new MemoryOwnerIndex()],
  ['tables', new TableOwnerIndex(await table('owners'))],
] as const) {
  test(`${adapter}: an owner's dependents are found by its uid until they are forgotten`, async () => {
    const map = { type: { group: '', resource: 'configmaps' }, key: { namespace: 'shop', name: 'a:b' } }
    const role = { type: { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' }, key: { name: 'x|y/z' } }
    for (const owned of [map, role, map]) await index.note('uid-1', owned)
    await index.note('uid-2', map)
    const byResource = async (uid: string) =>
      [...(await index.dependents(uid))].sort((a, b) => (a.type.resource < b.type.resource ? -1 : 1))
    assert.deepEqual(await byResource('uid-1'), [role, map])
    await index.forget('uid-1', [map])
    await index.forget('uid-1', [map])
    assert.deepEqual(await byResource('uid-1'), [role])
    assert.deepEqual(await byResource('uid-2'), [map])
    assert.deepEqual(await byResource('nobody'), [])
  })
}
