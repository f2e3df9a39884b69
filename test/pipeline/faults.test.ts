// The same life under faults at every port call: whatever breaks on the way, the fleet ends as it would have without.
// HUBLESS_SEEDS=7,8 plays given seeds; otherwise fixed ones, printed when one fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../support/builders.ts'
import { type FaultRates, manyFaults, noFaults } from '../support/faults.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const seeds =
  process.env['HUBLESS_SEEDS']?.split(',').map(Number) ?? Array.from({ length: 25 }, (_, index) => index + 1)
/** Every member has these. */
const builtinNamespace = /^(default|kube-.*)$/
const names = ['one', 'two', 'three'] as const
const fixed = (...clusterNames: readonly string[]) => ({
  placementType: 'PickFixed' as const,
  clusterNames: [...clusterNames],
})
const rolling = {
  type: 'RollingUpdate',
  rollingUpdate: { maxUnavailable: 1, maxSurge: 0, unavailablePeriodSeconds: 1 },
} as const

/** Everything a user does in the life of an app, with the pipeline left alone for a while in between. */
const stages: readonly ((world: World) => Promise<void>)[] = [
  async (world) => {
    await world.apply(
      aNamespace('shop'),
      aConfigMap('shop', 'settings', { colour: 'blue' }),
      aDeployment('shop', 'web'),
    )
    await world.apply(aPlacement('shop', 'shop', { strategy: rolling, policy: fixed(...names) }))
  },
  (world) => world.apply(aConfigMap('shop', 'settings', { colour: 'green' }), aConfigMap('shop', 'extra')),
  async (world) => {
    world.member('two').goDown()
    await world.apply(aConfigMap('shop', 'settings', { colour: 'red' }))
  },
  async (world) => {
    world.member('two').comeBack()
    await world.remove(aConfigMap('shop', 'extra'))
  },
  (world) =>
    world.apply(
      aPlacement('shop', 'shop', {
        strategy: rolling,
        policy: fixed('one', 'three'),
      }),
    ),
  async (world) => {
    // What stays on a member that leaves is what it had by then.
    world.faults.pause()
    for (let calm = 0; calm < 4; calm += 1) await world.tick()
    world.faults.resume()
    const [, cluster] = clusterObjects('three')
    if (cluster) await world.remove(cluster)
  },
]

async function play(seed: number, faults: FaultRates, upTo: number): Promise<World> {
  const world = await createWorld({ seed, faults: { ...faults }, members: names })
  await world.run(5_000)
  for (const stage of stages.slice(0, upTo)) {
    await stage(world)
    await world.run(5_000)
  }
  world.faults.stop()
  for (let calm = 0; calm < 6; calm += 1) await world.tick()
  return world
}

/** What a user can see in the end: objects on members without what differs from run to run, and the conditions. */
async function picture(world: World) {
  const members = names.map((name) =>
    world
      .member(name)
      .list()
      .filter(({ kind }) => kind !== 'CustomResourceDefinition')
      .map(({ kind, metadata, ...rest }) => ({
        kind,
        name: metadata.name,
        namespace: metadata.namespace,
        data: rest['data'],
      })),
  )
  const status = await world.status('shop')
  return {
    members,
    conditions: status?.conditions?.map(({ type, status: said, reason }) => [type, said, reason]),
    // Clusters are listed in the order they were picked, which faults may change.
    clusters: status?.placementStatuses
      ?.map(({ clusterName, conditions }) => [
        clusterName,
        conditions?.map(({ type, status: said, reason }) => [type, said, reason]),
      ])
      .sort(),
  }
}

for (const [upTo] of stages.entries()) {
  // With a member away, what it last got depends on when it went; it counts once it is back.
  if (upTo === 2) continue
  test(`after stage ${upTo + 1} of a life the fleet is as without faults, whatever broke on the way`, async () => {
    const want = await picture(await play(0, noFaults, upTo + 1))
    for (const seed of seeds) {
      const world = await play(seed, manyFaults, upTo + 1)
      assert.deepEqual(await picture(world), want, `seed ${seed}, faults ${JSON.stringify(world.faults.injected)}`)
    }
  })
}

test('a placement deleted under faults leaves every member clean', async () => {
  for (const seed of seeds) {
    const world = await createWorld({ seed, faults: { ...manyFaults }, members: names })
    await world.run(5_000)
    await stages[0]?.(world)
    await world.run(3_000)
    await world.remove(aPlacement('shop', 'shop'))
    await world.run(3_000)
    world.faults.stop()
    for (let calm = 0; calm < 6; calm += 1) await world.tick()
    for (const name of names)
      assert.deepEqual(
        world
          .member(name)
          .list()
          .filter(
            ({ kind, metadata }) => kind !== 'CustomResourceDefinition' && !builtinNamespace.test(metadata.name ?? ''),
          )
          .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
        [],
        `seed ${seed}, member ${name}`,
      )
    assert.equal(await world.placements.read('shop'), undefined, `seed ${seed}`)
  }
})

test('the budget holds at every instant, faults or not', async () => {
  for (const seed of seeds) {
    const world = await createWorld({ seed, faults: { ...manyFaults }, members: names })
    await world.run(5_000)
    await stages[0]?.(world)
    await world.run(5_000)
    world.faults.pause()
    for (let calm = 0; calm < 4; calm += 1) await world.tick()
    world.faults.resume()
    const colours = () =>
      names.map(
        (name) => (world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string })?.colour,
      )
    assert.deepEqual(colours(), ['blue', 'blue', 'blue'], `seed ${seed}`)

    // From here on the new content never becomes available: no more clusters than the budget may ever get it.
    let most = 0
    world.watchers.push(() => {
      most = Math.max(most, colours().filter((colour) => colour === 'green').length)
    })
    for (const name of names) world.member(name).refuse('Deployment', 'the new image is refused')
    await world.apply(
      aConfigMap('shop', 'settings', { colour: 'green' }),
      aDeployment('shop', 'web', 'registry.example/web:2'),
    )
    await world.run(30_000)
    world.faults.stop()
    await world.tick()
    assert.ok(most <= 1, `seed ${seed}: ${most} clusters had the failing revision at once`)
  }
})
