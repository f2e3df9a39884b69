// Clusters that join, change, are lost and leave: reported by the hub's own probe or by an agent of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { MemberClusterStatus } from '../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import { aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const clusterApi = 'cluster.kubernetes-fleet.io/v1beta1'
const memberCluster = (name: string) => ({ apiVersion: clusterApi, kind: 'MemberCluster', metadata: { name } })
const internal = (name: string) => `/apis/${clusterApi}/namespaces/fleet-member-${name}/internalmemberclusters/${name}`
const profile = (name: string) => ({
  apiVersion: 'multicluster.x-k8s.io/v1alpha1',
  kind: 'ClusterProfile',
  metadata: { name, namespace: 'fleet-system' },
})

function statusOf(object: KubeObject | undefined): MemberClusterStatus {
  return (object?.['status'] ?? {}) as MemberClusterStatus
}

function conditionOf(object: KubeObject | undefined, type: string): string | undefined {
  const found = statusOf(object).conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

/** A member without credentials on the hub, whose agent reports. */
async function reportedWorld(names: readonly string[] = ['far']): Promise<World> {
  const world = await createWorld({ members: [] })
  for (const name of names) await addReported(world, name)
  await world.run()
  return world
}

async function addReported(world: World, name: string, labels: Record<string, string> = {}): Promise<void> {
  await world.apply(...clusterObjects(name, labels).filter(({ kind }) => kind === 'MemberCluster'))
  await world.run()
  await report(world, name)
}

async function report(world: World, name: string, given: { joined?: string; status?: object } = {}) {
  const time = new Date(world.clock.now()).toISOString().replace(/\.\d+/, '')
  const { joined = 'True', status = {} } = given
  const condition = (type: string, value: string) => ({
    type,
    status: value,
    reason: type,
    message: '',
    lastTransitionTime: time,
  })
  const agent = {
    type: 'MemberAgent',
    lastReceivedHeartbeat: time,
    conditions: [condition('Joined', joined), condition('Healthy', 'True')],
  }
  const patch = { status: { agentStatus: [agent], ...status } }
  return world.request('PATCH', `${internal(name)}/status`, patch, 'application/merge-patch+json')
}

/** Names of the clusters a placement is scheduled to. */
async function picked(world: World, placement = 'web'): Promise<string[]> {
  const record = await world.placements.read(placement)
  return (record?.wanted ?? [])
    .filter(({ value }) => value.state !== 'Unscheduled' && value.deletedAt === undefined)
    .map(({ value }) => value.cluster)
    .sort()
}

async function place(world: World, policy?: PlacementPolicy): Promise<void> {
  await world.apply(aNamespace('web'), aPlacement('web', 'web', policy ? { policy } : {}))
  await world.run()
}

test('a member without credentials joins when its agent reports, and its properties arrive', async () => {
  const world = await reportedWorld()
  await report(world, 'far', {
    status: {
      properties: { 'kubernetes-fleet.io/node-count': { value: '7', observationTime: '2026-01-01T00:00:00Z' } },
    },
  })
  await world.run()
  const cluster = await world.get(memberCluster('far'))
  assert.equal(conditionOf(cluster, 'Joined'), 'True MemberClusterJoined')
  assert.equal(conditionOf(cluster, 'ReadyToJoin'), 'True MemberClusterReadyToJoin')
  assert.equal(statusOf(cluster).properties?.['kubernetes-fleet.io/node-count']?.value, '7')
  const generation = cluster?.metadata.generation
  const agent = statusOf(cluster).agentStatus?.[0]
  assert.ok(agent?.conditions?.every(({ observedGeneration }) => observedGeneration === generation))
  await world.tick()
  assert.equal(conditionOf(await world.get(memberCluster('far')), 'Joined'), 'True MemberClusterJoined')
})

test('an agent writes its status and nothing else', async () => {
  const world = await reportedWorld()
  const { code, body } = await world.request(
    'PATCH',
    internal('far'),
    { spec: { state: 'Leave' } },
    'application/merge-patch+json',
  )
  assert.equal(code, 400)
  assert.match(body.message ?? '', /only its status may be written; change the MemberCluster far instead/)
  assert.equal((await world.request('GET', internal('nobody'))).code, 404)
})

test('a heartbeat alone wakes no placement', async () => {
  const world = await reportedWorld()
  await place(world)
  const before = world.deliveries()
  world.clock.advance(60_000)
  assert.equal((await report(world, 'far')).code, 200)
  await world.run()
  assert.equal(world.deliveries(), before)
})

test('a cluster whose agent falls silent keeps what it has and is given nothing new', async () => {
  const world = await reportedWorld(['far', 'near'])
  await place(world)
  assert.deepEqual(await picked(world), ['far', 'near'])
  world.clock.advance(6 * 60_000)
  await report(world, 'near')
  await world.apply(aNamespace('new'), aPlacement('new', 'new'))
  await world.run()
  assert.deepEqual(await picked(world), ['far', 'near'])
  assert.deepEqual(await picked(world, 'new'), ['near'])
  await report(world, 'far')
  await world.run()
  assert.deepEqual(await picked(world, 'new'), ['far', 'near'])
})

test('a reported cluster leaves when its agent says so', async () => {
  const world = await reportedWorld()
  await place(world)
  await world.remove(memberCluster('far'))
  await world.run()
  assert.equal(((await world.request('GET', internal('far'))).body['spec'] as { state: string }).state, 'Leave')
  assert.equal((await report(world, 'far', { joined: 'False' })).code, 200)
  await world.run()
  assert.equal(await world.get(memberCluster('far')), undefined)
  assert.deepEqual(await picked(world), [])
})

test('a cluster whose agent never says it left goes after the wait', async () => {
  const world = await reportedWorld()
  await world.remove(memberCluster('far'))
  await world.run()
  assert.ok(await world.get(memberCluster('far')))
  world.clock.advance(14 * 60_000)
  await world.run(0)
  assert.ok(await world.get(memberCluster('far')))
  world.clock.advance(2 * 60_000)
  await world.run(0)
  assert.equal(await world.get(memberCluster('far')), undefined)
})

test('every joined cluster has a profile, which tells its health and goes with it', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  const made = await world.get(profile('one'))
  assert.deepEqual(made?.['spec'], { clusterManager: { name: 'KubeFleet' }, displayName: 'one' })
  assert.equal(made?.metadata.labels?.['x-k8s.io/cluster-manager'], 'KubeFleet')
  assert.equal(conditionOf(made, 'ControlPlaneHealthy'), 'True MemberClusterAPIServerHealthy')
  await world.tick()
  assert.equal((await world.get(profile('one')))?.metadata.resourceVersion, made?.metadata.resourceVersion)
  await world.remove(profile('one'))
  await world.tick(1_000)
  assert.ok(await world.get(profile('one')), 'a removed profile comes back')
  await world.remove(memberCluster('one'))
  await world.run()
  assert.equal(await world.get(profile('one')), undefined)
})

