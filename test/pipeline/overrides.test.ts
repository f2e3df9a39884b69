// Overrides and envelopes, end to end: what one cluster gets differs from the hub's objects, and people can see why.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { FailedPlacement } from '../../shared/api/placement.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import {
  aClusterEnvelope,
  aClusterOverride,
  aResourceEnvelope,
  aResourceOverride,
} from '../support/override-builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const names = ['one', 'two', 'three'] as const
const fleet = '/apis/placement.kubernetes-fleet.io/v1beta1'

async function fleetWorld() {
  const world = await createWorld({ members: [] })
  for (const name of names) await world.apply(...clusterObjects(name, { region: name === 'two' ? 'east' : 'west' }))
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }))
  return world
}

async function shopWorld(...overrides: readonly KubeObject[]) {
  const world = await fleetWorld()
  await world.apply(...overrides, aPlacement('shop', 'shop'))
  await world.run()
  return world
}

const colours = (world: World) =>
  names.map(
    (name) =>
      (world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string } | undefined)?.colour,
  )

async function entry(world: World, cluster: string) {
  return (await world.status('shop'))?.placementStatuses?.find(({ clusterName }) => clusterName === cluster)
}

async function said(world: World, cluster: string, type: string) {
  return (await entry(world, cluster))?.conditions?.find((condition) => condition.type === type)
}

async function overall(world: World, type: string) {
  const conditions = (await world.status('shop'))?.conditions ?? []
  return conditions.find((condition) => condition.type === `ClusterResourcePlacement${type}`)
}

async function namesAt(world: World, path: string) {
  const { body } = await world.request('GET', `${fleet}${path}`)
  return (body.items ?? []).map(({ metadata }) => metadata.name)
}

const paint = (colour: string) => [{ op: 'replace' as const, path: '/data/colour', value: colour }]

test('an override made together with the placement changes the clusters it selects, and the status names it', async () => {
  const world = await shopWorld(
    aResourceOverride('east', 'shop', 'settings', { on: { region: 'east' }, patches: paint('red') }),
  )
  assert.deepEqual(colours(world), ['blue', 'red', 'blue'])
  assert.deepEqual((await entry(world, 'two'))?.applicableResourceOverrides, [{ name: 'east-0', namespace: 'shop' }])
  assert.equal((await entry(world, 'one'))?.applicableResourceOverrides?.length ?? 0, 0)
  assert.equal((await said(world, 'two', 'Overridden'))?.reason, 'OverriddenSucceeded')
  assert.equal((await said(world, 'one', 'Overridden'))?.reason, 'NoOverrideSpecified')
  assert.equal((await overall(world, 'Overridden'))?.reason, 'OverriddenSucceeded')
  assert.equal((await overall(world, 'Available'))?.status, 'True')
})

test('a cluster override fills in the name and the labels of each cluster', async () => {
  const value = '$' + '{MEMBER-CLUSTER-NAME}.$' + '{MEMBER-CLUSTER-LABEL-KEY-region}'
  const patches = [{ op: 'add' as const, path: '/metadata/labels/where', value }]
  const settings = { ...aConfigMap('shop', 'settings', { colour: 'blue' }) }
  const world = await fleetWorld()
  await world.apply(
    { ...settings, metadata: { ...settings.metadata, labels: { app: 'shop' } } },
    { ...aNamespace('shop'), metadata: { name: 'shop', labels: { app: 'shop' } } },
    aClusterOverride('where', 'shop', { patches }),
    aPlacement('shop', 'shop'),
  )
  await world.run()
  for (const name of names) {
    const want = `${name}.${name === 'two' ? 'east' : 'west'}`
    assert.equal(world.member(name).find('Namespace', 'shop')?.metadata.labels?.['where'], want)
    assert.equal(world.member(name).find('ConfigMap', 'settings', 'shop')?.metadata.labels?.['where'], want)
  }
  assert.deepEqual((await entry(world, 'one'))?.applicableClusterResourceOverrides, ['where-0'])
})

