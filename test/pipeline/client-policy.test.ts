// Another client writes the policy snapshots: the scheduler follows them alone, as KubeFleet's scheduler does without its
// placement controller.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Binding, ClusterDecision } from '../../shared/api/binding.ts'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import { aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, pathOf, type World } from '../support/world.ts'

const apiVersion = 'placement.kubernetes-fleet.io/v1beta1'
const label = (name: string) => `kubernetes-fleet.io/${name}`

interface Case {
  readonly latest?: boolean
  readonly generation?: number
  readonly clusters?: number
  readonly namespace?: string
}

function snapshot(name: string, policy: PlacementPolicy, given: Case = {}): KubeObject {
  const { latest = true, generation = 1, clusters, namespace } = given
  return {
    apiVersion,
    kind: namespace === undefined ? 'ClusterSchedulingPolicySnapshot' : 'SchedulingPolicySnapshot',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { [label('parent-CRP')]: 'web', [label('is-latest-snapshot')]: String(latest) },
      annotations: {
        [label('CRP-generation')]: String(generation),
        ...(clusters !== undefined && { [label('number-of-clusters')]: String(clusters) }),
      },
    },
    spec: { policy, policyHash: Buffer.from('policy-hash').toString('base64') },
  }
}

async function create(world: World, object: KubeObject) {
  const path = pathOf(object)
  return world.request('POST', path.slice(0, path.lastIndexOf('/')), object)
}

interface Shown extends KubeObject {
  readonly spec: {
    readonly state: Binding['state']
    readonly targetCluster: string
    readonly schedulingPolicySnapshotName: string
    readonly resourceSnapshotName: string
  }
}

async function bindings(world: World, namespace?: string): Promise<Shown[]> {
  const where = namespace === undefined ? 'clusterresourcebindings' : `namespaces/${namespace}/resourcebindings`
  const { body } = await world.request('GET', `/apis/${apiVersion}/${where}?labelSelector=${label('parent-CRP')}=web`)
  return ((body.items ?? []) as Shown[]).sort((a, b) => (a.spec.targetCluster < b.spec.targetCluster ? -1 : 1))
}

const states = (all: readonly Shown[]) =>
  all.map(({ spec }) => [spec.targetCluster, spec.state, spec.schedulingPolicySnapshotName])

async function statusOf(world: World, object: KubeObject) {
  return (await world.get(object))?.['status'] as
    | {
        observedCRPGeneration: number
        conditions: { status: string; observedGeneration: number }[]
        targetClusters: ClusterDecision[]
      }
    | undefined
}

/** A fleet where clients run placements; the hub only schedules. */
async function schedulerWorld(): Promise<World> {
  const world = await createWorld({ members: ['one', 'two', 'three'], settings: { policySnapshots: 'clients' } })
  await world.run()
  await world.apply(aNamespace('shop'))
  return world
}

const fixed = (...clusterNames: string[]): PlacementPolicy => ({ placementType: 'PickFixed', clusterNames })

test('a snapshot of a client is scheduled: bindings Scheduled and nothing rolled out, decisions in its status', async () => {
  const world = await schedulerWorld()
  await world.apply(aPlacement('web', 'shop', { policy: fixed('one', 'two', 'nowhere') }))
  await world.run()
  assert.deepEqual(await bindings(world), [])
  const policy = snapshot('policy-1', fixed('one', 'two', 'nowhere'))
  assert.equal((await create(world, policy)).code, 201)
  await world.run()
  const made = await bindings(world)
  assert.deepEqual(states(made), [
    ['one', 'Scheduled', 'policy-1'],
    ['two', 'Scheduled', 'policy-1'],
  ])
  assert.deepEqual(
    made.map(({ spec }) => spec.resourceSnapshotName),
    ['', ''],
  )
  assert.deepEqual(made[0]?.metadata.finalizers, [label('scheduler-crb-cleanup')])
  const status = await statusOf(world, policy)
  assert.equal(status?.observedCRPGeneration, 1)
  assert.deepEqual(
    status?.targetClusters.map(({ clusterName, selected }) => [clusterName, selected]),
    [
      ['one', true],
      ['two', true],
      ['nowhere', false],
    ],
  )
  assert.deepEqual([status?.conditions[0]?.status, status?.conditions[0]?.observedGeneration], ['False', 1])
})

test('a new latest snapshot moves bindings on, and what was bound stays bound', async () => {
  const world = await schedulerWorld()
  await world.apply(aPlacement('web', 'shop', { policy: fixed('one', 'two') }))
  const first = snapshot('policy-1', fixed('one', 'two'))
  await create(world, first)
  await world.run()
  const [one] = await bindings(world)
  assert.ok(one)
  const bound = await world.request('PUT', pathOf(one), { ...one, spec: { ...one.spec, state: 'Bound' } })
  assert.equal(bound.code, 200, bound.body.message)
  await world.run()
  const old = await world.get(first)
  const relabelled = {
    ...old,
    metadata: { ...old?.metadata, labels: { ...old?.metadata.labels, [label('is-latest-snapshot')]: 'false' } },
  }
  assert.equal((await world.request('PUT', pathOf(first), relabelled)).code, 200)
  await create(world, snapshot('policy-2', fixed('one', 'three'), { generation: 2 }))
  await world.run()
  assert.deepEqual(states(await bindings(world)), [
    ['one', 'Bound', 'policy-2'],
    ['three', 'Scheduled', 'policy-2'],
    ['two', 'Unscheduled', 'policy-1'],
  ])
})

