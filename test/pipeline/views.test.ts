// Bindings, snapshots, works and member clusters as KubeFleet's users and tools find them: rendered from the hub's records.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

const fleet = '/apis/placement.kubernetes-fleet.io/v1beta1'

async function shopWorld() {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run()
  return world
}

async function list(world: World, path: string): Promise<KubeObject[]> {
  const { code, body } = await world.request('GET', path)
  assert.equal(code, 200, body.message)
  return body.items ?? []
}

/** The cells kubectl prints. */
async function cells(world: World, path: string) {
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const response = await world.api.handle(new Request(`http://hub${path}`, { headers }))
  const { columnDefinitions, rows } = (await response.json()) as {
    columnDefinitions: { name: string; priority: number }[]
    rows: { cells: unknown[] }[]
  }
  return { columns: columnDefinitions.map(({ name }) => name), rows: rows.map((row) => row.cells) }
}

function conditionsOf(object: KubeObject) {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.map(({ type, status }) => `${type} ${status}`)
}

test('bindings show where a placement stands on each cluster', async () => {
  const world = await shopWorld()
  const bindings = await list(world, `${fleet}/clusterresourcebindings`)
  assert.equal(bindings.length, 3)
  for (const binding of bindings) {
    const { metadata } = binding
    const spec = binding['spec'] as Record<string, unknown>
    assert.match(metadata.name ?? '', /^shop-(one|two|three)-/)
    assert.deepEqual(metadata.labels, { 'kubernetes-fleet.io/parent-CRP': 'shop' })
    assert.equal(spec['state'], 'Bound')
    assert.equal(spec['resourceSnapshotName'], 'shop-0-snapshot')
    assert.equal(spec['schedulingPolicySnapshotName'], 'shop-0')
    assert.deepEqual(conditionsOf(binding), [
      'RolloutStarted True',
      'Overridden True',
      'WorkSynchronized True',
      'Applied True',
      'Available True',
    ])
    const { body } = await world.request('GET', `${fleet}/clusterresourcebindings/${metadata.name}`)
    assert.deepEqual(body, binding)
  }
  const { columns, rows } = await cells(world, `${fleet}/clusterresourcebindings`)
  assert.deepEqual(columns.slice(0, 4), ['Name', 'WorkSynchronized', 'ResourcesApplied', 'ResourceAvailable'])
  assert.deepEqual(
    rows.map(([, ...row]) => row.slice(0, 3)),
    [1, 2, 3].map(() => ['True', 'True', 'True']),
  )
})

