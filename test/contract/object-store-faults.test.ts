// What only the store on Table Storage has to prove: races between processes, answers lost on the way, a log cut short,
// and how few operations it takes.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { TableClient } from '@azure/data-tables'
import { RestError } from '@azure/data-tables'
import { startTables } from '../../infra/local/table/start-tables.ts'
import { connectTable } from '../../shared/adapters/azure/table-client.ts'
import { createTableObjectStore, type TableObjectStoreOptions } from '../../shared/adapters/azure/table-object-store.ts'
import type { KubeObject, ResourceType } from '../../shared/api/kube-object.ts'
import { wakeReconcile } from '../../shared/app/wake.ts'
import { ConflictError, TransientError } from '../../shared/errors.ts'
import type { OutboxEntry } from '../../shared/ports/outbox.ts'

let tables: Awaited<ReturnType<typeof startTables>> | undefined
before(async () => {
  tables = await startTables({})
})
after(async () => {
  await tables?.close()
})

/** Calls to the service, by the client's method; `fault` runs before and after each and may throw. */
interface Wire {
  readonly counts: Record<string, number>
  fault?: (method: string, phase: 'before' | 'after') => void
}

/** A client that counts and can fail. Listing counts one for each page. */
function observed(client: TableClient, wire: Wire): TableClient {
  const count = (method: string) => {
    wire.counts[method] = (wire.counts[method] ?? 0) + 1
  }
  return new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      const method = String(property)
      if (method === 'listEntities') {
        return (...args: unknown[]) => {
          count(method)
          return Reflect.apply(value, target, args) as unknown
        }
      }
      return async (...args: unknown[]) => {
        count(method)
        wire.fault?.(method, 'before')
        const answer: unknown = await Reflect.apply(value, target, args)
        wire.fault?.(method, 'after')
        return answer
      }
    },
  })
}

function open(wire: Wire = { counts: {} }, options: Partial<TableObjectStoreOptions> = {}) {
  const address = { connectionString: tables?.connectionString ?? '' }
  return createTableObjectStore({
    objects: observed(connectTable(address, 'objects'), wire),
    payloads: connectTable(address, 'payloads'),
    clock: { now: () => 1_000_000, sleep: () => Promise.resolve() },
    newId: randomUUID,
    ...options,
  })
}

let serial = 0
const freshType = (): ResourceType => {
  serial += 1
  return { group: 'unit.io', resource: `things${serial}` }
}
const thing = (name: string, spec: unknown = {}): KubeObject => ({
  apiVersion: 'unit.io/v1',
  kind: 'Thing',
  metadata: { name },
  spec,
})

