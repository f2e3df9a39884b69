// The main job, end to end in one process: joined, placed, changed, moved, repaired, removed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberClusterStatus } from '../../shared/api/member-cluster.ts'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

function condition(status: Awaited<ReturnType<World['status']>>, type: string) {
  return status?.conditions?.find((found) => found.type === `ClusterResourcePlacement${type}`)
}

test('a namespace with its content is placed on every cluster and becomes available', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aDeployment('shop', 'web'))
  await world.apply(aPlacement('shop', 'shop'))
  await world.run()

  const status = await world.status('shop')
  assert.equal(condition(status, 'Available')?.status, 'True', JSON.stringify(status, null, 1))
  assert.deepEqual(
    status?.placementStatuses?.map(({ clusterName }) => clusterName),
    ['one', 'three', 'two'],
  )
  for (const name of ['one', 'two', 'three']) {
    assert.deepEqual(world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'], { colour: 'blue' })
    assert.ok(world.member(name).find('Deployment', 'web', 'shop'))
  }
})

async function shopWorld(
  spec: Parameters<typeof aPlacement>[2] = {},
  labels: Record<string, Record<string, string>> = {},
) {
  const world = await createWorld({ members: [] })
  for (const name of ['one', 'two', 'three']) await world.apply(...clusterObjects(name, labels[name]))
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }))
  await world.apply(aPlacement('shop', 'shop', spec))
  await world.run()
  return world
}

const members = ['one', 'two', 'three'] as const
const colours = (world: World) =>
  members.map(
    (name) =>
      (world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string } | undefined)?.colour,
  )

test('clusters join with properties and conditions within one delivery of their message', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.deliverDue()
  const cluster = await world.get({
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name: 'one' },
  })
  const status = cluster?.['status'] as MemberClusterStatus
  assert.equal(status.conditions?.find(({ type }) => type === 'Joined')?.status, 'True')
  assert.equal(status.agentStatus?.[0]?.conditions?.find(({ type }) => type === 'Healthy')?.status, 'True')
  assert.equal(status.properties?.['kubernetes-fleet.io/node-count']?.value, '3')
  assert.equal(status.resourceUsage?.allocatable?.['cpu'], '12')
})

test('a cluster without its Secret says which Secret is missing, and joins once it is there', async () => {
  const world = await createWorld({ members: [] })
  const [secret, cluster] = clusterObjects('one')
  assert.ok(secret && cluster)
  await world.apply(cluster)
  await world.run()
  const joined = async () => ((await world.get(cluster))?.['status'] as MemberClusterStatus | undefined)?.conditions
  assert.match(
    (await joined())?.find(({ type }) => type === 'ReadyToJoin')?.message ?? '',
    /Secret fleet-system\/one-kubeconfig does not exist/,
  )
  await world.apply(secret)
  await world.run()
  assert.equal((await joined())?.find(({ type }) => type === 'Joined')?.status, 'True')
})

test('a change makes a new snapshot and moves through the fleet within the budget', async () => {
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, unavailablePeriodSeconds: 10 }
  const world = await shopWorld({ strategy: { type: 'RollingUpdate', rollingUpdate } })
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  const seen = new Set<string>()
  const placement = 'shop'
  let unavailableAtMost = 0
  world.watchers.push(() => {
    seen.add(colours(world).join(' '))
  })
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  for (let step = 0; step < 60; step += 1) {
    await world.run(1_000)
    const record = await world.placements.read(placement)
    const waiting = (record?.wanted ?? []).filter(({ value }) => {
      const observed = record?.observed.find((row) => row.value.cluster === value.cluster)?.value
      return (
        observed?.epoch !== value.generation ||
        observed.conditions.find(({ type }) => type === 'Available')?.status !== 'True'
      )
    })
    unavailableAtMost = Math.max(unavailableAtMost, waiting.length)
    world.clock.advance(1_000)
  }
  assert.deepEqual(colours(world), ['green', 'green', 'green'])
  assert.ok(unavailableAtMost <= 1, `${unavailableAtMost} clusters were unavailable at once`)
  assert.ok(
    [...seen].some((state) => state.includes('blue') && state.includes('green')),
    'the clusters moved one after the other',
  )
  const status = await world.status('shop')
  assert.equal(status?.observedResourceIndex, '1')
  assert.equal(condition(status, 'Available')?.status, 'True')
})