test('the number of clusters is the annotation, and changing it scales', async () => {
  const world = await schedulerWorld()
  const pickN: PlacementPolicy = { placementType: 'PickN', numberOfClusters: 1 }
  await world.apply(aPlacement('web', 'shop', { policy: pickN }))
  const policy = snapshot('policy-1', pickN, { clusters: 2 })
  await create(world, policy)
  await world.run()
  assert.equal((await bindings(world)).length, 2)
  const more = snapshot('policy-1', pickN, { clusters: 3, generation: 2 })
  const { body } = await world.request(
    'PATCH',
    pathOf(policy),
    { metadata: { annotations: more.metadata.annotations } },
    'application/merge-patch+json',
  )
  assert.equal(body.metadata.generation, 1)
  await world.run()
  assert.equal((await bindings(world)).length, 3)
  assert.equal((await statusOf(world, policy))?.observedCRPGeneration, 2)
})

test('no latest snapshot, or two, is no instruction: what was scheduled stays', async () => {
  const world = await schedulerWorld()
  await world.apply(aPlacement('web', 'shop', { policy: fixed('one') }))
  await create(world, snapshot('policy-1', fixed('one')))
  await world.run()
  await create(world, snapshot('policy-2', fixed('two')))
  await world.run()
  assert.deepEqual(states(await bindings(world)), [['one', 'Scheduled', 'policy-1']])
})

test('deleting the placement removes its bindings and snapshots, and a binding can be deleted before', async () => {
  const world = await schedulerWorld()
  const placement = aPlacement('web', 'shop', { policy: fixed('one', 'two') })
  await world.apply(placement)
  const policy = snapshot('policy-1', fixed('one', 'two'))
  await create(world, policy)
  await world.run()
  const [one] = await bindings(world)
  assert.ok(one)
  assert.equal((await world.request('DELETE', pathOf(one))).code, 200)
  assert.equal((await bindings(world)).length, 1)
  await world.run()
  assert.equal((await bindings(world)).length, 2, 'it is wanted still, so it is made again')
  await world.remove(placement)
  await world.run()
  assert.deepEqual(await bindings(world), [])
  assert.equal(await world.get(policy), undefined)
  assert.equal(await world.get(placement), undefined)
})

test('namespaced placements follow namespaced snapshots', async () => {
  const world = await schedulerWorld()
  const { spec } = aPlacement('web', 'shop', { policy: fixed('three') })
  const selectors = [{ group: '', version: 'v1', kind: 'ConfigMap', name: 'settings' }]
  await world.apply({
    apiVersion,
    kind: 'ResourcePlacement',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ...(spec as object), resourceSelectors: selectors },
  })
  await create(world, snapshot('policy-1', fixed('three'), { namespace: 'shop' }))
  await world.run()
  assert.deepEqual(states(await bindings(world, 'shop')), [['three', 'Scheduled', 'policy-1']])
})

test('on a hub that runs placements itself a client takes one over with its snapshot, and gives it back by deleting it', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aPlacement('web', 'shop', { policy: fixed('one') }))
  await world.run()
  assert.deepEqual(states(await bindings(world)), [['one', 'Bound', 'web-0']])
  const policy = snapshot('policy-1', fixed('one', 'two'))
  await create(world, policy)
  await world.run()
  assert.deepEqual(
    states(await bindings(world)).map(([cluster, , by]) => [cluster, by]),
    [
      ['one', 'policy-1'],
      ['two', 'policy-1'],
    ],
  )
  await world.remove(policy)
  await world.run()
  const back = states(await bindings(world))
  assert.deepEqual(
    back.map(([cluster]) => cluster),
    ['one'],
  )
  assert.notEqual(back[0]?.[2], 'policy-1')
})

test('what makes no sense is refused with the field, and the hub keeps what is its own', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aPlacement('web', 'shop', { policy: fixed('one') }))
  await world.run()
  const policy = snapshot('policy-1', fixed('one'))
  const bad = { ...policy, metadata: { ...policy.metadata, labels: { [label('is-latest-snapshot')]: 'true' } } }
  const refused = await create(world, bad)
  assert.equal(refused.code, 400)
  assert.match(refused.body.message ?? '', /parent-CRP\]: required/)
  const odd = { ...policy, metadata: { ...policy.metadata, annotations: { [label('number-of-clusters')]: 'many' } } }
  assert.match((await create(world, odd)).body.message ?? '', /number-of-clusters\]: "many": must be a number/)
  const [own] = await bindings(world)
  assert.ok(own)
  assert.equal((await world.request('DELETE', pathOf(own))).code, 405)
  const changed = { ...own, spec: { ...own.spec, state: 'Unscheduled' } }
  assert.match((await world.request('PUT', pathOf(own), changed)).body.message ?? '', /hub itself/)
})
