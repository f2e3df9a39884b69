// Watches: what is seen, in which order, and how they begin and end.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, configMaps, createWorld, gadgetOf, gadgets, type World } from './world.ts'

const merge = { 'content-type': 'application/merge-patch+json' }

interface Event {
  readonly type: string
  readonly object: {
    kind: string
    code?: number
    metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> }
  }
}

interface Watcher {
  /** The next event; heartbeats are passed over. Undefined at the end of the stream. */
  next(): Promise<Event | undefined>
  /** Bytes of the next chunk, heartbeats too. */
  chunk(): Promise<string | undefined>
  stop(): Promise<void>
}

async function open(world: World, path: string, headers: Record<string, string> = {}): Promise<Watcher> {
  const response = await world.handle(new Request(`http://hub${path}`, { headers }))
  assert.equal(response.status, 200)
  const reader = response.body?.getReader()
  assert.ok(reader)
  await new Promise((resolve) => setImmediate(resolve))
  const decoder = new TextDecoder()
  const chunk = async () => {
    const { done, value } = await reader.read()
    return done ? undefined : decoder.decode(value)
  }
  return {
    chunk,
    async next() {
      for (;;) {
        const text = await chunk()
        if (text === undefined) return undefined
        if (text.trim() !== '') return JSON.parse(text) as Event
      }
    },
    stop: () => reader.cancel(),
  }
}

const seen = (event: Event | undefined) =>
  event && `${event.type} ${event.object.metadata.name ?? ''} ${event.object.metadata.resourceVersion}`

