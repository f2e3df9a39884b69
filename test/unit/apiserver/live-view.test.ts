// A view in parts: watched without reading again what did not change, and without losing what did.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { ViewSource } from '../../../shared/apiserver/views.ts'
import { liveViews } from '../../../shared/apiserver/watch/live-view.ts'
import type { Change } from '../../../shared/ports/object-store.ts'

const gadget = (name: string, size: number): KubeObject => ({
  apiVersion: 'demo.io/v1',
  kind: 'Gadget',
  metadata: { name, resourceVersion: String(size) },
  spec: { size },
})

function createLive() {
  const clock = new ManualClock()
  const parts = new Map<string, KubeObject[]>()
  const listeners = new Set<(part: string) => void>()
  const reads: string[] = []
  const elsewhere: string[] = []
  const source: ViewSource = {
    get: async () => undefined,
    list: async () => [...parts.values()].flat(),
    revision: async () => 1,
    parts: {
      keys: async () => [...parts.keys()],
      one: async (part) => {
        reads.push(part)
        return parts.get(part) ?? []
      },
      changedSince: async (cursor = 0) => ({ parts: elsewhere.slice(cursor), cursor: elsewhere.length }),
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  }
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const view = liveViews(() => source, { clock, log })({ group: 'demo.io', resource: 'gadgets' })
  assert.ok(view?.watch)
  const put = (part: string, ...objects: KubeObject[]) => {
    if (objects.length > 0) parts.set(part, objects)
    else parts.delete(part)
    for (const listener of listeners) listener(part)
  }
  const watch = (revision: number) => {
    const seen: string[] = []
    const ended: string[] = []
    const stop = view.watch?.(revision, {
      deliver: (changes) => seen.push(...changes.map(told)),
      progress: () => undefined,
      end: (reason) => ended.push(reason),
    })
    return { seen, ended, stop: () => stop?.() }
  }
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(50)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    }
  }
  return { view, put, watch, pass, reads, elsewhere, parts }
}

const told = ({ type, object }: Change) => `${type} ${object.metadata.name} ${JSON.stringify(object['spec'])}`

it('what changed after a list is told, and only its part is read', async () => {
  const { view, put, watch, pass, reads } = createLive()
  put('p', gadget('p1', 1), gadget('p2', 1))
  put('q', gadget('q1', 1))
  const revision = await view.revision()
  assert.equal((await view.list()).length, 3)
  const { seen, ended, stop } = watch(revision)
  reads.length = 0
  put('p', gadget('p1', 2), gadget('p3', 1))
  await pass(500)
  assert.deepEqual(seen, ['MODIFIED p1 {"size":2}', 'ADDED p3 {"size":1}', 'DELETED p2 {"size":1}'])
  assert.deepEqual([...new Set(reads)], ['p'])
  put('p')
  await pass(500)
  assert.deepEqual(seen.slice(3).sort(), ['DELETED p1 {"size":2}', 'DELETED p3 {"size":1}'])
  assert.deepEqual(ended, [])
  stop()
})

it('a change between the list and the watch is not lost', async () => {
  const { view, put, watch, pass } = createLive()
  put('p', gadget('p1', 1))
  const revision = await view.revision()
  await view.list()
  put('p', gadget('p1', 2))
  const { seen, stop } = watch(revision)
  await pass(500)
  assert.deepEqual(seen.at(-1), 'MODIFIED p1 {"size":2}')
  stop()
})

it('a watch that comes back is told what happened meanwhile, removals too', async () => {
  const { view, put, watch, pass } = createLive()
  put('p', gadget('p1', 1), gadget('p2', 1))
  await view.revision()
  await view.list()
  await pass(5_000)
  const first = watch(await view.revision())
  const revision = await view.revision()
  put('p', gadget('p2', 2))
  await pass(500)
  first.stop()
  const again = watch(revision)
  assert.deepEqual(again.seen.sort(), ['DELETED p1 {"size":1}', 'MODIFIED p2 {"size":2}'])
  again.stop()
})

it('what another instance changed is found without being told', async () => {
  const { view, watch, pass, elsewhere, parts } = createLive()
  parts.set('p', [gadget('p1', 1)])
  const revision = await view.revision()
  await view.list()
  const { seen, stop } = watch(revision)
  parts.set('p', [gadget('p1', 2)])
  elsewhere.push('p')
  await pass(2_000)
  assert.deepEqual(seen, ['MODIFIED p1 {"size":2}'])
  parts.set('q', [gadget('q1', 1)])
  await pass(20_000)
  assert.equal(seen.at(-1), 'ADDED q1 {"size":1}', 'a part nobody spoke of')
  stop()
})

it('the first list begins a watch, also when time passes between its revision and its objects, and in one namespace', async () => {
  for (const namespace of [undefined, 'default']) {
    const { view, put, watch, pass } = createLive()
    put('p', gadget('p1', 1))
    const revision = await view.revision()
    await pass(50)
    await view.list(namespace)
    const { seen, ended, stop } = watch(revision)
    put('p', gadget('p1', 2))
    await pass(500)
    assert.deepEqual([ended, seen], [[], ['MODIFIED p1 {"size":2}']])
    stop()
  }
})

it('a watch from before anything is known must list again', async () => {
  const { watch, view } = createLive()
  assert.deepEqual(watch(1).ended, ['expired'])
  const revision = await view.revision()
  await view.list()
  const { ended, stop } = watch(revision)
  assert.deepEqual(ended, [])
  stop()
})
