// Kinds that users define: served at once, changed while objects exist, removed with their objects.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createWorld } from './world.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const lamps = '/apis/light.io/v1/namespaces/default/lamps'
const lamp = (name: string, spec: object = {}) => ({
  apiVersion: 'light.io/v1',
  kind: 'Lamp',
  metadata: { name },
  spec,
})

function lampCrd(properties: object): object {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'lamps.light.io' },
    spec: {
      group: 'light.io',
      scope: 'Namespaced',
      names: { plural: 'lamps', kind: 'Lamp' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}

it('a kind is served as soon as its definition is accepted', async () => {
  const world = createWorld()
  const made = await world.call('POST', crds, lampCrd({ watts: { type: 'integer' } }))
  assert.equal(made.code, 201, JSON.stringify(made.body))
  assert.match(JSON.stringify(made.object['status']), /"type":"Established","status":"True"/)
  assert.equal((await world.call('POST', lamps, lamp('a', { watts: 5 }))).code, 201)
  assert.equal((await world.call('POST', lamps, lamp('b', { watts: 'many' }))).code, 422)
  assert.match(JSON.stringify((await world.call('GET', '/apis')).body), /light\.io/)
})

it('a default added later shows on objects written before', async () => {
  const world = createWorld()
  const { object } = await world.call('POST', crds, lampCrd({ watts: { type: 'integer' } }))
  await world.call('POST', lamps, lamp('a', { watts: 5 }))
  const next = lampCrd({ watts: { type: 'integer' }, color: { type: 'string', default: 'warm' } }) as typeof object
  const metadata = { ...next.metadata, resourceVersion: object.metadata.resourceVersion }
  const updated = await world.call('PUT', `${crds}/lamps.light.io`, { ...next, metadata })
  assert.equal(updated.code, 200, JSON.stringify(updated.body))
  assert.deepEqual((await world.call('GET', `${lamps}/a`)).object['spec'], { watts: 5, color: 'warm' })
})

it('a definition goes after its objects, and can come back', async () => {
  const world = createWorld()
  await world.call('POST', crds, lampCrd({ watts: { type: 'integer' } }))
  for (let index = 0; index < 120; index += 1) await world.call('POST', lamps, lamp(`l${index}`))
  const going = await world.call('DELETE', `${crds}/lamps.light.io`)
  assert.match(JSON.stringify(going.object['status']), /"type":"Terminating","status":"True"/)
  await world.collect()
  assert.equal((await world.call('GET', `${crds}/lamps.light.io`)).code, 404)
  world.clock.advance(1_000)
  assert.equal((await world.call('GET', lamps)).code, 404)
  assert.deepEqual((await world.store.list({ group: 'light.io', resource: 'lamps' })).items, [])
  await world.call('POST', crds, lampCrd({}))
  const empty = await world.call('GET', lamps)
  assert.deepEqual([empty.code, empty.body['items']], [200, []])
})
