// A ResourcePlacement from its creation to its end: objects of one namespace, placed where that namespace is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SchedulingDecision } from '../../shared/api/decision.ts'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementSpec, PlacementStatus } from '../../shared/api/placement.ts'
import type { PlacementPlanStatus } from '../../shared/api/plan.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { aResourceOverride } from '../support/override-builders.ts'
import { createWorld, type World } from '../support/world.ts'

const fleet = '/apis/placement.kubernetes-fleet.io/v1beta1'
const members = ['one', 'two', 'three']

function aResourcePlacement(namespace: string, name: string, spec: Partial<PlacementSpec> = {}): KubeObject {
  const { spec: common } = aPlacement(name, namespace)
  return {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ResourcePlacement',
    metadata: { name, namespace },
    spec: {
      ...(common as object),
      resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: 'settings' }],
      ...spec,
    },
  }
}

/** The namespace is on every member, put there by a placement of its own that takes nothing else along. */
async function shopWorld(): Promise<World> {
  const world = await createWorld({ members })
  await world.run()
  const only = { group: '', version: 'v1', kind: 'Namespace', name: 'shop', selectionScope: 'NamespaceOnly' as const }
  await world.apply(
    aNamespace('shop'),
    aConfigMap('shop', 'settings', { colour: 'blue' }),
    aConfigMap('shop', 'other', { colour: 'grey' }),
    aPlacement('ground', 'shop', { resourceSelectors: [only] }),
  )
  await world.run()
  await world.tick()
  return world
}

const colours = (world: World, name = 'settings') =>
  members.map(
    (member) => (world.member(member).find('ConfigMap', name, 'shop')?.['data'] as { colour?: string })?.colour,
  )

async function statusOf(world: World, placement: KubeObject): Promise<PlacementStatus | undefined> {
  return (await world.get(placement))?.['status'] as PlacementStatus | undefined
}

async function names(world: World, resource: string): Promise<(string | undefined)[]> {
  const { code, body } = await world.request('GET', `${fleet}/namespaces/shop/${resource}`)
  assert.equal(code, 200, body.message)
  return (body.items ?? []).map(({ metadata }) => metadata.name).sort()
}

test('what it selects is placed, its namespace is not touched, and its conditions bear its name', async () => {
  const world = await shopWorld()
  const placement = aResourcePlacement('shop', 'web')
  await world.apply(placement)
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  assert.deepEqual(colours(world, 'other'), [undefined, undefined, undefined])
  const status = await statusOf(world, placement)
  assert.deepEqual(
    status?.conditions?.map(({ type, status: said, reason }) => `${type} ${said} ${reason}`),
    [
      'ResourcePlacementScheduled True SchedulingPolicyFulfilled',
      'ResourcePlacementRolloutStarted True RolloutStarted',
      'ResourcePlacementOverridden True NoOverrideSpecified',
      'ResourcePlacementWorkSynchronized True WorkSynchronized',
      'ResourcePlacementApplied True ApplySucceeded',
      'ResourcePlacementAvailable True ResourceAvailable',
    ],
  )
  assert.deepEqual(
    status?.placementStatuses
      ?.map(({ clusterName, observedResourceIndex }) => [clusterName, observedResourceIndex])
      .sort(),
    [
      ['one', '0'],
      ['three', '0'],
      ['two', '0'],
    ],
  )
  assert.deepEqual(
    status?.selectedResources?.map(({ kind, namespace, name }) => [kind, namespace, name]),
    [['ConfigMap', 'shop', 'settings']],
  )
})

test('its snapshots, bindings and works have the names KubeFleet gives them, in its namespace', async () => {
  const world = await shopWorld()
  const placement = aResourcePlacement('shop', 'web')
  await world.apply(placement)
  await world.run()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  assert.deepEqual(colours(world), ['green', 'green', 'green'])
  assert.deepEqual(await names(world, 'resourcesnapshots'), ['web-0-snapshot', 'web-1-snapshot'])
  assert.deepEqual(await names(world, 'schedulingpolicysnapshots'), ['web-0'])
  const bindings = await names(world, 'resourcebindings')
  assert.equal(bindings.length, 3)
  for (const [at, member] of ['one', 'three', 'two'].entries())
    assert.match(bindings[at] ?? '', new RegExp(`^web-${member}-`))
  const { body } = await world.request('GET', `${fleet}/namespaces/fleet-member-one/works`)
  assert.ok(
    body.items?.some(({ metadata }) => metadata.name === 'shop.web-work'),
    body.items?.map(({ metadata }) => metadata.name).join(),
  )
  assert.equal((await statusOf(world, placement))?.observedResourceIndex, '1')
})