async function tick(world: World, ms: number, times = 1): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.advance(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('watch', () => {
  it('begins at once with a blank line', async () => {
    const world = createWorld()
    const watcher = await open(world, `${configMaps}?watch=1`)
    assert.equal(await watcher.chunk(), '\n')
    await watcher.stop()
  })

  it('shows changes after a revision, in order, without gap or repetition', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a'))
    await world.call('POST', configMaps, configMap('b'))
    const watcher = await open(world, `${configMaps}?watch=true&resourceVersion=2`)
    assert.equal(seen(await watcher.next()), 'ADDED b 3')
    await world.call('PATCH', `${configMaps}/a`, { data: { k: 'v' } }, merge)
    await world.call('DELETE', `${configMaps}/b`)
    await world.call('POST', configMaps, configMap('c'))
    assert.deepEqual(
      [seen(await watcher.next()), seen(await watcher.next()), seen(await watcher.next())],
      ['MODIFIED a 4', 'DELETED b 5', 'ADDED c 6'],
    )
    await watcher.stop()
  })

  it('shows what exists first when no revision is named', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('b'))
    await world.call('POST', configMaps, configMap('a'))
    for (const query of ['', '&resourceVersion=0']) {
      const watcher = await open(world, `${configMaps}?watch=true${query}`)
      assert.deepEqual([seen(await watcher.next()), seen(await watcher.next())], ['ADDED a 3', 'ADDED b 2'])
      await watcher.stop()
    }
  })

  it('turns a change of selection into ADDED and DELETED', async () => {
    const world = createWorld()
    const watcher = await open(world, `${gadgets}?watch=true&labelSelector=on%3Dyes`)
    await world.call('POST', gadgets, gadgetOf('g', {}, { labels: { on: 'no' } }))
    await world.call('PATCH', `${gadgets}/g`, { metadata: { labels: { on: 'yes' } } }, merge)
    await world.call('PATCH', `${gadgets}/g`, { spec: { size: 2 } }, merge)
    await world.call('PATCH', `${gadgets}/g`, { metadata: { labels: { on: 'no' } } }, merge)
    await world.call('DELETE', `${gadgets}/g`)
    await world.call('POST', gadgets, gadgetOf('h', {}, { labels: { on: 'yes' } }))
    const got = [await watcher.next(), await watcher.next(), await watcher.next(), await watcher.next()].map(seen)
    assert.deepEqual(got, ['ADDED g 3', 'MODIFIED g 4', 'DELETED g 5', 'ADDED h 7'])
    await watcher.stop()
  })

  it('stays in its namespace and with its name', async () => {
    const world = createWorld()
    const named = await open(world, `${configMaps}?watch=true&resourceVersion=0&fieldSelector=metadata.name=b`)
    await world.call('POST', '/api/v1/namespaces/kube-public/configmaps', configMap('b'))
    await world.call('POST', configMaps, configMap('a'))
    await world.call('POST', configMaps, configMap('b'))
    assert.equal(seen(await named.next()), 'ADDED b 4')
    await named.stop()
  })

  it('sends a WatchList: what exists, the end mark, then changes', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a'))
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watcher = await open(world, `${configMaps}?${query}`)
    assert.equal(seen(await watcher.next()), 'ADDED a 2')
    const mark = await watcher.next()
    assert.deepEqual(
      [mark?.type, mark?.object.kind, mark?.object.metadata.resourceVersion],
      ['BOOKMARK', 'ConfigMap', '2'],
    )
    assert.equal(mark?.object.metadata.annotations?.['k8s.io/initial-events-end'], 'true')
    await world.call('POST', configMaps, configMap('b'))
    assert.equal(seen(await watcher.next()), 'ADDED b 3')
    await watcher.stop()
    for (const bad of [
      'sendInitialEvents=true',
      'resourceVersionMatch=NotOlderThan',
      'resourceVersionMatch=Exact&sendInitialEvents=true',
    ]) {
      assert.equal((await world.call('GET', `${configMaps}?watch=true&${bad}`)).code, 422, bad)
    }
  })

  it('tells an expired revision as an ERROR event in a good answer', async () => {
    const world = createWorld({ keepChanges: 2 })
    for (const name of ['a', 'b', 'c', 'd']) await world.call('POST', configMaps, configMap(name))
    const watcher = await open(world, `${configMaps}?watch=true&resourceVersion=2`)
    const event = await watcher.next()
    assert.deepEqual([event?.type, event?.object.kind, event?.object.code], ['ERROR', 'Status', 410])
    assert.equal(await watcher.next(), undefined)
  })

  it('ends at its deadline with a bookmark for those who asked, and never sends one to the others', async () => {
    const world = createWorld()
    const asked = await open(
      world,
      `${configMaps}?watch=true&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=20`,
    )
    const silent = await open(world, `${configMaps}?watch=true&resourceVersion=0&timeoutSeconds=20`)
    const ends = Promise.all([asked.next(), silent.next()])
    await tick(world, 5_000, 8)
    const [last, none] = await ends
    assert.equal(last?.type, 'BOOKMARK')
    assert.equal(none, undefined)
    assert.equal(await asked.next(), undefined)
  })

  it('never lives longer than the limit, and beats until then', async () => {
    const world = createWorld({ limits: { watchSeconds: 40 } })
    const watcher = await open(world, `${configMaps}?watch=true&timeoutSeconds=600`)
    let beats = 0
    const end = (async () => {
      while ((await watcher.chunk()) !== undefined) beats += 1
    })()
    await tick(world, 5_000, 12)
    await end
    assert.ok(beats >= 3, `${beats} heartbeats`)
  })

  it('sees what other instances write', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a'))
    const watcher = await open(world, `${configMaps}?watch=true&resourceVersion=2`)
    assert.equal(await watcher.chunk(), '\n')
    const next = watcher.next()
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'default' } }
    const type = { group: '', resource: 'configmaps' }
    await world.elsewhere.write(type, { key: { namespace: 'default', name: 'b' }, expect: 'absent', object })
    await tick(world, 3_000, 3)
    assert.equal(seen(await next), 'ADDED b 3')
    await watcher.stop()
  })

  it('turns further watches away when there are too many, and takes new ones when some left', async () => {
    const world = createWorld({ limits: { watches: 2 } })
    const path = `${configMaps}?watch=true`
    const first = await open(world, path)
    const second = await open(world, path)
    const third = await world.call('GET', path)
    assert.deepEqual(
      [third.code, third.headers.get('retry-after'), third.body['reason']],
      [429, '5', 'TooManyRequests'],
    )
    await first.stop()
    const fourth = await open(world, path)
    await second.stop()
    await fourth.stop()
  })

  it('ends a watcher that does not keep up', async () => {
    const world = createWorld({ limits: { watchBacklog: 3 } })
    const watcher = await open(world, `${configMaps}?watch=true`)
    assert.equal(await watcher.chunk(), '\n')
    await tick(world, 1, 3)
    for (let index = 0; index < 60; index += 1) await world.call('POST', configMaps, configMap(`c${index}`))
    await tick(world, 1, 3)
    const got: (string | undefined)[] = []
    for (let event = await watcher.next(); event; event = await watcher.next()) got.push(seen(event))
    assert.ok(got.length < 60, 'it did not see everything')
    assert.deepEqual(
      got,
      got.map((_event, index) => `ADDED c${index} ${index + 2}`),
      'what it saw has no gap',
    )
  })

  it('ends a watcher that owes too many bytes', async () => {
    const world = createWorld({ limits: { watchBacklogBytes: 40_000 } })
    const watcher = await open(world, `${configMaps}?watch=true`)
    assert.equal(await watcher.chunk(), '\n')
    await tick(world, 1, 3)
    const text = 'x'.repeat(10_000)
    for (let index = 0; index < 20; index += 1) await world.call('POST', configMaps, configMap(`c${index}`, { text }))
    const got: (string | undefined)[] = []
    for (let event = await watcher.next(); event; event = await watcher.next()) got.push(seen(event))
    assert.ok(got.length >= 4 && got.length < 20, `${got.length} events`)
    assert.deepEqual(
      got,
      got.map((_event, index) => `ADDED c${index} ${index + 2}`),
    )
  })

  it('takes the stream and the slot from a watcher that stops reading, and forgets what it owed', async () => {
    const world = createWorld({ limits: { watches: 1, stallSeconds: 30 } })
    const response = await world.handle(new Request(`http://hub${configMaps}?watch=true`))
    for (let index = 0; index < 40; index += 1) await world.call('POST', configMaps, configMap(`c${index}`))
    await tick(world, 10_000, 2)
    assert.equal((await world.call('GET', `${configMaps}?watch=true`)).code, 429)
    await tick(world, 10_000, 3)
    const next = await open(world, `${configMaps}?watch=true`)
    await next.stop()
    await assert.rejects(async () => {
      for await (const _chunk of response.body as unknown as AsyncIterable<Uint8Array>);
    }, /nothing was read for 30 s/)
  })

  it('frees the slot at once when the caller leaves, also in the middle of what it was shown', async () => {
    const world = createWorld({ limits: { watches: 1 } })
    for (let index = 0; index < 60; index += 1) await world.call('POST', configMaps, configMap(`c${index}`))
    for (let round = 0; round < 3; round += 1) {
      const left = new AbortController()
      const answer = await world.handle(new Request(`http://hub${configMaps}?watch=true`, { signal: left.signal }))
      assert.equal(answer.status, 200)
      left.abort()
    }
    const head = await world.handle(new Request(`http://hub${configMaps}?watch=true`, { method: 'HEAD' }))
    assert.equal(head.status, 405)
    assert.equal((await world.handle(new Request(`http://hub${configMaps}?watch=true`))).status, 200)
  })

  it('shows what exists in pages, and does not say that it is over before what came meanwhile was shown', async () => {
    const world = createWorld({ limits: { watchBacklog: 5_000 } })
    const type = { group: '', resource: 'configmaps' }
    const write = (name: string) =>
      world.elsewhere.write(type, {
        key: { namespace: 'default', name },
        expect: 'absent',
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
      })
    for (let index = 0; index < 700; index += 1) await write(`c${1000 + index}`)
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watcher = await open(world, `${configMaps}?${query}`)
    const first = await watcher.next()
    assert.equal(seen(first), 'ADDED c1000 2')
    // Behind the first page, newer than the list.
    await write('z')
    const names = new Set([first?.object.metadata.name])
    let end: Event | undefined
    const reading = (async () => {
      for (let event = await watcher.next(); event; event = await watcher.next()) {
        if (event.type === 'BOOKMARK') {
          end = event
          return
        }
        assert.ok(!names.has(event.object.metadata.name), `${event.object.metadata.name} twice`)
        names.add(event.object.metadata.name)
      }
    })()
    for (let round = 0; round < 200 && !end; round += 1) await tick(world, 100)
    await reading
    assert.equal(names.size, 701)
    assert.equal(end?.object.metadata.resourceVersion, '702')
    await watcher.stop()
  })

  it('renders tables: the columns once', async () => {
    const world = createWorld()
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    const watcher = await open(world, `${configMaps}?watch=true`, { accept })
    await world.call('POST', configMaps, configMap('a'))
    await world.call('POST', configMaps, configMap('b'))
    const events = [await watcher.next(), await watcher.next()] as unknown as {
      object: { kind: string; columnDefinitions?: unknown[]; rows: unknown[] }
    }[]
    assert.deepEqual(
      events.map(({ object }) => [object.kind, (object.columnDefinitions ?? []).length > 0, object.rows.length]),
      [
        ['Table', true, 1],
        ['Table', false, 1],
      ],
    )
    await watcher.stop()
  })
})
