// The life of overrides under faults at every port call: whatever breaks on the way, every cluster ends with what the
// overrides say, and nothing of a deleted one is left. HUBLESS_SEEDS=7,8 plays given seeds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { type FaultRates, manyFaults, noFaults } from '../support/faults.ts'
import { aClusterOverride, aResourceEnvelope, aResourceOverride } from '../support/override-builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const seeds =
  process.env['HUBLESS_SEEDS']?.split(',').map(Number) ?? Array.from({ length: 25 }, (_, index) => index + 1)
const names = ['one', 'two', 'three'] as const

const paint = (colour: string) => [{ op: 'replace' as const, path: '/data/colour', value: colour }]
const label = '$' + '{MEMBER-CLUSTER-NAME}'
const tag = aClusterOverride('tag', 'shop', {
  patches: [{ op: 'add', path: '/metadata/annotations', value: { where: label } }],
})

const stages: readonly ((world: World) => Promise<void>)[] = [
  (world) =>
    world.apply(
      aNamespace('shop'),
      aConfigMap('shop', 'settings', { colour: 'blue' }),
      aResourceEnvelope('shop', 'inside', aConfigMap('shop', 'wrapped', { colour: 'blue' })),
      tag,
      aPlacement('shop', 'shop'),
      aResourceOverride('paint', 'shop', 'settings', { on: { region: 'west' }, patches: paint('red') }),
      aResourceOverride('wrap', 'shop', 'wrapped', { patches: paint('grey') }),
    ),
  (world) =>
    world.apply(aResourceOverride('paint', 'shop', 'settings', { on: { region: 'east' }, patches: paint('green') })),
  (world) => world.apply(aConfigMap('shop', 'settings', { colour: 'pink' })),
  (world) => world.remove(tag),
  (world) => world.remove(aResourceOverride('paint', 'shop', 'settings', { patches: [] })),
]

async function play(seed: number, faults: FaultRates, upTo: number): Promise<World> {
  const world = await createWorld({ seed, faults: { ...faults }, members: [] })
  for (const name of names) await world.apply(...clusterObjects(name, { region: name === 'two' ? 'east' : 'west' }))
  await world.run(5_000)
  for (const stage of stages.slice(0, upTo)) {
    await stage(world)
    await world.run(5_000)
  }
  world.faults.stop()
  for (let calm = 0; calm < 6; calm += 1) await world.tick()
  return world
}

/** How often a change was seen before the next one decides how many snapshots there are, not what they do. */
const overrideName = (snapshot: string) => snapshot.replace(/-\d+$/, '')

/** What a user can see in the end. */
async function picture(world: World) {
  const maps = names.map((name) =>
    ['settings', 'wrapped'].map((map) => {
      const found = world.member(name).find('ConfigMap', map, 'shop')
      return [found?.['data'], found?.metadata.annotations?.['where']]
    }),
  )
  const { body } = await world.request('GET', '/apis/placement.kubernetes-fleet.io/v1beta1/resourceoverridesnapshots')
  const status = await world.status('shop')
  return {
    maps,
    latest: body.items
      ?.filter(({ metadata }) => metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot'] === 'true')
      .map(({ metadata }) => overrideName(metadata.name ?? '')),
    conditions: status?.conditions?.map(({ type, status: said, reason }) => [type, said, reason]),
    clusters: status?.placementStatuses
      ?.map(({ clusterName, applicableResourceOverrides, applicableClusterResourceOverrides }) => [
        clusterName,
        applicableResourceOverrides?.map(({ name }) => overrideName(name)) ?? [],
        applicableClusterResourceOverrides?.map(overrideName) ?? [],
      ])
      .sort(),
  }
}

for (const [upTo] of stages.entries())
  test(`after stage ${upTo + 1} of their life overrides are where they would be without faults`, async () => {
    const want = await picture(await play(0, noFaults, upTo + 1))
    for (const seed of seeds) {
      const world = await play(seed, manyFaults, upTo + 1)
      assert.deepEqual(await picture(world), want, `seed ${seed}, faults ${JSON.stringify(world.faults.injected)}`)
    }
  })