test('a ResourceOverride changes it where it says so', async () => {
  const world = await shopWorld()
  await world.apply(
    aResourceOverride('paint', 'shop', 'settings', {
      patches: [{ op: 'replace', path: '/data/colour', value: 'red' }],
      placement: { name: 'web', scope: 'Namespaced' },
    }),
    aResourcePlacement('shop', 'web'),
  )
  await world.run()
  assert.deepEqual(colours(world), ['red', 'red', 'red'])
  const status = await statusOf(world, aResourcePlacement('shop', 'web'))
  assert.equal(
    status?.conditions?.find(({ type }) => type === 'ResourcePlacementOverridden')?.reason,
    'OverriddenSucceeded',
  )
  assert.deepEqual(status?.placementStatuses?.[0]?.applicableResourceOverrides, [
    { name: 'paint-0', namespace: 'shop' },
  ])
})

test('it goes with everything it placed and nothing else, and frees its name', async () => {
  const world = await shopWorld()
  const placement = aResourcePlacement('shop', 'web')
  await world.apply(placement)
  await world.run()
  await world.remove(placement)
  await world.run()
  assert.equal(await world.get(placement), undefined)
  assert.deepEqual(colours(world), [undefined, undefined, undefined])
  assert.ok(world.member('one').find('Namespace', 'shop'))
  assert.deepEqual(await names(world, 'resourcebindings'), [])
  assert.deepEqual(await names(world, 'resourcesnapshots'), [])
  await world.apply(placement)
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('placements of one name in two namespaces, and a cluster placement of that name, do not know each other', async () => {
  const world = await shopWorld()
  await world.apply(
    aNamespace('books'),
    aPlacement('web', 'books'),
    aConfigMap('books', 'settings', { colour: 'white' }),
    aResourcePlacement('shop', 'web', { policy: { placementType: 'PickFixed', clusterNames: ['two'] } }),
  )
  await world.run()
  assert.deepEqual(colours(world), [undefined, 'blue', undefined])
  assert.deepEqual(
    members.map((member) => Boolean(world.member(member).find('ConfigMap', 'settings', 'books'))),
    [true, true, true],
  )
  await world.remove(aPlacement('web', 'books'))
  await world.run()
  assert.deepEqual(colours(world), [undefined, 'blue', undefined])
})

test('a change of another namespace, or of what it does not select, costs it nothing', async () => {
  const world = await shopWorld()
  await world.apply(aResourcePlacement('shop', 'web'))
  await world.run()
  const before = (await world.placements.readHeader('shop/web'))?.etag
  await world.apply(
    aConfigMap('shop', 'other', { colour: 'pink' }),
    aNamespace('books'),
    aConfigMap('books', 'settings'),
  )
  await world.run()
  assert.equal((await world.placements.readHeader('shop/web'))?.etag, before)
})

test('what it may not select is refused or said, as KubeFleet says it', async () => {
  const world = await shopWorld()
  const role = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', name: 'r' }
  const refused = await world.tryApply(aResourcePlacement('shop', 'bad', { resourceSelectors: [role] }))
  const wrong = refused.code >= 400 ? refused.body.message : await said(world, 'bad')
  assert.match(wrong ?? '', /ClusterRole/)
})

async function said(world: World, name: string): Promise<string | undefined> {
  await world.run()
  const status = await statusOf(world, aResourcePlacement('shop', name))
  return status?.conditions?.find(({ reason }) => reason === 'InvalidResourceSelectors')?.message
}

test('why clusters were picked, and what a change would do, is told of it as of a cluster placement', async () => {
  const world = await shopWorld()
  const placement = aResourcePlacement('shop', 'web', { policy: { placementType: 'PickFixed', clusterNames: ['two'] } })
  const question = { apiVersion: 'hubless.dev/v1alpha1', kind: 'PlacementPlan', spec: { placement } }
  const { code, body } = await world.request('POST', '/apis/hubless.dev/v1alpha1/placementplans', question)
  assert.equal(code, 201, body.message)
  const plan = body['status'] as PlacementPlanStatus
  assert.deepEqual(
    plan.clusters.map(({ cluster, action, added }) => [cluster, action, added]),
    [['two', 'Place', 1]],
  )
  await world.apply(placement)
  await world.run()
  const why = await world.request('GET', '/apis/hubless.dev/v1alpha1/namespaces/shop/schedulingdecisions/web')
  assert.equal(why.code, 200, why.body.message)
  const { clusters } = why.body as unknown as SchedulingDecision
  assert.deepEqual(clusters, plan.reasons)
})
