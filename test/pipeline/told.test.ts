// What people are told beside the status: Events of a placement, and its status inside the namespace it places.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementStatus } from '../../shared/api/placement.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { manyFaults } from '../support/faults.ts'
import { createWorld, type World } from '../support/world.ts'

const reasons = [
  'PlacementApplied',
  'PlacementAvailable',
  'PlacementOverriddenSucceeded',
  'PlacementRolloutCompleted',
  'PlacementRolloutStarted',
  'PlacementWorkSynchronized',
]

async function shopWorld(placement: KubeObject = aPlacement('shop', 'shop')) {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), placement)
  await world.run()
  return world
}

async function eventsIn(world: World, namespace: string) {
  const { body } = await world.request('GET', `/api/v1/namespaces/${namespace}/events`)
  return (body.items ?? []).map((event) => ({
    reason: event['reason'] as string,
    count: event['count'] as number,
    about: event['involvedObject'] as { kind: string; name: string; uid: string },
    message: event['message'] as string,
  }))
}

const counts = (events: Awaited<ReturnType<typeof eventsIn>>) =>
  events.map(({ reason, count }) => `${reason} ${count}`).sort()

test('each stage of a rollout is an event of its placement', async () => {
  const world = await shopWorld()
  const events = await eventsIn(world, 'default')
  assert.deepEqual(
    counts(events),
    reasons.map((reason) => `${reason} 1`),
  )
  const uid = (await world.get(aPlacement('shop', 'shop')))?.metadata.uid
  for (const { about, message } of events) {
    assert.deepEqual([about.kind, about.name, about.uid], ['ClusterResourcePlacement', 'shop', uid])
    assert.ok(message.length > 0)
  }
})

test('what happens again is counted, not told anew; what did not happen is not told', async () => {
  const world = await shopWorld()
  await world.tick()
  assert.deepEqual(
    counts(await eventsIn(world, 'default')),
    reasons.map((reason) => `${reason} 1`),
  )
  for (const name of ['one', 'two', 'three']) world.member(name).goDown()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  for (const name of ['one', 'two', 'three']) world.member(name).comeBack()
  await world.tick()
  const events = await eventsIn(world, 'default')
  assert.equal(events.length, reasons.length)
  assert.equal(events.find(({ reason }) => reason === 'PlacementAvailable')?.count, 2)
})

test('events of a namespaced placement are in its namespace', async () => {
  const selector = { group: '', version: 'v1', kind: 'ConfigMap', name: 'settings' }
  const world = await createWorld()
  await world.run()
  // A namespaced placement does not bring its namespace along.
  for (const name of ['one', 'two', 'three']) world.member(name).put(aNamespace('shop'))
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings'), {
    ...aPlacement('app', 'shop', { resourceSelectors: [selector] }),
    kind: 'ResourcePlacement',
    metadata: { name: 'app', namespace: 'shop' },
  })
  await world.run()
  assert.deepEqual(
    counts(await eventsIn(world, 'shop')),
    reasons.map((reason) => `${reason} 1`),
  )
  assert.deepEqual(await eventsIn(world, 'default'), [])
})

test('differences that are only reported end with an event of their own', async () => {
  const strategy = { type: 'RollingUpdate', applyStrategy: { type: 'ReportDiff' } } as const
  const world = await shopWorld(aPlacement('shop', 'shop', { strategy }))
  const told = (await eventsIn(world, 'default')).map(({ reason }) => reason)
  assert.ok(told.includes('PlacementDiffReported'), told.join(' '))
  assert.ok(!told.includes('PlacementApplied'), told.join(' '))
})

const visible = aPlacement('shop', 'shop', { statusReportingScope: 'NamespaceAccessible' })
const mirrorKey = {
  apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
  kind: 'ClusterResourcePlacementStatus',
  metadata: { name: 'shop', namespace: 'shop' },
}

function told(status: PlacementStatus | undefined, type: string) {
  return status?.conditions?.find((condition) => condition.type === `ClusterResourcePlacement${type}`)
}