test('a profile tells that a heartbeat got old, though nothing happened', async () => {
  const world = await reportedWorld()
  await world.tick(1_000)
  assert.equal(
    conditionOf(await world.get(profile('far')), 'ControlPlaneHealthy'),
    'True MemberClusterAPIServerHealthy',
  )
  await world.tick(120_000)
  assert.equal(conditionOf(await world.get(profile('far')), 'ControlPlaneHealthy'), 'False MemberAgentHeartbeatLost')
})

const west = {
  clusterAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      clusterSelectorTerms: [{ labelSelector: { matchLabels: { region: 'west' } } }],
    },
  },
}

test('a label that comes adds the cluster, a label that goes takes nothing away', async () => {
  const world = await reportedWorld(['a', 'b'])
  await place(world, { placementType: 'PickAll', affinity: west })
  assert.deepEqual(await picked(world), [])
  const label = (name: string, region: string | null) =>
    world.request(
      'PATCH',
      `/apis/${clusterApi}/memberclusters/${name}`,
      { metadata: { labels: { region } } },
      'application/merge-patch+json',
    )
  await label('a', 'west')
  await world.run()
  assert.deepEqual(await picked(world), ['a'])
  await label('a', null)
  await world.run()
  assert.deepEqual(await picked(world), ['a'])
})