describe('the table object store', () => {
  it('takes one operation to write, to get and to list', async () => {
    const wire: Wire = { counts: {} }
    const store = open(wire)
    const type = freshType()
    await store.write(type, { key: { name: 'a' }, expect: 'absent', object: thing('a') })
    Object.assign(wire, { counts: {} })
    const second = await store.write(type, { key: { name: 'b' }, expect: 'absent', object: thing('b') })
    await store.write(type, {
      key: { name: 'b' },
      expect: second.revision,
      object: thing('b', { n: 1 }),
      previous: second.object,
    })
    assert.deepEqual(wire.counts, { submitTransaction: 2 })
    await store.get(type, { name: 'a' })
    await store.list(type)
    assert.deepEqual(wire.counts, { submitTransaction: 2, getEntity: 1, listEntities: 1 })
    await store.changes(type, 0, 100)
    assert.deepEqual(wire.counts, { submitTransaction: 2, getEntity: 1, listEntities: 2 })
  })

  it('lets writers of several processes all through, one after the other', async () => {
    const stores = [open(), open(), open()]
    const type = freshType()
    await Promise.all(
      stores.flatMap((store, process) =>
        Array.from({ length: 5 }, async (_unused, index) => {
          const name = `p${process}-${index}`
          await store.write(type, { key: { name }, expect: 'absent', object: thing(name) })
        }),
      ),
    )
    const page = await open().changes(type, 0, 100)
    assert.ok(page.kind === 'changes')
    assert.deepEqual(
      page.changes.map(({ revision }) => revision),
      Array.from({ length: 15 }, (_unused, index) => index + 2),
    )
    assert.equal((await open().list(type)).items.length, 15)
  })

  it('writes what waits for each other in one transaction, each with a revision and news of its own', async () => {
    const wire: Wire = { counts: {} }
    const entries: OutboxEntry[] = []
    const store = open(wire, { committed: (entry) => void entries.push(entry) })
    const type = freshType()
    const write = (name: string, expect: 'absent' | number = 'absent') =>
      store.write(type, { key: { name }, expect, object: thing(name), news: [wakeReconcile(name)] })
    await write('warm')
    Object.assign(wire, { counts: {} })
    entries.length = 0
    const results = await Promise.allSettled(['a', 'b', 'warm', 'c', 'd'].map((name) => write(name)))
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value.revision : result.reason.constructor)),
      [3, 4, ConflictError, 5, 6],
      'one that does not hold is refused alone',
    )
    const page = await store.changes(type, 2, 10)
    assert.ok(page.kind === 'changes')
    assert.deepEqual(
      page.changes.map(({ key, revision }) => [key.name, revision]),
      [
        ['a', 3],
        ['b', 4],
        ['c', 5],
        ['d', 6],
      ],
    )
    assert.deepEqual(
      entries.flatMap(({ messages }) => messages),
      ['a', 'b', 'c', 'd'].map((name) => wakeReconcile(name)),
    )
    assert.deepEqual(
      (await store.pending(2_000_000, 10)).filter(({ id }) => entries.some((entry) => entry.id === id)).length,
      entries.length,
    )
  })

  it('recognises each of its own writes when the answer to several was lost', async () => {
    const type = freshType()
    const wire: Wire = { counts: {} }
    const entries: OutboxEntry[] = []
    const store = open(wire, { committed: (entry) => void entries.push(entry) })
    const news = [wakeReconcile('a')]
    const old = await store.write(type, { key: { name: 'old' }, expect: 'absent', object: thing('old'), news })
    entries.length = 0
    let sent = 0
    wire.fault = (method, phase) => {
      if (method !== 'submitTransaction' || phase !== 'after') return
      sent += 1
      if (sent === 2) throw new RestError('socket hang up', { code: 'ECONNRESET' })
    }
    const written = await Promise.all([
      store.write(type, { key: { name: 'first' }, expect: 'absent', object: thing('first'), news }),
      store.write(type, { key: { name: 'new' }, expect: 'absent', object: thing('new'), news }),
      store.write(type, { key: { name: 'old' }, expect: old.revision, object: undefined, previous: old.object, news }),
    ])
    assert.deepEqual(
      written.map(({ revision }) => revision),
      [3, 4, 5],
    )
    assert.equal(sent, 2)
    assert.equal(await open().revision(type), 5, 'nothing was written twice')
    assert.equal(entries.length, 2, 'the news of both transactions go out')
  })

  it('recognises its own write when the answer was lost', async () => {
    const type = freshType()
    for (const [expect, object] of [
      ['absent', thing('a')],
      [2, thing('a', { n: 2 })],
      [3, undefined],
    ] as const) {
      const wire: Wire = { counts: {} }
      const store = open(wire)
      let lost = 0
      wire.fault = (method, phase) => {
        if (method !== 'submitTransaction' || phase !== 'after' || lost > 0) return
        lost += 1
        throw new RestError('socket hang up', { code: 'ECONNRESET' })
      }
      const written = await store.write(type, { key: { name: 'a' }, expect, object })
      assert.equal(lost, 1)
      assert.equal(written.revision, expect === 'absent' ? 2 : expect + 1)
    }
    assert.equal(await open().revision(type), 4, 'nothing was written twice')
  })

  it('tells a lost race from a lost answer', async () => {
    const type = freshType()
    const first = await open().write(type, { key: { name: 'a' }, expect: 'absent', object: thing('a') })
    const mine = open()
    await mine.get(type, { name: 'a' })
    await open().write(type, { key: { name: 'a' }, expect: first.revision, object: thing('a', { by: 'other' }) })
    await assert.rejects(
      mine.write(type, { key: { name: 'a' }, expect: first.revision, object: thing('a') }),
      ConflictError,
    )
    await assert.rejects(
      mine.write(type, { key: { name: 'a' }, expect: first.revision, object: undefined }),
      ConflictError,
    )
    assert.deepEqual((await mine.get(type, { name: 'a' }))?.object['spec'], { by: 'other' })
  })

  it('is transient while the service is away', async () => {
    const wire: Wire = { counts: {} }
    const store = open(wire)
    wire.fault = () => {
      throw new RestError('Server Busy', { statusCode: 503, code: 'ServerBusy' })
    }
    const type = freshType()
    await assert.rejects(store.get(type, { name: 'a' }), TransientError)
    await assert.rejects(
      store.write(type, { key: { name: 'a' }, expect: 'absent', object: thing('a') }),
      TransientError,
    )
  })

  it('forgets old changes, says so, and never the newest', async () => {
    let now = 0
    const store = open(
      { counts: {} },
      { clock: { now: () => now, sleep: () => Promise.resolve() }, keepMs: 1_000, keepChanges: 10_000 },
    )
    const type = freshType()
    let revision = 0
    for (let index = 0; index < 256; index += 1) {
      now += 10
      const expect = index === 0 ? ('absent' as const) : revision
      revision = (await store.write(type, { key: { name: 'a' }, expect, object: thing('a', { index }) })).revision
    }
    const expired = await store.changes(type, 0, 10)
    assert.ok(expired.kind === 'expired' && expired.oldest > 0)
    const rest = await store.changes(type, expired.oldest, 1_000)
    assert.ok(rest.kind === 'changes' && rest.changes.length >= 100)
    assert.equal(rest.revision, 257)
  })
})
