// Kinds that are rendered on read: read and watched like any other, refused politely when written.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { ViewSource } from '../../../shared/apiserver/views.ts'
import { createWorld, gadgetOf, gadgets } from './world.ts'

function createView(write?: ViewSource['write']) {
  const objects = new Map<string, KubeObject>()
  let revision = 0
  const put = (name: string, size: number | undefined) => {
    revision += 1
    const metadata = { name, namespace: 'default', uid: name, resourceVersion: String(revision + 1) }
    if (size === undefined) objects.delete(name)
    else objects.set(name, { apiVersion: 'demo.io/v1', kind: 'Gadget', metadata, spec: { size } })
  }
  const view: ViewSource = {
    get: ({ name }) => Promise.resolve(objects.get(name)),
    list: (namespace) =>
      Promise.resolve([...objects.values()].filter(({ metadata }) => !namespace || metadata.namespace === namespace)),
    revision: () => Promise.resolve(revision === 0 ? 0 : revision + 1),
    ...(write && { write }),
  }
  return { view, put }
}

const views = (view: ViewSource) => (type: { resource: string }) => (type.resource === 'gadgets' ? view : undefined)

it('a view is read as objects are, in pages and by name', async () => {
  const { view, put } = createView()
  for (const name of ['c', 'a', 'b']) put(name, 1)
  const world = createWorld({ views: views(view) })
  const first = await world.call('GET', `${gadgets}?limit=2`)
  assert.deepEqual(
    (first.body['items'] as KubeObject[]).map(({ metadata }) => metadata.name),
    ['a', 'b'],
  )
  const { continue: token } = first.body['metadata'] as { continue: string }
  const second = await world.call('GET', `${gadgets}?limit=2&continue=${token}`)
  assert.deepEqual(
    (second.body['items'] as KubeObject[]).map(({ metadata }) => metadata.name),
    ['c'],
  )
  assert.deepEqual((await world.call('GET', `${gadgets}/a`)).object['spec'], { size: 1 })
  assert.equal((await world.call('GET', `${gadgets}/none`)).code, 404)
})

it('a view refuses writes with 405 unless it takes them', async () => {
  const { view, put } = createView()
  put('a', 1)
  const world = createWorld({ views: views(view) })
  const merge = { 'content-type': 'application/merge-patch+json' }
  assert.equal((await world.call('POST', gadgets, gadgetOf('b'))).code, 405)
  assert.equal((await world.call('PATCH', `${gadgets}/a`, { spec: { size: 2 } }, merge)).code, 405)
  assert.equal((await world.call('DELETE', `${gadgets}/a`)).code, 405)
  const written: unknown[] = []
  const taking = createView({
    update: (_key, object) => {
      written.push(object['spec'])
      return Promise.resolve(object)
    },
  })
  taking.put('a', 1)
  const other = createWorld({ views: views(taking.view) })
  assert.equal((await other.call('PATCH', `${gadgets}/a`, { spec: { size: 2 } }, merge)).code, 200)
  assert.deepEqual(written, [{ size: 2 }])
})

it('a view is watched by comparing what it shows', async () => {
  const { view, put } = createView()
  const world = createWorld({ views: views(view) })
  const list = await world.call('GET', gadgets)
  const { resourceVersion } = list.body['metadata'] as { resourceVersion: string }
  assert.equal(resourceVersion, '1', 'an empty view has a revision clients can watch from')
  const response = await world.handle(new Request(`http://hub${gadgets}?watch=true&resourceVersion=${resourceVersion}`))
  const reader = response.body?.getReader()
  assert.ok(reader)
  const next = async () => {
    for (;;) {
      const turn = setInterval(() => world.clock.advance(500), 1)
      const { value } = await reader.read()
      clearInterval(turn)
      const text = new TextDecoder().decode(value)
      if (text.trim() === '') continue
      const { type, object } = JSON.parse(text) as { type: string; object: KubeObject }
      return `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`
    }
  }
  await new Promise((resolve) => setImmediate(resolve))
  put('a', 1)
  assert.equal(await next(), 'ADDED a 2')
  put('a', 2)
  assert.equal(await next(), 'MODIFIED a 3')
  put('a', undefined)
  assert.equal(await next(), 'DELETED a 4')
  await reader.cancel()
})
