// Works of a member that only an agent reaches: shown to it, answered by it, and folded as if the hub had looked itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const fleet = '/apis/placement.kubernetes-fleet.io/v1beta1'
const workPath = (name = 'shop-work') => `${fleet}/namespaces/fleet-member-edge/works/${name}`
const now = '2026-01-01T00:00:00Z'
const yes = (type: string, observedGeneration: number) => ({
  ...{ type, status: 'True', reason: 'Said', message: '', observedGeneration, lastTransitionTime: now },
})

/** A cluster without credentials whose agent has joined it. */
async function edgeWorld(): Promise<World> {
  const world = await createWorld({ members: ['one'] })
  const [, cluster] = clusterObjects('edge')
  assert.ok(cluster)
  await world.apply(cluster)
  await world.run()
  const path = '/apis/cluster.kubernetes-fleet.io/v1beta1/namespaces/fleet-member-edge/internalmemberclusters/edge'
  const report = (await world.request('GET', path)).body
  const heartbeat = new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const agentStatus = [
    { type: 'MemberAgent', conditions: [yes('Joined', 1), yes('Healthy', 1)], lastReceivedHeartbeat: heartbeat },
  ]
  const { code, body } = await world.request('PUT', `${path}/status`, { ...report, status: { agentStatus } })
  assert.equal(code, 200, body.message)
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run()
  return world
}

async function answer(world: World, conditions: readonly object[]): Promise<number> {
  const work = (await world.request('GET', workPath())).body
  const generation = work.metadata.generation ?? 0
  const status = {
    conditions: conditions.length > 0 ? conditions : [yes('Applied', generation), yes('Available', generation)],
    manifestConditions: [],
  }
  const { code } = await world.request('PUT', `${workPath()}/status`, { ...work, status })
  await world.run()
  return code
}

const available = async (world: World) =>
  (await world.status('shop'))?.conditions?.find(({ type }) => type.endsWith('Available'))?.status

test('an agent reads what its cluster is to have and its answer becomes the status of the placement', async () => {
  const world = await edgeWorld()
  const work = (await world.request('GET', workPath())).body
  const { manifests } = (work['spec'] as { workload: { manifests: KubeObject[] } }).workload
  assert.deepEqual(manifests.map(({ kind }) => kind).sort(), ['ConfigMap', 'Namespace'])
  assert.notEqual(await available(world), 'True')
  assert.equal(await answer(world, []), 200)
  assert.equal(await available(world), 'True', JSON.stringify(await world.status('shop'), null, 1))

  // A change makes the answer old until the agent answers again.
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  assert.notEqual(await available(world), 'True')
  assert.equal(await answer(world, []), 200)
  assert.equal(await available(world), 'True')
})

test('an agent writes statuses only, and none where the hub itself works', async () => {
  const world = await edgeWorld()
  const work = (await world.request('GET', workPath())).body
  const changed = await world.request('PUT', workPath(), { ...work, spec: { workload: { manifests: [] } } })
  assert.equal(changed.code, 400)
  assert.match(changed.body.message ?? '', /only its status and its finalizers may be written/)
  const path = `${fleet}/namespaces/fleet-member-one/works/shop-work`
  const own = (await world.request('GET', path)).body
  const refused = await world.request('PUT', `${path}/status`, { ...own, status: { conditions: [] } })
  assert.equal(refused.code, 400)
  assert.match(refused.body.message ?? '', /the hub itself works on cluster one/)
})

test('a removed work is there until the agent takes its finalizer off', async () => {
  const world = await edgeWorld()
  await answer(world, [])
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  const work = (await world.request('GET', workPath())).body
  assert.ok(work.metadata.deletionTimestamp)
  const { finalizers: _, ...metadata } = work.metadata
  assert.equal((await world.request('PUT', workPath(), { ...work, metadata })).code, 200)
  await world.run()
  assert.equal((await world.request('GET', workPath())).code, 404)
  assert.equal(await world.placements.read('shop'), undefined)
})
