// Two API servers over one store, writers on both, a log that is cut short, watchers that lose their connection at any
// moment and go on wherever they land from the last revision they saw: nothing is missed, repeated or out of order.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { ManualClock, sequentialIds } from '../../shared/adapters/memory/manual-clock.ts'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { type ApiServer, createApiServer } from '../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../shared/apiserver/builtin/builtin-kinds.ts'
import { createKindSource } from '../../shared/apiserver/kinds/kind-source.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'

const path = '/api/v1/namespaces/default/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }

interface Counted {
  readonly store: ObjectStore
  readonly counts: Record<'get' | 'list' | 'changes' | 'revision' | 'write', number>
}

function counted(store: ObjectStore): Counted {
  const counts = { get: 0, list: 0, changes: 0, revision: 0, write: 0 }
  const count = <A extends unknown[], R>(name: keyof typeof counts, call: (...args: A) => R) => {
    return (...args: A): R => {
      counts[name] += 1
      return call(...args)
    }
  }
  return {
    counts,
    store: {
      get: count('get', store.get),
      list: count('list', store.list),
      changes: count('changes', store.changes),
      revision: count('revision', store.revision),
      write: count('write', store.write),
    },
  }
}

function instance(store: ObjectStore, clock: ManualClock): ApiServer {
  return createApiServer({
    store,
    kinds: createKindSource({ store, base: builtinKinds, clock }),
    clock,
    ids: sequentialIds(),
    log: { info() {}, warn() {}, error() {} },
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
    random: () => 1,
  })
}

interface Event {
  readonly type: string
  readonly object: { code?: number; metadata: { name: string; resourceVersion: string } }
}

/** One watcher as informers are: a picture of the objects, kept true by events; after a 410 it lists again. */
class Watcher {
  readonly seen = new Map<string, string>()
  #last = 0
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #reading: Promise<void> | undefined
  lists = 0
  readonly #query: string

  constructor(query: string) {
    this.#query = query
  }

  get at(): number {
    return this.#last
  }

  async connect(api: ApiServer): Promise<void> {
    if (this.#last === 0) await this.#list(api)
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${this.#last}&${this.#query}`
    const response = await api.handle(new Request(`http://hub${path}?${query}`))
    assert.equal(response.status, 200)
    const reader = response.body?.getReader()
    assert.ok(reader)
    this.#reader = reader
    this.#reading = this.#read(reader)
  }

  /** Cuts the connection wherever it is. */
  async cut(): Promise<void> {
    await this.#reader?.cancel()
    await this.#reading
  }

  async #list(api: ApiServer): Promise<void> {
    this.lists += 1
    const response = await api.handle(new Request(`http://hub${path}?${this.#query}`))
    const { items, metadata } = (await response.json()) as {
      items: Event['object'][]
      metadata: { resourceVersion: string }
    }
    this.seen.clear()
    for (const item of items) this.seen.set(item.metadata.name, item.metadata.resourceVersion)
    this.#last = Number(metadata.resourceVersion)
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const text = new TextDecoder().decode(value)
      if (text.trim() !== '') this.#take(JSON.parse(text) as Event)
    }
  }

