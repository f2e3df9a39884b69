// Whatever is written, in whatever order: a list and a watch from it always add up to the store.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { createWorld, gadgetOf, gadgets } from '../unit/apiserver/world.ts'

const merge = { 'content-type': 'application/merge-patch+json' }

type Step =
  | { readonly kind: 'create'; readonly name: string; readonly on: boolean }
  | { readonly kind: 'flip'; readonly name: string; readonly on: boolean }
  | { readonly kind: 'change'; readonly name: string; readonly size: number }
  | { readonly kind: 'delete'; readonly name: string }

const name = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), name, on: fc.boolean() }),
  fc.record({ kind: fc.constant('flip' as const), name, on: fc.boolean() }),
  fc.record({ kind: fc.constant('change' as const), name, size: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant('delete' as const), name }),
)

type World = ReturnType<typeof createWorld>

async function play(world: World, { kind, name: target, ...step }: Step): Promise<void> {
  const path = `${gadgets}/${target}`
  if (kind === 'create')
    await world.call('POST', gadgets, gadgetOf(target, {}, { labels: { on: String('on' in step && step.on) } }))
  else if (kind === 'delete') await world.call('DELETE', path)
  else if (kind === 'change') await world.call('PATCH', path, { spec: { size: 'size' in step ? step.size : 0 } }, merge)
  else await world.call('PATCH', path, { metadata: { labels: { on: String('on' in step && step.on) } } }, merge)
}

interface Item {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
}

/** The list of a selection with its revision. */
async function list(world: World, selector: string): Promise<{ items: Map<string, Item>; revision: string }> {
  const { body } = await world.call('GET', `${gadgets}?${selector}`)
  const items = body['items'] as Item[]
  const { resourceVersion } = body['metadata'] as { resourceVersion: string }
  return { items: new Map(items.map((item) => [item.metadata.name, item])), revision: resourceVersion }
}

/** Applies the events of a watch to a list the way an informer does, until an object named `end` shows up. */
async function follow(world: World, selector: string, from: { items: Map<string, Item>; revision: string }) {
  const query = `watch=true&resourceVersion=${from.revision}&${selector}`
  const response = await world.handle(new Request(`http://hub${gadgets}?${query}`))
  const items = new Map(from.items)
  let last = Number(from.revision)
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      if (line === '') continue
      const { type, object } = JSON.parse(line) as { type: string; object: Item }
      if (object.metadata.name === 'end') return items
      assert.ok(Number(object.metadata.resourceVersion) > last, 'revisions only rise')
      last = Number(object.metadata.resourceVersion)
      assert.equal(type === 'ADDED', !items.has(object.metadata.name), `${type} of ${object.metadata.name}`)
      if (type === 'DELETED') items.delete(object.metadata.name)
      else items.set(object.metadata.name, object)
    }
  }
  throw new Error('the watch ended early')
}

it('list and watch add up to the store, with and without a selector', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.nat({ max: 15 }), async (steps, cut) => {
      const world = createWorld()
      for (const each of steps.slice(0, cut)) await play(world, each)
      const selectors = ['', 'labelSelector=on%3Dtrue']
      const starts = await Promise.all(selectors.map((selector) => list(world, selector)))
      const watched = selectors.map((selector, index) =>
        follow(world, selector, starts[index] ?? { items: new Map(), revision: '1' }),
      )
      for (const each of steps.slice(cut)) await play(world, each)
      const wanted = await Promise.all(selectors.map((selector) => list(world, selector)))
      await world.call('POST', gadgets, gadgetOf('end', {}, { labels: { on: 'true' } }))
      const got = await Promise.all(watched)
      for (const [index, { items }] of wanted.entries()) assert.deepEqual(got[index], items, selectors[index])
    }),
    { numRuns: 60 },
  )
})
