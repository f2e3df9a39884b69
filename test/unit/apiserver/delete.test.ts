// Deletions, finalizers and what the garbage collector makes of them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, configMaps, createWorld, gadgetOf, gadgets, type World } from './world.ts'

const merge = { 'content-type': 'application/merge-patch+json' }

async function owner(
  world: World,
  name: string,
): Promise<{ apiVersion: string; kind: string; name: string; uid: string; blockOwnerDeletion: boolean }> {
  const { object } = await world.call('POST', configMaps, configMap(name))
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: object.metadata.uid ?? '', blockOwnerDeletion: true }
}

const exists = async (world: World, path: string) => (await world.call('GET', path)).code === 200

describe('delete', () => {
  it('answers a Status that names what went', async () => {
    const world = createWorld()
    const { uid } = await owner(world, 'a')
    const gone = await world.call('DELETE', `${configMaps}/a`)
    assert.deepEqual(
      [gone.code, gone.body['status'], gone.body['details']],
      [200, 'Success', { name: 'a', kind: 'configmaps', uid }],
    )
    assert.equal((await world.call('DELETE', `${configMaps}/a`)).code, 404)
  })

  it('waits for finalizers, takes no new ones, and ends with the last', async () => {
    const world = createWorld()
    await world.call('POST', gadgets, gadgetOf('g', {}, { finalizers: ['demo.io/hold'] }))
    const going = await world.call('DELETE', `${gadgets}/g`)
    assert.equal(going.object.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(going.object.metadata.generation, 2)
    const again = await world.call('DELETE', `${gadgets}/g`)
    assert.deepEqual(again.object, going.object, 'asking twice changes nothing')
    const more = await world.call(
      'PATCH',
      `${gadgets}/g`,
      { metadata: { finalizers: ['demo.io/hold', 'demo.io/new'] } },
      merge,
    )
    assert.equal(more.code, 422)
    assert.match(String(more.body['message']), /no new finalizers can be added/)
    const last = await world.call('PATCH', `${gadgets}/g`, { metadata: { finalizers: null } }, merge)
    assert.equal(last.code, 200)
    assert.equal(await exists(world, `${gadgets}/g`), false)
  })

  it('honours preconditions and refuses options that contradict each other', async () => {
    const world = createWorld()
    await owner(world, 'a')
    assert.equal((await world.call('DELETE', `${configMaps}/a`, { preconditions: { uid: 'other' } })).code, 409)
    assert.equal((await world.call('DELETE', `${configMaps}/a`, { preconditions: { resourceVersion: '9' } })).code, 409)
    assert.equal(
      (await world.call('DELETE', `${configMaps}/a`, { propagationPolicy: 'Orphan', orphanDependents: true })).code,
      422,
    )
    assert.equal((await world.call('DELETE', `${configMaps}/a`, { propagationPolicy: 'Sideways' })).code, 422)
    assert.equal((await world.call('DELETE', `${configMaps}/a`, { dryRun: ['All'] })).code, 200)
    assert.equal(await exists(world, `${configMaps}/a`), true)
  })

  it('deletes a collection by selector', async () => {
    const world = createWorld()
    for (const name of ['a', 'b', 'c'])
      await world.call('POST', configMaps, configMap(name, {}, { labels: { odd: String(name !== 'b') } }))
    const gone = await world.call('DELETE', `${configMaps}?labelSelector=odd%3Dtrue`)
    assert.equal((gone.body['items'] as unknown[]).length, 2)
    const left = await world.call('GET', configMaps)
    assert.equal((left.body['items'] as unknown[]).length, 1)
  })
})

describe('garbage', () => {
  it('background: dependents go after their last living owner', async () => {
    const world = createWorld()
    const [one, two] = [await owner(world, 'one'), await owner(world, 'two')]
    await world.call('POST', gadgets, gadgetOf('single', {}, { ownerReferences: [one] }))
    await world.call('POST', gadgets, gadgetOf('shared', {}, { ownerReferences: [one, two] }))
    await world.call('DELETE', `${configMaps}/one`)
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/single`), false)
    const shared = await world.call('GET', `${gadgets}/shared`)
    assert.deepEqual(
      shared.object.metadata.ownerReferences?.map(({ name }) => name),
      ['two'],
    )
    await world.call('DELETE', `${configMaps}/two`)
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/shared`), false)
  })

  it('an object born to owners that are gone already goes too, and one with a living owner loses the others', async () => {
    const world = createWorld()
    const [gone, alive] = [await owner(world, 'gone'), await owner(world, 'alive')]
    await world.call('DELETE', `${configMaps}/gone`)
    await world.collect()
    await world.call('POST', gadgets, gadgetOf('late', {}, { ownerReferences: [gone] }))
    await world.call('POST', gadgets, gadgetOf('adopted', {}, { ownerReferences: [gone, alive] }))
    await world.call('POST', gadgets, gadgetOf('free'))
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/late`), false)
    const names = async (name: string) =>
      (await world.call('GET', `${gadgets}/${name}`)).object.metadata.ownerReferences?.map((each) => each.name)
    assert.deepEqual(await names('adopted'), ['alive'])
    await world.call('PATCH', `${gadgets}/free`, { metadata: { ownerReferences: [gone] } }, merge)
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/free`), false)
  })

  it('an owner of a kind nobody serves is not known to be gone', async () => {
    const world = createWorld()
    const foreign = { apiVersion: 'other.io/v1', kind: 'Other', name: 'o', uid: 'u' }
    await world.call('POST', gadgets, gadgetOf('kept', {}, { ownerReferences: [foreign] }))
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/kept`), true)
  })

  it('goes down a chain of owners', async () => {
    const world = createWorld()
    const top = await owner(world, 'top')
    const { object } = await world.call('POST', gadgets, gadgetOf('middle', {}, { ownerReferences: [top] }))
    const middle = { apiVersion: 'demo.io/v1', kind: 'Gadget', name: 'middle', uid: object.metadata.uid }
    await world.call('POST', configMaps, configMap('leaf', {}, { ownerReferences: [middle] }))
    await world.call('DELETE', `${configMaps}/top`)
    await world.collect()
    assert.equal(await exists(world, `${configMaps}/leaf`), false)
  })

  it('foreground: the owner stays until its dependents are gone', async () => {
    const world = createWorld()
    const one = await owner(world, 'one')
    await world.call('POST', gadgets, gadgetOf('g', {}, { ownerReferences: [one], finalizers: ['demo.io/hold'] }))
    const going = await world.call('DELETE', `${configMaps}/one?propagationPolicy=Foreground`)
    assert.deepEqual(going.object.metadata.finalizers, ['foregroundDeletion'])
    for (let round = 0; round < 5; round += 1) await world.collect().catch(() => undefined)
    assert.equal(await exists(world, `${configMaps}/one`), true, 'its dependent is held')
    await world.call('PATCH', `${gadgets}/g`, { metadata: { finalizers: null } }, merge)
    await world.collect()
    assert.equal(await exists(world, `${configMaps}/one`), false)
    assert.equal(await exists(world, `${gadgets}/g`), false)
  })

  it('orphan: dependents stay, without the reference', async () => {
    const world = createWorld()
    const one = await owner(world, 'one')
    await world.call('POST', gadgets, gadgetOf('g', {}, { ownerReferences: [one] }))
    await world.call('DELETE', `${configMaps}/one`, { propagationPolicy: 'Orphan' })
    await world.collect()
    assert.equal(await exists(world, `${configMaps}/one`), false)
    const left = await world.call('GET', `${gadgets}/g`)
    assert.equal(left.object.metadata.ownerReferences, undefined)
  })

  it('empties a namespace of every kind before it goes', async () => {
    const world = createWorld()
    await world.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
    for (let index = 0; index < 150; index += 1) {
      await world.call('POST', '/api/v1/namespaces/shop/configmaps', configMap(`c${index}`))
    }
    await world.call(
      'POST',
      '/apis/demo.io/v1/namespaces/shop/gadgets',
      gadgetOf('g', {}, { finalizers: ['demo.io/hold'] }),
    )
    const going = await world.call('DELETE', '/api/v1/namespaces/shop')
    assert.deepEqual(going.object['status'], { phase: 'Terminating' })
    await world.collect().catch(() => undefined)
    const held = await world.call('GET', '/api/v1/namespaces/shop')
    assert.match(JSON.stringify(held.object['status']), /gadgets\.demo\.io has 1 resource instances/)
    await world.call('PATCH', '/apis/demo.io/v1/namespaces/shop/gadgets/g', { metadata: { finalizers: null } }, merge)
    await world.collect()
    assert.equal(await exists(world, '/api/v1/namespaces/shop'), false)
    const other = await world.call('GET', '/api/v1/configmaps')
    assert.deepEqual(other.body['items'], [])
  })

  it('collects what was written with owners that are not there: by name, by kind, in another namespace', async () => {
    const world = createWorld()
    const one = await owner(world, 'one')
    const absent = {
      gone: { ...one, uid: '11111111-1111-1111-1111-111111111111' },
      renamed: { ...one, name: 'other' },
      'of-another-kind': { ...one, kind: 'Secret' },
    }
    for (const [name, reference] of Object.entries(absent))
      await world.call('POST', gadgets, gadgetOf(name, {}, { ownerReferences: [reference] }))
    const elsewhere = '/apis/demo.io/v1/namespaces/kube-public/gadgets'
    await world.call('POST', elsewhere, gadgetOf('elsewhere', {}, { ownerReferences: [one] }))
    await world.call('POST', gadgets, gadgetOf('late'))
    await world.call('PATCH', `${gadgets}/late`, { metadata: { ownerReferences: [absent.gone] } }, merge)
    await world.call('POST', gadgets, gadgetOf('half', {}, { ownerReferences: [one, absent.gone] }))
    await world.call(
      'POST',
      gadgets,
      gadgetOf('stranger', {}, { ownerReferences: [{ ...one, apiVersion: 'no.io/v1' }] }),
    )
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    await world.call('POST', roles, { metadata: { name: 'wide', ownerReferences: [absent.gone] } })
    await world.collect()
    for (const name of [...Object.keys(absent), 'late'])
      assert.equal(await exists(world, `${gadgets}/${name}`), false, name)
    assert.equal(await exists(world, `${elsewhere}/elsewhere`), false)
    const half = await world.call('GET', `${gadgets}/half`)
    assert.deepEqual(
      half.object.metadata.ownerReferences?.map(({ uid }) => uid),
      [one.uid],
    )
    assert.equal(await exists(world, `${gadgets}/stranger`), true, 'its owner cannot be shown to be gone')
    assert.equal(await exists(world, `${roles}/wide`), true, 'no namespaced owner speaks for what is in no namespace')
  })

  it('tells in the conditions of a namespace what remains in it', async () => {
    const world = createWorld()
    await world.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
    const held = (name: string, ...finalizers: string[]) => configMap(name, {}, { finalizers })
    await world.call('POST', '/api/v1/namespaces/shop/configmaps', held('a', 'x.io/hold', 'y.io/z'))
    await world.call('POST', '/api/v1/namespaces/shop/configmaps', held('b', 'x.io/hold'))
    await world.call('DELETE', '/api/v1/namespaces/shop')
    await world.collect().catch(() => undefined)
    const { conditions } = (await world.call('GET', '/api/v1/namespaces/shop')).body['status'] as {
      conditions: { type: string; status: string; reason: string; message: string }[]
    }
    assert.deepEqual(
      conditions.map(({ type, status, message }) => `${type} ${status} ${message}`),
      [
        'NamespaceDeletionDiscoveryFailure False All resources successfully discovered',
        'NamespaceDeletionGroupVersionParsingFailure False All legacy kube types successfully parsed',
        'NamespaceDeletionContentFailure False All content successfully deleted, may be waiting on finalization',
        'NamespaceContentRemaining True Some resources are remaining: configmaps. has 2 resource instances',
        'NamespaceFinalizersRemaining True Some content in the namespace has finalizers remaining: x.io/hold in 2 resource instances, y.io/z in 1 resource instances',
      ],
    )
  })

  it('lets whoever finalizes a namespace end its deletion', async () => {
    const world = createWorld()
    await world.call('POST', '/api/v1/namespaces', { metadata: { name: 'mine' } })
    const going = await world.call('DELETE', '/api/v1/namespaces/mine')
    const kept = await world.call('PUT', '/api/v1/namespaces/mine', { ...going.object, spec: {} })
    assert.deepEqual(kept.object['spec'], { finalizers: ['kubernetes'] }, 'only /finalize takes them away')
    const body = { ...kept.object, spec: { finalizers: [] } }
    assert.equal((await world.call('PUT', '/api/v1/namespaces/mine/finalize', body)).code, 200)
    assert.equal(await exists(world, '/api/v1/namespaces/mine'), false)
  })

  it('keeps the namespaces the hub needs', async () => {
    const world = createWorld()
    const names = (
      (await world.call('GET', '/api/v1/namespaces')).body['items'] as { metadata: { name: string } }[]
    ).map(({ metadata }) => metadata.name)
    assert.deepEqual(names, ['default', 'fleet-system', 'kube-public', 'kube-system'])
    assert.equal((await world.call('DELETE', '/api/v1/namespaces/default')).code, 403)
  })

  it('says what it did nothing about: an owner that lives', async () => {
    const world = createWorld()
    const one = await owner(world, 'one')
    await world.call('POST', gadgets, gadgetOf('g', {}, { ownerReferences: [one] }))
    world.garbage.push({ group: '', resource: 'configmaps', namespace: 'default', name: 'one', uid: one.uid })
    await world.collect()
    assert.equal(await exists(world, `${gadgets}/g`), true)
  })
})
