// What nobody asked to be removed stays: held with a condition that counts it and says how to let it go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlacementHeader } from '../../shared/api/placement-record.ts'
import { resync } from '../../shared/app/timers.ts'
import { approvalAnnotation } from '../../shared/domain/guard/removal-guard.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const names = Array.from({ length: 12 }, (_, at) => `settings-${at}`)

async function shopWorld(members: readonly string[] = ['one', 'two', 'three']): Promise<World> {
  const world = await createWorld({ members })
  await world.run()
  await world.apply(aNamespace('shop'), ...names.map((name) => aConfigMap('shop', name)), aPlacement('shop', 'shop'))
  await world.run()
  return world
}

const placed = (world: World, member = 'one') =>
  names.filter((name) => world.member(member).find('ConfigMap', name, 'shop')).length
const held = async (world: World) =>
  (await world.status('shop'))?.conditions?.find(({ type }) => type === 'ClusterResourcePlacementRemovalHeld')
const record = async (world: World): Promise<PlacementHeader | undefined> =>
  (await world.placements.read('shop'))?.header.value

async function approve(world: World): Promise<void> {
  const step = /approve-removal=([0-9a-f]{12})$/.exec((await held(world))?.message ?? '')?.[1]
  assert.ok(step, 'the message names the step')
  const path = '/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements/shop'
  const patch = { metadata: { annotations: { [approvalAnnotation]: step } } }
  assert.equal((await world.request('PATCH', path, patch, 'application/merge-patch+json')).code, 200)
  await world.run()
}

test('most of what a placement selects going away is held, told, and done once approved', async () => {
  const world = await shopWorld()
  for (const name of names.slice(0, 10)) await world.remove(aConfigMap('shop', name))
  await world.run()
  assert.equal(placed(world), 12)
  const condition = await held(world)
  assert.deepEqual([condition?.status, condition?.reason], ['True', 'UnusualRemoval'])
  assert.match(condition?.message ?? '', /^10 of 13 selected objects \(77 %\) are not there any more/)
  assert.match(
    condition?.message ?? '',
    /kubectl annotate --overwrite clusterresourceplacement shop hubless.io\/approve/,
  )

  await world.tick()
  assert.equal(placed(world), 12, 'neither a resync nor a sweep lets it go')
  await approve(world)
  assert.equal(placed(world), 2)
  assert.equal(await held(world), undefined)
})

test('an approval is of what was shown: when more goes, it is asked for again', async () => {
  const world = await shopWorld()
  for (const name of names.slice(0, 10)) await world.remove(aConfigMap('shop', name))
  await world.run()
  const step = (await record(world))?.heldSelection?.step
  await world.remove(aConfigMap('shop', 'settings-10'))
  await world.run()
  assert.notEqual((await record(world))?.heldSelection?.step, step)
  await approve(world)
  assert.equal(placed(world), 1)
})

test('what comes back in time was never gone', async () => {
  const world = await shopWorld()
  for (const name of names) await world.remove(aConfigMap('shop', name))
  await world.run()
  assert.equal(placed(world), 12)
  await world.apply(...names.map((name) => aConfigMap('shop', name)))
  await world.run()
  assert.equal(await held(world), undefined)
  assert.equal(placed(world), 12)
})

test('a loss in small steps is one loss', async () => {
  const world = await shopWorld()
  for (const name of names) {
    await world.remove(aConfigMap('shop', name))
    await world.run()
  }
  assert.equal(placed(world), 3, 'nine went one by one, the tenth was too many')
  assert.match((await held(world))?.message ?? '', /^1[0-2] of 13/)
})

test('a few objects of a small placement go as soon as they are deleted, and so does what the placement no longer selects', async () => {
  const world = await shopWorld()
  for (const name of names.slice(0, 3)) await world.remove(aConfigMap('shop', name))
  await world.run()
  assert.deepEqual([placed(world), await held(world)], [9, undefined])
  const other = aPlacement('shop', 'shop', {
    resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: 'cafe' }],
  })
  await world.apply(aNamespace('cafe'), other)
  await world.run()
  assert.deepEqual([placed(world), await held(world)], [0, undefined])
})

test('clusters that are missing without having left keep what they have', async () => {
  const members = ['one', 'two', 'three']
  const world = await shopWorld(members)
  const lists = world.platform.lists
  const present = lists.memberClusters
  Object.assign(lists, { memberClusters: async () => [] })
  await resync(world.platform)
  await world.run()
  assert.match((await held(world))?.message ?? '', /^3 of 3 clusters \(100 %\) are not there any more/)
  Object.assign(lists, { memberClusters: present })
  await world.tick()
  assert.deepEqual(
    members.map((name) => placed(world, name)),
    [12, 12, 12],
  )
  assert.equal(await held(world), undefined)
})

test('a cluster that leaves on purpose asks nobody', async () => {
  const world = await shopWorld()
  for (const name of ['two', 'three']) {
    const [, cluster] = clusterObjects(name)
    if (cluster) await world.remove(cluster)
  }
  await world.run()
  assert.deepEqual(
    [(await world.status('shop'))?.placementStatuses?.map(({ clusterName }) => clusterName), await held(world)],
    [['one'], undefined],
  )
})

test('a placement that vanished without being deleted leaves everything where it is, and an event that says so', async () => {
  const world = await shopWorld()
  const type = { group: 'placement.kubernetes-fleet.io', resource: 'clusterresourceplacements' }
  const stored = await world.objects.get(type, { name: 'shop' })
  await world.objects.write(type, { key: { name: 'shop' }, expect: stored?.revision ?? 0, object: undefined })
  await world.tick()
  assert.equal(placed(world), 12)
  const { body } = await world.request('GET', '/api/v1/namespaces/default/events')
  assert.ok(body.items?.some((event) => event['reason'] === 'PlacementVanished' && event['type'] === 'Warning'))
  await world.apply(aPlacement('shop', 'shop'))
  await world.run()
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  assert.equal(placed(world), 0)
})

test('credentials that lead to another cluster of the fleet change and remove nothing there', async () => {
  const world = await createWorld({ members: ['one', 'two'] })
  await world.run()
  const fixed = (...clusterNames: string[]) => ({ placementType: 'PickFixed' as const, clusterNames })
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings-0'))
  await world.apply(aPlacement('shop', 'shop', { policy: fixed('one', 'two') }))
  await world.run()
  const work = world.member('two').find('AppliedWork', 'shop-work')
  assert.ok(work)
  world.member('two').put({ ...work, spec: { ...(work['spec'] as object), workNamespace: 'fleet-member-one' } })
  await world.apply(aPlacement('shop', 'shop', { policy: fixed('one') }))
  await world.run()
  assert.ok(
    world.member('two').find('ConfigMap', 'settings-0', 'shop'),
    'it may be the other cluster whose work this is',
  )
})