test('snapshots show the policy and the manifests, with the history', async () => {
  const world = await shopWorld()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  const snapshots = await list(world, `${fleet}/clusterresourcesnapshots`)
  assert.deepEqual(
    snapshots.map(({ metadata }) => [metadata.name, metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot']]),
    [
      ['shop-0-snapshot', 'false'],
      ['shop-1-snapshot', 'true'],
    ],
  )
  const [, latest] = snapshots
  assert.ok(latest)
  const selected = (latest['spec'] as { selectedResources: KubeObject[] }).selectedResources
  assert.deepEqual(selected.find(({ kind }) => kind === 'ConfigMap')?.['data'], { colour: 'green' })
  assert.equal(latest.metadata.ownerReferences?.[0]?.uid, (await world.get(aPlacement('shop', 'shop')))?.metadata.uid)

  const [policy, ...others] = await list(world, `${fleet}/clusterschedulingpolicysnapshots`)
  assert.deepEqual([policy?.metadata.name, others.length], ['shop-0', 0])
  assert.ok(policy)
  const status = policy['status'] as { targetClusters: { clusterName: string; selected: boolean }[] }
  assert.deepEqual(
    status.targetClusters.map(({ clusterName, selected: picked }) => [clusterName, picked]),
    ['one', 'three', 'two'].map((name) => [name, true]),
  )
  const uids = new Set([...snapshots, policy].map(({ metadata }) => metadata.uid))
  assert.equal(uids.size, 3)
})

test('works show in the namespace of their cluster what stands there', async () => {
  const world = await shopWorld()
  const all = await list(world, `${fleet}/works`)
  assert.deepEqual(
    all.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ['fleet-member-one/shop-work', 'fleet-member-three/shop-work', 'fleet-member-two/shop-work'],
  )
  const [work, ...others] = await list(world, `${fleet}/namespaces/fleet-member-two/works`)
  assert.equal(others.length, 0)
  assert.ok(work)
  assert.deepEqual(all[2], work)
  const [binding] = (await list(world, `${fleet}/clusterresourcebindings`)).filter(
    (object) => (object['spec'] as { targetCluster: string }).targetCluster === 'two',
  )
  assert.deepEqual(work.metadata.labels, {
    'kubernetes-fleet.io/parent-resource-binding': binding?.metadata.name,
    'kubernetes-fleet.io/parent-CRP': 'shop',
    'kubernetes-fleet.io/parent-resource-snapshot-index': '0',
  })
  const spec = work['spec'] as { workload: { manifests: KubeObject[] } }
  const status = work['status'] as { manifestConditions: { identifier: { ordinal: number; name: string } }[] }
  assert.deepEqual(
    status.manifestConditions.map(({ identifier }) => [identifier.ordinal, identifier.name]),
    spec.workload.manifests.map(({ metadata }, at) => [at, metadata.name]),
  )
  assert.deepEqual(conditionsOf(work), ['Applied True', 'Available True'])
  const { body } = await world.request('GET', `${fleet}/namespaces/fleet-member-two/works/shop-work`)
  assert.deepEqual(body, work)
  assert.equal((await world.request('GET', `${fleet}/namespaces/shop/works/shop-work`)).code, 404)
})

test('member clusters show in their own namespace', async () => {
  const world = await shopWorld()
  const imcs = await list(world, '/apis/cluster.kubernetes-fleet.io/v1beta1/internalmemberclusters')
  assert.deepEqual(
    imcs.map(({ metadata, spec }) => [metadata.namespace, metadata.name, (spec as { state: string }).state]),
    ['one', 'three', 'two'].map((name) => [`fleet-member-${name}`, name, 'Join']),
  )
  assert.ok(imcs.every((object) => conditionsOf(object).includes('Joined True')))
})

test('a namespaced placement has views of its own', async () => {
  const world = await createWorld()
  await world.run()
  const selector = { group: '', version: 'v1', kind: 'ConfigMap', name: 'settings' }
  const placement = aPlacement('app', 'shop', { resourceSelectors: [selector] })
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings'), {
    ...placement,
    kind: 'ResourcePlacement',
    metadata: { name: 'app', namespace: 'shop' },
  })
  await world.run()
  for (const resource of ['resourcebindings', 'resourcesnapshots', 'schedulingpolicysnapshots']) {
    const found = await list(world, `${fleet}/namespaces/shop/${resource}`)
    assert.ok(found.length > 0, resource)
    assert.ok(found.every(({ metadata }) => metadata.namespace === 'shop'))
    assert.deepEqual(await list(world, `${fleet}/namespaces/other/${resource}`), [])
    assert.deepEqual(await list(world, `${fleet}/cluster${resource}`), [])
  }
  assert.equal((await list(world, `${fleet}/namespaces/fleet-member-one/works`))[0]?.metadata.name, 'shop.app-work')
})

test('views are read, not written', async () => {
  const world = await shopWorld()
  const [binding] = await list(world, `${fleet}/clusterresourcebindings`)
  const path = `${fleet}/clusterresourcebindings/${binding?.metadata.name}`
  assert.equal((await world.request('DELETE', path)).code, 405)
  const patch = { metadata: { labels: { a: 'b' } } }
  assert.equal((await world.request('PATCH', path, patch, 'application/merge-patch+json')).code, 405)
})

test('what a view shows changes its version, and the revision of the view rises with it', async () => {
  const world = await shopWorld()
  const path = `${fleet}/clusterresourcebindings`
  const read = async () => {
    const { body } = await world.request('GET', path)
    return { revision: Number(body.metadata.resourceVersion), items: body.items ?? [] }
  }
  const versions = (items: readonly KubeObject[]) => items.map(({ metadata }) => metadata.resourceVersion)
  const before = await read()
  assert.deepEqual(versions((await read()).items), versions(before.items))
  assert.ok(versions(before.items).every((version) => Number(version) < before.revision))
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run()
  const after = await read()
  assert.ok(after.revision > before.revision)
  for (const [at, version] of versions(after.items).entries())
    assert.notEqual(version, before.items[at]?.metadata.resourceVersion)
})

test('of a placement that is gone nothing is shown', async () => {
  const world = await shopWorld()
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  for (const resource of ['clusterresourcebindings', 'clusterresourcesnapshots', 'works'])
    assert.deepEqual(await list(world, `${fleet}/${resource}`), [], resource)
})
