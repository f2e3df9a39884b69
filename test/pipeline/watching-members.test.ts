// What others change on members is found by looking at changes alone; members where nothing changed are hardly asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sweepDrift } from '../../shared/app/timers.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

const names = ['one', 'two', 'three'] as const

async function shopWorld(): Promise<World> {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run()
  await look(world)
  return world
}

/** What the timer of the sweep does, and everything it sets going. */
async function look(world: World): Promise<void> {
  await sweepDrift(world.platform)
  await world.run()
}

const colours = (world: World) =>
  names.map(
    (name) => (world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string })?.colour,
  )
const callsOf = (world: World) => names.map((name) => ({ ...world.member(name).calls }))

test('a look at members where nothing changed costs one watch for each kind placed there, and reads no object', async () => {
  const world = await shopWorld()
  const before = callsOf(world)
  await look(world)
  for (const [at, name] of names.entries()) {
    const { calls } = world.member(name)
    assert.equal(calls.watch - (before[at]?.watch ?? 0), 3, 'Namespace, ConfigMap and AppliedWork')
    for (const verb of ['get', 'list', 'create', 'apply', 'patch', 'update'] as const)
      assert.equal(calls[verb], before[at]?.[verb], verb)
  }
})

test('only the placement whose object somebody changed is worked on, and only on that member', async () => {
  const world = await shopWorld()
  await world.apply(aNamespace('cafe'), aConfigMap('cafe', 'menu', { soup: 'leek' }), aPlacement('cafe', 'cafe'))
  await world.run()
  await look(world)
  const member = world.member('two')
  const live = member.find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  member.put({ ...live, data: { colour: 'red' } })
  const before = callsOf(world)
  const from = member.log.length
  await look(world)
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  assert.ok(!member.log.slice(from).some(({ name }) => name === 'menu'), 'the other placement was left alone')
  assert.equal(world.member('one').calls.get, before[0]?.get)
})

test('what somebody deletes, or takes from its owner, comes back without a comparison of everything', async () => {
  const world = await shopWorld()
  world.member('one').remove('ConfigMap', 'settings', 'shop')
  const live = world.member('three').find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  world.member('three').put({ ...live, metadata: { ...live.metadata, ownerReferences: [] }, data: { colour: 'red' } })
  await look(world)
  assert.equal(colours(world)[0], 'blue')
  assert.equal(world.member('three').find('ConfigMap', 'settings', 'shop')?.metadata.ownerReferences?.length, 1)
})

test('a member whose history is unknown is compared as a whole', async () => {
  const world = await shopWorld()
  await world.platform.clusters.forgetKinds('two')
  const live = world.member('two').find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  world.member('two').put({ ...live, data: { colour: 'red' } })
  for (const kind of await world.platform.clusters.kinds('one'))
    await world.platform.clusters.noteKind('two', { ...kind, seen: undefined })
  await look(world)
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('a wish for a look that waited longer than a look takes is dropped', async () => {
  const world = await shopWorld()
  const before = world.member('one').calls.watch
  Object.assign(world.platform.settings, { driftWatchMs: 1 })
  await sweepDrift(world.platform)
  world.clock.advance(10)
  await world.deliverDue()
  assert.equal(world.member('one').calls.watch, before)
})