  #take({ type, object }: Event): void {
    if (type === 'ERROR') {
      assert.equal(object.code, 410, JSON.stringify(object))
      this.#last = 0
      return
    }
    const { name, resourceVersion } = object.metadata
    const revision = Number(resourceVersion)
    if (type === 'BOOKMARK') {
      assert.ok(revision >= this.#last, 'a bookmark never goes back')
      this.#last = revision
      return
    }
    assert.ok(revision > this.#last, `${type} ${name} ${revision} after ${this.#last}`)
    assert.equal(type === 'ADDED', !this.seen.has(name), `${type} of ${name} at ${revision}`)
    if (type === 'DELETED') this.seen.delete(name)
    else this.seen.set(name, resourceVersion)
    this.#last = revision
  }
}

const step = fc.record({
  on: fc.constantFrom(0, 1),
  act: fc.constantFrom('create', 'create', 'change', 'change', 'flip', 'delete', 'reconnect', 'wait', 'bookmark'),
  name: fc.constantFrom('a', 'b', 'c'),
  watcher: fc.nat({ max: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const queries = ['', '', 'labelSelector=on%3Dyes', 'fieldSelector=metadata.name%3Da']
let stamp = 0

async function write(api: ApiServer, { act, name }: Step): Promise<void> {
  stamp += 1
  const send = (method: string, target: string, body: object) =>
    api.handle(
      new Request(`http://hub${target}`, {
        method,
        body: JSON.stringify(body),
        headers: method === 'POST' ? { 'content-type': 'application/json' } : merge,
      }),
    )
  const labels = { on: stamp % 2 ? 'yes' : 'no' }
  if (act === 'create') await send('POST', path, { metadata: { name, labels } })
  if (act === 'change') await send('PATCH', `${path}/${name}`, { data: { stamp: String(stamp) } })
  if (act === 'flip') await send('PATCH', `${path}/${name}`, { metadata: { labels } })
  if (act === 'delete') await api.handle(new Request(`http://hub${path}/${name}`, { method: 'DELETE' }))
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await turn()
    clock.advance(Math.min(1_000, left))
    await turn()
  }
}

interface Play {
  readonly clock: ManualClock
  readonly apis: readonly [ApiServer, ApiServer]
  readonly watchers: readonly Watcher[]
}

async function play({ clock, apis, watchers }: Play, each: Step): Promise<void> {
  const api = apis[each.on === 0 ? 0 : 1]
  if (each.act === 'wait') return await pass(clock, 3_000)
  if (each.act === 'bookmark') return await pass(clock, 61_000)
  if (each.act !== 'reconnect') return await write(api, each)
  const watcher = watchers[each.watcher]
  await watcher?.cut()
  await watcher?.connect(api)
}

/** Whoever was told that it expired, or came to the end of its watch, goes on; then everybody has seen everything. */
async function settle({ clock, apis, watchers }: Play): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    for (const watcher of watchers) await watcher.cut()
    for (const [index, watcher] of watchers.entries()) await watcher.connect(apis[index % 2 === 0 ? 0 : 1])
    await pass(clock, 6_000)
  }
  for (const watcher of watchers) await watcher.cut()
}

it('watchers that reconnect anywhere see every change once, in order, on whichever instance they land', async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(3, 8, 1_000), async (steps, keepChanges) => {
      const clock = new ManualClock()
      const store = createMemoryObjectStore({ clock, keepChanges })
      const apis = [instance(store, clock), instance(store, clock)] as const
      const world: Play = { clock, apis, watchers: queries.map((query) => new Watcher(query)) }
      for (const [index, watcher] of world.watchers.entries()) await watcher.connect(apis[index % 2 === 0 ? 0 : 1])
      for (const each of steps) await play(world, each)
      await settle(world)
      for (const [index, query] of queries.entries()) {
        const want = new Watcher(query)
        await want.connect(apis[0])
        await want.cut()
        assert.deepEqual(sorted(world.watchers[index]), sorted(want), query)
      }
    }),
    { numRuns: 25 },
  )
})

function sorted(watcher: Watcher | undefined): string[] {
  return [...(watcher?.seen ?? [])].map(([name, revision]) => `${name} ${revision}`).sort()
}

it('fifty idle watchers of a type cost the polling of one, also across reconnects from where they were', async () => {
  const cost = async (watchers: number): Promise<{ polls: number; starts: number }> => {
    const clock = new ManualClock()
    const { store, counts } = counted(createMemoryObjectStore({ clock }))
    const api = instance(store, clock)
    await api.handle(new Request(`http://hub${path}`))
    const at = await store.revision({ group: '', resource: 'configmaps' })
    const total = () => counts.changes + counts.list + counts.get + counts.revision
    const before = total()
    const open = async () => {
      const response = await api.handle(new Request(`http://hub${path}?watch=true&resourceVersion=${at}`))
      return response.body?.getReader()
    }
    const readers = [await open()]
    await pass(clock, 1)
    readers.push(...(await Promise.all(Array.from({ length: watchers - 1 }, open))))
    await pass(clock, 1)
    const started = total()
    await pass(clock, 60_000)
    const polls = total() - started
    for (const reader of readers) await reader?.cancel()
    return { polls, starts: started - before }
  }
  const one = await cost(1)
  const fifty = await cost(50)
  assert.equal(fifty.polls, one.polls, 'store reads in a minute of nothing')
  assert.ok(one.polls <= 32, `${one.polls} reads a minute: one every two seconds`)
  assert.equal(fifty.starts, one.starts, 'joining a tail that is there reads nothing')
})
