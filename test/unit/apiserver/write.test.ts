// Create, update, patch, delete: what each answers, and what is stored afterwards.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, configMaps, createWorld, gadgetOf, gadgets } from './world.ts'

const merge = { 'content-type': 'application/merge-patch+json' }
const json = { 'content-type': 'application/json-patch+json' }

describe('create', () => {
  it('stamps what the server owns and takes nothing of it from the body', async () => {
    const world = createWorld()
    const mine = {
      uid: 'mine',
      generation: 7,
      creationTimestamp: '2001-01-01T00:00:00Z',
      selfLink: '/x',
      deletionTimestamp: '2001-01-01T00:00:00Z',
    }
    const { code, object } = await world.call('POST', gadgets, {
      ...gadgetOf('a', { size: 1 }, mine),
      status: { ok: true },
    })
    assert.equal(code, 201)
    const { managedFields, ...metadata } = object.metadata
    assert.deepEqual(metadata, {
      name: 'a',
      namespace: 'default',
      uid: metadata.uid,
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      resourceVersion: '2',
    })
    assert.notEqual(metadata.uid, 'mine')
    assert.equal(object['status'], undefined, 'status belongs to its subresource')
    assert.equal(managedFields?.[0]?.['operation'], 'Update')
  })

  it('refuses a name that is taken, missing or malformed', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a'))
    const taken = await world.call('POST', configMaps, configMap('a'))
    assert.deepEqual(taken.body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "a" already exists',
      reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' },
      code: 409,
    })
    const missing = await world.call('POST', configMaps, { data: {} })
    assert.equal(missing.code, 422)
    assert.match(String(missing.body['message']), /metadata\.name: Required value: name or generateName is required/)
    const malformed = await world.call('POST', configMaps, configMap('A_B'))
    assert.equal(malformed.body['reason'], 'Invalid')
  })

  it('draws names, and says so when every draw is taken', async () => {
    const world = createWorld({ ids: { uuid: () => 'u', suffix: () => 'bbbbb' } })
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } }
    const first = await world.call('POST', configMaps, body)
    assert.equal(first.object.metadata.name, 'x-bbbbb')
    const second = await world.call('POST', configMaps, body)
    assert.equal(second.body['reason'], 'AlreadyExists')
    assert.equal(second.headers.get('retry-after'), '1')
  })

  it('refuses bodies of another kind, version or namespace', async () => {
    const world = createWorld()
    for (const [body, text] of [
      [{ ...gadgetOf('a') }, /Gadget in version "v1" cannot be handled as a ConfigMap: no kind "Gadget" is registered/],
      [{ ...configMap('a'), kind: 'Secret' }, /Secret in version "v1" cannot be handled as a ConfigMap/],
      [configMap('a', {}, { namespace: 'other' }), /namespace of the provided object does not match/],
      [configMap('a', {}, { resourceVersion: '3' }), /resourceVersion should not be set/],
      [
        configMap('a', {}, { labels: { a: 1 } }),
        /cannot unmarshal number into Go struct field ObjectMeta\.metadata\.labels of type string/,
      ],
    ] as const) {
      const { code, body: answer } = await world.call('POST', configMaps, body)
      assert.equal(code, 400)
      assert.match(String(answer['message']), text)
    }
  })

  it('needs a namespace that exists and stays', async () => {
    const world = createWorld()
    const missing = await world.call('POST', '/api/v1/namespaces/nope/configmaps', configMap('a'))
    assert.deepEqual([missing.code, missing.body['message']], [404, 'namespaces "nope" not found'])
    await world.call('POST', '/api/v1/namespaces', { metadata: { name: 'going' } })
    await world.call('DELETE', '/api/v1/namespaces/going')
    const going = await world.call('POST', '/api/v1/namespaces/going/configmaps', configMap('a'))
    assert.equal(going.code, 403)
    assert.match(JSON.stringify(going.body), /NamespaceTerminating/)
    assert.equal((await world.call('POST', '/api/v1/configmaps', configMap('a'))).code, 405)
  })

  it('says what a dry run would do and stores nothing', async () => {
    const world = createWorld()
    const dry = await world.call('POST', `${configMaps}?dryRun=All`, configMap('a'))
    assert.equal(dry.code, 201)
    assert.equal(dry.object.metadata.resourceVersion, undefined)
    assert.equal((await world.call('GET', `${configMaps}/a`)).code, 404)
    assert.equal((await world.call('POST', `${configMaps}?dryRun=Some`, configMap('a'))).code, 422)
  })
})

