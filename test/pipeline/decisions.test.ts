// Why clusters were picked or not, as users read it: in a table, whole, and as it was before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SchedulingDecision } from '../../shared/api/decision.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const path = '/apis/hubless.dev/v1alpha1/clusterschedulingdecisions'
const west = {
  clusterAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      clusterSelectorTerms: [{ labelSelector: { matchLabels: { region: 'west' } } }],
    },
  },
}

async function westWorld(members: readonly string[]): Promise<World> {
  const world = await createWorld({ members })
  await world.apply(...members.flatMap((name, at) => clusterObjects(name, { region: at === 0 ? 'west' : 'east' })))
  await world.run()
  await world.apply(
    aNamespace('shop'),
    aConfigMap('shop', 'settings'),
    aPlacement('shop', 'shop', { policy: { placementType: 'PickAll', affinity: west } }),
  )
  await world.run()
  return world
}

async function tableOf(world: World, url: string) {
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const response = await world.api.handle(new Request(`http://hub${url}`, { headers }))
  const table = (await response.json()) as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }
  return { columns: table.columnDefinitions.map(({ name }) => name), rows: table.rows.map(({ cells }) => cells) }
}

test('sixty clusters get sixty reasons, in one object and one table row each', async () => {
  const members = Array.from({ length: 60 }, (_, at) => `c${String(at).padStart(2, '0')}`)
  const world = await westWorld(members)
  const { code, body } = await world.request('GET', `${path}/shop`)
  assert.equal(code, 200)
  const { clusters, number } = body as unknown as SchedulingDecision
  assert.equal(number >= 1, true)
  assert.deepEqual(
    clusters.map(({ cluster }) => cluster),
    members,
  )
  const last = clusters.at(-1)
  assert.deepEqual(
    [last?.selected, last?.plugin, last?.wanted, last?.seen],
    [false, 'ClusterAffinity', 'region=west', 'region=east'],
  )
  const { columns, rows } = await tableOf(world, `${path}/shop`)
  assert.deepEqual(columns.slice(0, 5), ['Cluster', 'Selected', 'Decided-By', 'Wanted', 'Seen'])
  assert.equal(rows.length, 60)
  assert.deepEqual(rows[1]?.slice(0, 5), ['c01', 'false', 'ClusterAffinity', 'region=west', 'region=east'])
  const list = await tableOf(world, path)
  assert.deepEqual(list.rows[0]?.slice(0, 7), ['shop', 'shop', String(number), 'shop-0', 'True', '1', '59'])
})

test('each change of who is picked makes a decision, earlier ones can be read by number, and ten are kept', async () => {
  const world = await westWorld(['one', 'two'])
  const start = (await world.placements.readHeader('shop'))?.value.decided?.number ?? 0
  for (let round = 0; round < 11; round += 1) {
    const policy = { placementType: 'PickAll' as const, affinity: round % 2 === 0 ? {} : west }
    await world.apply(aPlacement('shop', 'shop', { policy }))
    await world.run()
  }
  const { body } = await world.request('GET', `${path}/shop`)
  const latest = body as unknown as SchedulingDecision & { earlier: string[] }
  assert.equal(latest.number, start + 11)
  assert.deepEqual(latest.earlier[0], `shop:${start + 10}`)
  assert.equal(latest.earlier.length, 9)
  const before = (await world.request('GET', `${path}/${latest.earlier[0]}`)).body as unknown as SchedulingDecision
  assert.deepEqual(
    before.clusters.map(({ cluster, selected }) => [cluster, selected]),
    [
      ['one', true],
      ['two', false],
    ],
  )
  assert.deepEqual(
    latest.clusters.map(({ selected }) => selected),
    [true, true],
  )
  assert.equal((await world.request('GET', `${path}/shop:${start + 1}`)).code, 404)
  assert.equal((await world.request('GET', `${path}/shop:x`)).code, 404)
})

test('a fact that changes no outcome is shown without a new decision', async () => {
  const world = await westWorld(['one', 'two'])
  const before = (await world.request('GET', `${path}/shop`)).body as unknown as SchedulingDecision
  await world.apply(...clusterObjects('two', { region: 'north' }))
  await world.run()
  const after = (await world.request('GET', `${path}/shop`)).body as unknown as SchedulingDecision
  assert.equal(after.number, before.number)
  assert.equal(after.clusters[1]?.seen, 'region=north')
})

test('what was decided goes with the placement', async () => {
  const world = await westWorld(['one', 'two'])
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  assert.equal((await world.request('GET', `${path}/shop`)).code, 404)
})