function withoutSynced(status: PlacementStatus | undefined) {
  return {
    ...status,
    conditions: status?.conditions?.filter(({ type }) => type !== 'ClusterResourcePlacementStatusSynced'),
  }
}

test('a placement that wants it shows its status in its namespace, and says that it does', async () => {
  const world = await shopWorld(visible)
  const status = await world.status('shop')
  assert.equal(told(status, 'Available')?.status, 'True')
  assert.deepEqual(
    [told(status, 'StatusSynced')?.status, told(status, 'StatusSynced')?.reason],
    ['True', 'StatusSyncSucceeded'],
  )
  const mirror = await world.get(mirrorKey)
  assert.deepEqual(mirror?.['sourceStatus'], withoutSynced(status))
  const revision = mirror?.metadata.resourceVersion
  await world.tick()
  assert.equal((await world.get(mirrorKey))?.metadata.resourceVersion, revision, 'the same is not written again')
})

test('a mirror that is deleted or edited is put right, and goes with its placement', async () => {
  const world = await shopWorld(visible)
  await world.remove(mirrorKey)
  await world.run()
  const mirror = await world.get(mirrorKey)
  assert.ok(mirror)
  await world.request(
    'PUT',
    '/apis/placement.kubernetes-fleet.io/v1beta1/namespaces/shop/clusterresourceplacementstatuses/shop',
    {
      ...mirror,
      sourceStatus: {},
    },
  )
  await world.run()
  assert.deepEqual((await world.get(mirrorKey))?.['sourceStatus'], withoutSynced(await world.status('shop')))
  await world.remove(visible)
  await world.run()
  assert.equal(await world.get(mirrorKey), undefined)
})

test('the namespace of such a placement may not change, and its status says so', async () => {
  const world = await shopWorld(visible)
  await world.apply(aNamespace('other'), aPlacement('shop', 'other', { statusReportingScope: 'NamespaceAccessible' }))
  await world.run()
  const scheduled = told(await world.status('shop'), 'Scheduled')
  assert.deepEqual([scheduled?.status, scheduled?.reason], ['False', 'InvalidResourceSelectors'])
  assert.match(scheduled?.message ?? '', /names namespace "other", but "shop" was placed before/)
  assert.ok(world.member('one').find('ConfigMap', 'settings', 'shop'))
  await world.apply(visible)
  await world.run()
  assert.equal(told(await world.status('shop'), 'Available')?.status, 'True')
})

test('a namespace that is not there yet is told, and the mirror comes with it', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(visible)
  await world.run()
  const synced = told(await world.status('shop'), 'StatusSynced')
  assert.deepEqual([synced?.status, synced?.reason], ['False', 'StatusSyncFailed'])
  assert.match(synced?.message ?? '', /namespace "shop" does not exist/)
  await world.apply(aNamespace('shop'))
  await world.run()
  assert.ok(await world.get(mirrorKey))
  assert.equal(told(await world.status('shop'), 'StatusSynced')?.status, 'True')
})

const seeds =
  process.env['HUBLESS_SEEDS']?.split(',').map(Number) ?? Array.from({ length: 25 }, (_, index) => index + 1)

test('under faults the mirror ends with the status, and every event is told at most once a turn', async () => {
  for (const seed of seeds) {
    const world = await createWorld({ seed, faults: { ...manyFaults } })
    await world.run(5_000)
    await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), visible)
    await world.run(5_000)
    world.faults.stop()
    for (let calm = 0; calm < 6; calm += 1) await world.tick()
    const status = await world.status('shop')
    assert.equal(told(status, 'StatusSynced')?.status, 'True', `seed ${seed}`)
    assert.deepEqual((await world.get(mirrorKey))?.['sourceStatus'], withoutSynced(status), `seed ${seed}`)
    const events = await eventsIn(world, 'default')
    assert.equal(new Set(events.map(({ reason }) => reason)).size, events.length, `seed ${seed}`)
    await world.remove(visible)
    await world.run()
    await world.tick()
    assert.equal(await world.get(mirrorKey), undefined, `seed ${seed}`)
  }
})