describe('update', () => {
  it('holds a writer to the revision they read', async () => {
    const world = createWorld()
    const first = (await world.call('POST', configMaps, configMap('a', { k: '1' }))).object
    const second = await world.call('PUT', `${configMaps}/a`, { ...first, data: { k: '2' } })
    assert.equal(second.object.metadata.resourceVersion, '3')
    const late = await world.call('PUT', `${configMaps}/a`, { ...first, data: { k: '3' } })
    assert.equal(late.code, 409)
    const text =
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again'
    assert.equal(late.body['message'], text)
    const blind = await world.call('PUT', `${configMaps}/a`, configMap('a', { k: '4' }))
    assert.equal(blind.code, 200, 'built-in kinds take updates without a revision')
    const custom = await world.call('POST', gadgets, gadgetOf('g'))
    assert.equal(custom.code, 201)
    assert.equal((await world.call('PUT', `${gadgets}/g`, gadgetOf('g'))).code, 422)
    assert.equal((await world.call('PUT', `${configMaps}/none`, configMap('none'))).code, 404)
  })

  it('writes nothing when nothing changes', async () => {
    const world = createWorld()
    const first = (await world.call('POST', gadgets, gadgetOf('g', { size: 1 }))).object
    world.clock.advance(60_000)
    const again = await world.call('PUT', `${gadgets}/g`, first)
    assert.deepEqual(again.object, first)
    const patched = await world.call('PATCH', `${gadgets}/g`, { spec: { size: 1 } }, merge)
    assert.deepEqual(patched.object, first)
    assert.equal(await world.store.revision({ group: 'demo.io', resource: 'gadgets' }), 2)
  })

  it('keeps status and spec to their endpoints and counts generations', async () => {
    const world = createWorld()
    const first = (await world.call('POST', gadgets, gadgetOf('g', { size: 1 }))).object
    const spec = await world.call('PUT', `${gadgets}/g`, { ...first, spec: { size: 2 }, status: { sneaky: true } })
    assert.equal(spec.object.metadata.generation, 2)
    assert.equal(spec.object['status'], undefined)
    const status = await world.call('PUT', `${gadgets}/g/status`, {
      ...spec.object,
      spec: { size: 9 },
      status: { ready: true },
    })
    assert.deepEqual([status.object['spec'], status.object['status']], [{ size: 2 }, { ready: true }])
    assert.equal(status.object.metadata.generation, 2)
    const label = await world.call('PATCH', `${gadgets}/g`, { metadata: { labels: { a: 'b' } } }, merge)
    assert.equal(label.object.metadata.generation, 2)
    assert.deepEqual(label.object['status'], { ready: true })
  })

  it('refuses another uid and another name', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a'))
    assert.equal((await world.call('PUT', `${configMaps}/a`, configMap('a', {}, { uid: 'other' }))).code, 409)
    assert.equal((await world.call('PUT', `${configMaps}/a`, configMap('b'))).code, 400)
  })
})