test('a changed override makes a new snapshot and reaches its clusters', async () => {
  const world = await shopWorld(aResourceOverride('paint', 'shop', 'settings', { patches: paint('red') }))
  assert.deepEqual(colours(world), ['red', 'red', 'red'])
  await world.apply(aResourceOverride('paint', 'shop', 'settings', { on: { region: 'west' }, patches: paint('green') }))
  await world.run()
  assert.deepEqual(colours(world), ['green', 'blue', 'green'])
  const { body } = await world.request('GET', `${fleet}/namespaces/shop/resourceoverridesnapshots`)
  assert.deepEqual(
    body.items?.map(({ metadata }) => [metadata.name, metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot']]),
    [
      ['paint-0', 'false'],
      ['paint-1', 'true'],
    ],
  )
})

test('an override that goes away leaves no trace', async () => {
  const override = aResourceOverride('paint', 'shop', 'settings', { patches: paint('red') })
  const world = await shopWorld(override)
  await world.remove(override)
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  assert.equal(await world.get(override), undefined)
  assert.deepEqual(await namesAt(world, '/resourceoverridesnapshots'), [])
  assert.equal((await overall(world, 'Overridden'))?.reason, 'NoOverrideSpecified')
  assert.equal((await overall(world, 'Available'))?.status, 'True')
})

test('an override can leave an object out, and let it come back', async () => {
  const override = aResourceOverride('none', 'shop', 'settings', { on: { region: 'west' }, delete: true })
  const world = await shopWorld()
  await world.apply(override)
  await world.run()
  assert.deepEqual(colours(world), [undefined, 'blue', undefined])
  assert.equal((await overall(world, 'Available'))?.status, 'True')
  await world.remove(override)
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('an override that cannot be applied is told in full, touches nothing, and harms no other cluster', async () => {
  const world = await shopWorld()
  const patches = [{ op: 'remove' as const, path: '/data/taste' }]
  await world.apply(aResourceOverride('bad', 'shop', 'settings', { on: { region: 'east' }, patches }))
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  const failed = await said(world, 'two', 'Overridden')
  assert.deepEqual([failed?.status, failed?.reason], ['False', 'OverriddenFailed'])
  assert.match(failed?.message ?? '', /ResourceOverrideSnapshot "bad-0" failed to apply on ConfigMap "settings"/)
  assert.equal((await overall(world, 'Overridden'))?.status, 'False')
  assert.equal((await said(world, 'one', 'Available'))?.status, 'True')
  await world.apply(aResourceOverride('bad', 'shop', 'settings', { on: { region: 'east' }, patches: paint('red') }))
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'red', 'blue'])
  assert.equal((await overall(world, 'Available'))?.status, 'True')
})

test('a label an override speaks of may be given later', async () => {
  const value = '$' + '{MEMBER-CLUSTER-LABEL-KEY-colour}'
  const world = await shopWorld(aResourceOverride('label', 'shop', 'settings', { patches: paint(value) }))
  assert.match((await said(world, 'one', 'Overridden'))?.message ?? '', /label key colour not found on cluster one/)
  for (const name of names) await world.apply(...clusterObjects(name, { region: 'west', colour: 'pink' }))
  await world.run()
  assert.deepEqual(colours(world), ['pink', 'pink', 'pink'])
  assert.equal((await overall(world, 'Available'))?.status, 'True')
})

test('a cluster that gets or loses a label gets or loses what overrides say of it', async () => {
  const world = await shopWorld(
    aResourceOverride('east', 'shop', 'settings', { on: { region: 'east' }, patches: paint('red') }),
  )
  await world.apply(...clusterObjects('one', { region: 'east' }), ...clusterObjects('two', { region: 'west' }))
  await world.run()
  assert.deepEqual(colours(world), ['red', 'blue', 'blue'])
})

test('a cluster can be selected by its name', async () => {
  const on = { 'kubernetes-fleet.io/member-name': 'three' }
  const world = await shopWorld(aResourceOverride('third', 'shop', 'settings', { on, patches: paint('red') }))
  assert.deepEqual(colours(world), ['blue', 'blue', 'red'])
})

test('an override meant for one placement leaves the others alone', async () => {
  const world = await shopWorld(
    aResourceOverride('other', 'shop', 'settings', { patches: paint('red'), placement: { name: 'other' } }),
  )
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('only so many snapshots of an override are kept', async () => {
  const world = await shopWorld()
  for (let at = 0; at < 13; at += 1) {
    await world.apply(aResourceOverride('paint', 'shop', 'settings', { patches: paint(`colour-${at}`) }))
    await world.run()
  }
  assert.deepEqual(colours(world), ['colour-12', 'colour-12', 'colour-12'])
  const kept = await namesAt(world, '/namespaces/shop/resourceoverridesnapshots')
  assert.deepEqual([kept.length, kept.includes('paint-0'), kept.includes('paint-12')], [10, false, true])
})

test('what is in an envelope takes effect on the members only', async () => {
  const world = await fleetWorld()
  const role: KubeObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'shop-reader' },
    rules: [],
  }
  const envelope = { group: 'placement.kubernetes-fleet.io', version: 'v1beta1', kind: 'ClusterResourceEnvelope' }
  await world.apply(
    aResourceEnvelope('shop', 'inside', aConfigMap('shop', 'wrapped', { colour: 'blue' })),
    aClusterEnvelope('roles', role),
    aResourceOverride('paint', 'shop', 'wrapped', { on: { region: 'east' }, patches: paint('red') }),
    aPlacement('shop', 'shop', {
      resourceSelectors: [
        { group: '', version: 'v1', kind: 'Namespace', name: 'shop' },
        { ...envelope, name: 'roles' },
      ],
    }),
  )
  await world.run()
  assert.deepEqual(
    names.map((name) => world.member(name).find('ConfigMap', 'wrapped', 'shop')?.['data']),
    ['blue', 'red', 'blue'].map((colour) => ({ colour })),
  )
  for (const name of names) {
    assert.ok(world.member(name).find('ClusterRole', 'shop-reader'))
    assert.ok(
      world
        .member(name)
        .list()
        .every(({ kind }) => !kind.endsWith('Envelope')),
    )
  }
  assert.equal(await world.get(role), undefined)
  assert.equal((await overall(world, 'Available'))?.status, 'True')
  const works = await namesAt(world, '/namespaces/fleet-member-two/works')
  assert.equal(works.length, 3)
  assert.equal(works.filter((name) => /^shop-work-envelope-[0-9a-f]{16}$/.test(name ?? '')).length, 2)
})

test('a manifest that fails is told with the envelope it came from', async () => {
  const world = await fleetWorld()
  world.member('two').refuse('ConfigMap', 'no config maps here')
  await world.apply(aResourceEnvelope('shop', 'inside', aConfigMap('shop', 'wrapped')), aPlacement('shop', 'shop'))
  await world.run()
  const failed: readonly FailedPlacement[] = (await entry(world, 'two'))?.failedPlacements ?? []
  assert.deepEqual(failed.find(({ name }) => name === 'wrapped')?.envelope, {
    name: 'inside',
    namespace: 'shop',
    type: 'ResourceEnvelope',
  })
  assert.equal(failed.find(({ name }) => name === 'settings')?.envelope, undefined)
})

test('an envelope with foreign content places nothing of the change and says which entry is wrong', async () => {
  const world = await shopWorld()
  await world.apply(aResourceEnvelope('shop', 'bad', aConfigMap('elsewhere', 'wrapped')))
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  const failed = await said(world, 'one', 'WorkSynchronized')
  assert.deepEqual([failed?.status, failed?.reason], ['False', 'SyncWorkFailed'])
  assert.match(failed?.message ?? '', /data\["0.yaml"\] of ResourceEnvelope shop\/bad is in namespace "elsewhere"/)
  await world.apply(aResourceEnvelope('shop', 'bad', aConfigMap('shop', 'wrapped')))
  await world.run()
  assert.deepEqual(colours(world), ['green', 'green', 'green'])
})