test('a taint added moves nothing; one removed lets the cluster in', async () => {
  const world = await reportedWorld(['a', 'b'])
  const taint = (name: string, taints: object[]) =>
    world.request(
      'PATCH',
      `/apis/${clusterApi}/memberclusters/${name}`,
      { spec: { taints } },
      'application/merge-patch+json',
    )
  await taint('b', [{ key: 'drain', effect: 'NoSchedule' }])
  await place(world)
  assert.deepEqual(await picked(world), ['a'])
  await taint('a', [{ key: 'drain', effect: 'NoSchedule' }])
  await world.run()
  assert.deepEqual(await picked(world), ['a'])
  await taint('b', [])
  await world.run()
  assert.deepEqual(await picked(world), ['a', 'b'])
})

test('a new cluster is taken by who takes all and who still misses one, and by nobody else', async () => {
  const world = await reportedWorld(['a', 'b'])
  await place(world)
  for (const [name, numberOfClusters] of [
    ['full', 1],
    ['short', 3],
  ] as const) {
    await world.apply(aPlacement(name, 'web', { policy: { placementType: 'PickN', numberOfClusters } }))
  }
  await world.apply(aPlacement('named', 'web', { policy: { placementType: 'PickFixed', clusterNames: ['a', 'c'] } }))
  await world.run()
  const full = await picked(world, 'full')
  const written = (await world.placements.readHeader('full'))?.etag
  await addReported(world, 'c')
  await world.run()
  assert.deepEqual(await picked(world), ['a', 'b', 'c'])
  assert.deepEqual(await picked(world, 'short'), ['a', 'b', 'c'])
  assert.deepEqual(await picked(world, 'named'), ['a', 'c'])
  assert.deepEqual(await picked(world, 'full'), full)
  assert.equal((await world.placements.readHeader('full'))?.etag, written, 'nothing was written for it')
})

test('a cluster that goes is replaced where a number is wanted', async () => {
  const world = await reportedWorld(['a', 'b', 'c'])
  await place(world, { placementType: 'PickN', numberOfClusters: 2 })
  const [gone = ''] = await picked(world)
  await world.remove(memberCluster(gone))
  await world.run()
  await report(world, gone, { joined: 'False' })
  await world.run()
  const after = await picked(world)
  assert.equal(after.length, 2)
  assert.ok(!after.includes(gone))
})

test('a fleet that did not change writes nothing', async () => {
  const world = await reportedWorld(['a', 'b'])
  await place(world)
  await world.tick(1_000)
  const before = await Promise.all(['a', 'b'].map((name) => world.get(memberCluster(name))))
  const header = (await world.placements.readHeader('web'))?.etag
  await world.tick(1_000)
  const after = await Promise.all(['a', 'b'].map((name) => world.get(memberCluster(name))))
  assert.deepEqual(
    after.map((object) => object?.metadata.resourceVersion),
    before.map((object) => object?.metadata.resourceVersion),
  )
  assert.equal((await world.placements.readHeader('web'))?.etag, header)
})

test('a property that is no quantity, and ten thousand labels, keep nobody from being scheduled', async () => {
  const world = await reportedWorld(['a', 'b'])
  await report(world, 'a', {
    status: { properties: { cost: { value: 'dear', observationTime: '2026-01-01T00:00:00Z' } } },
  })
  await report(world, 'b', {
    status: { properties: { cost: { value: '3', observationTime: '2026-01-01T00:00:00Z' } } },
  })
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`label-${at}`, 'x']))
  const { code } = await world.request(
    'PATCH',
    `/apis/${clusterApi}/memberclusters/b`,
    { metadata: { labels } },
    'application/merge-patch+json',
  )
  assert.equal(code, 200)
  await place(world, {
    placementType: 'PickAll',
    affinity: {
      clusterAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          clusterSelectorTerms: [
            { propertySelector: { matchExpressions: [{ name: 'cost', operator: 'Ge', values: ['1'] }] } },
          ],
        },
      },
    },
  })
  assert.deepEqual(await picked(world), ['b'])
})