test('PickN takes the clusters its labels require and explains the others', async () => {
  const affinity = {
    clusterAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        clusterSelectorTerms: [{ labelSelector: { matchLabels: { region: 'west' } } }],
      },
    },
  }
  const labels = { one: { region: 'west' }, two: { region: 'east' }, three: { region: 'west' } }
  const world = await shopWorld({ policy: { placementType: 'PickN', numberOfClusters: 2, affinity } }, labels)
  assert.deepEqual(colours(world), ['blue', undefined, 'blue'])
  const decided = await world.placements.decision('shop', 1)
  const decision = decided?.clusters.find(({ cluster }) => cluster === 'two')
  assert.equal(decision?.selected, false)
  assert.match(decision?.reason ?? '', /ClusterUnschedulable/)

  // Placed is placed: a cluster that loses the label keeps its work. A third cluster is taken when more are wanted.
  await world.apply(...clusterObjects('one', { region: 'east' }), ...clusterObjects('two', { region: 'west' }))
  await world.run()
  assert.deepEqual(colours(world), ['blue', undefined, 'blue'])
  await world.apply(aPlacement('shop', 'shop', { policy: { placementType: 'PickN', numberOfClusters: 3, affinity } }))
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('PickFixed with an unknown cluster says so and places the others', async () => {
  const world = await shopWorld({ policy: { placementType: 'PickFixed', clusterNames: ['two', 'nowhere'] } })
  assert.deepEqual(colours(world), [undefined, 'blue', undefined])
  const status = await world.status('shop')
  assert.equal(condition(status, 'Scheduled')?.status, 'False')
  const failed = status?.placementStatuses?.find(({ clusterName }) => clusterName === undefined)
  assert.match(failed?.conditions?.[0]?.message ?? '', /"nowhere" is not found/)
})

test('what somebody edits or deletes on a member is repaired and told within one sweep', async () => {
  const world = await shopWorld()
  const member = world.member('two')
  const live = member.find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  member.put({ ...live, data: { colour: 'red' } })
  world.member('three').remove('ConfigMap', 'settings', 'shop')
  await world.tick()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  const drifted = async (name: string) =>
    (await world.status('shop'))?.placementStatuses?.find(({ clusterName }) => clusterName === name)?.driftedPlacements
  assert.deepEqual((await drifted('two'))?.[0]?.observedDrifts, [
    { path: '/data/colour', valueInHub: 'blue', valueInMember: 'red' },
  ])
  assert.equal((await drifted('three'))?.[0]?.observedDrifts?.[0]?.path, '/')
  await world.tick()
  assert.equal(await drifted('two'), undefined)
})

test('a manifest one member refuses is told with its own words and holds nobody else up', async () => {
  const world = await createWorld()
  await world.run()
  world.member('two').refuse('ConfigMap', 'admission webhook "policy.example" denied the request: no')
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run()
  assert.deepEqual(colours(world), ['blue', undefined, 'blue'])
  const status = await world.status('shop')
  const failed = status?.placementStatuses?.find(({ clusterName }) => clusterName === 'two')?.failedPlacements?.[0]
  assert.equal(failed?.name, 'settings')
  assert.match(failed?.condition.message ?? '', /admission webhook "policy.example" denied the request: no/)
  assert.equal(condition(status, 'Applied')?.status, 'False')
  world.member('two').refuse('ConfigMap')
  await world.run()
  await world.tick()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  assert.equal(condition(await world.status('shop'), 'Available')?.status, 'True')
})