describe('patch', () => {
  it('takes the forms a kind takes and names the others', async () => {
    const world = createWorld()
    await world.call('POST', gadgets, gadgetOf('g', { size: 1 }))
    const strategic = await world.call(
      'PATCH',
      `${gadgets}/g`,
      {},
      { 'content-type': 'application/strategic-merge-patch+json' },
    )
    assert.equal(strategic.code, 415)
    assert.match(
      String(strategic.body['message']),
      /json-patch\+json, application\/merge-patch\+json, application\/apply-patch\+yaml/,
    )
    const tested = await world.call('PATCH', `${gadgets}/g`, [{ op: 'test', path: '/spec/size', value: 2 }], json)
    assert.equal(tested.code, 422)
    const done = await world.call('PATCH', `${gadgets}/g`, [{ op: 'replace', path: '/spec/size', value: 2 }], json)
    assert.deepEqual(done.object['spec'], { size: 2 })
    assert.equal((await world.call('PATCH', `${gadgets}/g`, '{', merge)).code, 400)
    assert.equal((await world.call('PATCH', `${gadgets}/g`, { metadata: { resourceVersion: '1' } }, merge)).code, 409)
  })

  it('applies: creates, changes, finds conflicts, forces', async () => {
    const world = createWorld()
    const apply = { 'content-type': 'application/apply-patch+yaml' }
    const path = (manager: string, more = '') => `${configMaps}/a?fieldManager=${manager}${more}`
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: one}\n'
    assert.equal((await world.call('PATCH', `${configMaps}/a`, yaml, apply)).code, 422, 'a manager must be named')
    assert.equal((await world.call('PATCH', path('x'), yaml, apply)).code, 201)
    const same = await world.call('PATCH', path('x'), yaml, apply)
    assert.deepEqual([same.code, same.object.metadata.resourceVersion], [200, '2'])
    const conflict = await world.call('PATCH', path('y'), yaml.replace('one', 'two'), apply)
    assert.equal(conflict.code, 409)
    assert.equal(conflict.body['message'], 'Apply failed with 1 conflict: conflict with "x": .data.k')
    assert.match(JSON.stringify(conflict.body), /"reason":"FieldManagerConflict"/)
    const forced = await world.call('PATCH', path('y', '&force=true'), yaml.replace('one', 'two'), apply)
    assert.deepEqual(forced.object['data'], { k: 'two' })
    assert.equal((await world.call('PATCH', path('z', '&force=true'), {}, merge)).code, 422)
  })
})

describe('scale', () => {
  it('reads and writes the replicas of any kind that declares them', async () => {
    const world = createWorld()
    await world.call('POST', gadgets, gadgetOf('g', { replicas: 2 }))
    const got = await world.call('GET', `${gadgets}/g/scale`)
    assert.deepEqual(got.body['spec'], { replicas: 2 })
    const patched = await world.call('PATCH', `${gadgets}/g/scale`, { spec: { replicas: 5 } }, merge)
    assert.deepEqual(patched.body['spec'], { replicas: 5 })
    assert.equal((await world.call('GET', `${gadgets}/g`)).object.metadata.generation, 2)
    const stale = { ...got.body, spec: { replicas: 7 } }
    assert.equal((await world.call('PUT', `${gadgets}/g/scale`, stale)).code, 409)
    const wrong = await world.call('PATCH', `${gadgets}/g/scale`, { spec: { replicas: -1 } }, merge)
    assert.equal(wrong.code, 422)
    assert.equal((await world.call('GET', `${configMaps}/a/scale`)).code, 404)
  })
})

describe('field validation', () => {
  const doubled = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"},"bogus":1}'
  it('is strict, warns, or looks away', async () => {
    const world = createWorld()
    const strict = await world.call('POST', `${configMaps}?fieldValidation=Strict`, doubled)
    assert.equal(strict.code, 400)
    assert.equal(
      strict.body['message'],
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus", duplicate field "data.k"',
    )
    const warned = await world.call('POST', configMaps, doubled)
    assert.equal(
      warned.headers.get('warning'),
      '299 - "unknown field \\"bogus\\"", 299 - "duplicate field \\"data.k\\""',
    )
    assert.equal(warned.object['bogus'], undefined, 'unknown fields are dropped')
    const ignored = await world.call('PUT', `${configMaps}/a?fieldValidation=Ignore`, doubled)
    assert.equal(ignored.headers.get('warning'), null)
    assert.equal((await world.call('POST', `${configMaps}?fieldValidation=No`, doubled)).code, 422)
  })
})
