// Resource snapshots as users see them: held back, split at 800 KB, numbered, pruned.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

const resource = '/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourcesnapshots'
const label = (name: string) => `kubernetes-fleet.io/${name}`

async function snapshots(world: World): Promise<KubeObject[]> {
  const { body } = await world.request('GET', resource)
  return (body.items ?? []).sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
}

const colourOn = (world: World) =>
  (world.member('one').find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string } | undefined)?.colour

test('a change waits for the collection window and the minimum interval, the first snapshot for nothing', async () => {
  const settings = { snapshotMinIntervalMs: 30_000, snapshotCollectMs: 15_000 }
  const world = await createWorld({ members: ['one'], settings })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run(5_000)
  assert.equal(colourOn(world), 'blue')
  const created = Date.parse((await snapshots(world))[0]?.metadata.creationTimestamp ?? '')

  world.clock.advance(20_000)
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run(2_000)
  const [held] = await snapshots(world)
  assert.ok(held?.metadata.annotations?.[label('next-resource-snapshot-candidate-detection-time')])
  assert.equal((await snapshots(world)).length, 1)
  assert.equal(colourOn(world), 'blue')
  assert.equal((await world.status('shop'))?.observedResourceIndex, '0')

  // More changes within the window are one snapshot.
  await world.apply(aConfigMap('shop', 'settings', { colour: 'red' }))
  await world.run(30_000)
  const after = await snapshots(world)
  assert.equal(after.length, 2)
  assert.equal(colourOn(world), 'red')
  const next = Date.parse(after[1]?.metadata.creationTimestamp ?? '')
  assert.ok(next - created >= 30_000, `${next - created} ms between snapshots`)
})

test('a selection beyond 800 KB is shown in pieces, found from the first, and placed whole', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  const big = (name: string) => aConfigMap('shop', name, { text: name.repeat(300_000) })
  await world.apply(aNamespace('shop'), big('a'), big('b'), big('c'), aPlacement('shop', 'shop'))
  await world.run()
  const all = await snapshots(world)
  assert.deepEqual(
    all.map(({ metadata }) => metadata.name),
    ['shop-0-0', 'shop-0-snapshot'],
  )
  const [piece, master] = all
  assert.equal(master?.metadata.annotations?.[label('number-of-resource-snapshots')], '2')
  assert.equal(master?.metadata.labels?.[label('is-latest-snapshot')], 'true')
  assert.equal(piece?.metadata.labels?.[label('is-latest-snapshot')], undefined)
  assert.equal(piece?.metadata.labels?.[label('resource-index')], '0')
  assert.equal(piece?.metadata.annotations?.[label('subindex-of-resource-snapshot')], '0')
  const size = (object: KubeObject | undefined) =>
    ((object?.['spec'] as { selectedResources?: unknown[] } | undefined)?.selectedResources ?? []).length
  assert.deepEqual([size(master), size(piece)], [3, 1])
  for (const name of ['a', 'b', 'c']) assert.ok(world.member('one').find('ConfigMap', name, 'shop'), name)
})

test('history is pruned to the limit, policies and resources alike, and numbers go on', async () => {
  const world = await createWorld({ members: ['one', 'two'] })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: '0' }))
  for (let round = 0; round < 5; round += 1) {
    const policy = { placementType: 'PickFixed' as const, clusterNames: [round % 2 === 0 ? 'one' : 'two'] }
    await world.apply(
      aConfigMap('shop', 'settings', { colour: String(round) }),
      aPlacement('shop', 'shop', { revisionHistoryLimit: 2, policy }),
    )
    await world.run()
  }
  assert.deepEqual(
    (await snapshots(world)).map(({ metadata }) => [metadata.name, metadata.labels?.[label('is-latest-snapshot')]]),
    [
      ['shop-3-snapshot', 'false'],
      ['shop-4-snapshot', 'true'],
    ],
  )
  const { body } = await world.request('GET', resource.replace('resourcesnapshots', 'schedulingpolicysnapshots'))
  assert.deepEqual((body.items ?? []).map(({ metadata }) => metadata.name).sort(), ['shop-3', 'shop-4'])
})