test('a member that is away delays nobody, is told about, and catches up when it is back', async () => {
  const world = await shopWorld()
  world.member('two').goDown()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  assert.deepEqual(colours(world), ['green', 'blue', 'green'])
  const entry = (await world.status('shop'))?.placementStatuses?.find(({ clusterName }) => clusterName === 'two')
  const said = entry?.conditions?.find(({ type }) => type === 'WorkSynchronized')
  assert.deepEqual([said?.status, /cluster two/.test(said?.message ?? '')], ['False', true])
  world.member('two').comeBack()
  await world.tick()
  assert.deepEqual(colours(world), ['green', 'green', 'green'])
  assert.equal(condition(await world.status('shop'), 'Available')?.status, 'True')
})

test('a deleted placement leaves the members clean and no record behind', async () => {
  const world = await shopWorld()
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  assert.deepEqual(
    members.map((name) => world.member(name).find('Namespace', 'shop')),
    [undefined, undefined, undefined],
  )
  assert.deepEqual(
    members.map((name) => world.member(name).list('AppliedWork')),
    [[], [], []],
  )
  assert.equal(await world.placements.read('shop'), undefined)
  assert.equal(await world.get(aPlacement('shop', 'shop')), undefined)
})

test('a placement that is deleted and made again ends where it would have without the detour', async () => {
  const world = await shopWorld()
  world.member('two').goDown()
  await world.remove(aPlacement('shop', 'shop'))
  await world.run(1_000)
  assert.equal(await world.get(aPlacement('shop', 'shop')), undefined)
  await world.apply(aPlacement('shop', 'shop'))
  await world.run(1_000)
  world.member('two').comeBack()
  await world.tick()
  await world.run()
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  assert.equal(condition(await world.status('shop'), 'Available')?.status, 'True')
})

test('a member that leaves keeps what was placed on it and its object goes', async () => {
  const world = await shopWorld()
  const [, cluster] = clusterObjects('two')
  assert.ok(cluster)
  await world.remove(cluster)
  await world.run()
  assert.equal(await world.get(cluster), undefined)
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
  const status = await world.status('shop')
  assert.deepEqual(
    status?.placementStatuses?.map(({ clusterName }) => clusterName),
    ['one', 'three'],
  )
  assert.equal(condition(status, 'Available')?.status, 'True')
})

test('what leaves the selection leaves the members', async () => {
  const world = await shopWorld()
  await world.apply(aConfigMap('shop', 'second'))
  await world.run()
  assert.ok(world.member('one').find('ConfigMap', 'second', 'shop'))
  await world.remove(aConfigMap('shop', 'second'))
  await world.run()
  assert.deepEqual(
    members.map((name) => world.member(name).find('ConfigMap', 'second', 'shop')),
    [undefined, undefined, undefined],
  )
  assert.deepEqual(colours(world), ['blue', 'blue', 'blue'])
})

test('a message nobody understands is parked where people look, and nothing else stops', async () => {
  const world = await shopWorld()
  await world.bus.send([{ queue: 'apply-work', session: 'one', body: { cluster: 7 } } as never])
  await world.run()
  const { body } = await world.request('GET', '/api/v1/namespaces/fleet-system/events')
  assert.match(String(body.items?.[0]?.['message']), /queue apply-work could not be handled.*cluster/s)
})

test('an untouched fleet costs no write', async () => {
  const world = await shopWorld()
  await world.tick()
  const types = ['clusterresourceplacements', 'memberclusters']
  const before = await Promise.all(
    types.map((resource) => world.objects.revision({ group: groupOf(resource), resource })),
  )
  await world.tick(30_000)
  const after = await Promise.all(
    types.map((resource) => world.objects.revision({ group: groupOf(resource), resource })),
  )
  assert.deepEqual(after, before)
})

function groupOf(resource: string): string {
  return resource === 'memberclusters' ? 'cluster.kubernetes-fleet.io' : 'placement.kubernetes-fleet.io'
}
