// What every object store promises, whatever it is made of.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject, ObjectKey, ResourceType } from '../../shared/api/kube-object.ts'
import type { Message } from '../../shared/api/message.ts'
import { ConflictError } from '../../shared/errors.ts'
import type { IndexOf, ObjectIndex } from '../../shared/ports/object-index.ts'
import type { ObjectStore, StoredObject } from '../../shared/ports/object-store.ts'
import type { Committed, Outbox } from '../../shared/ports/outbox.ts'

/** A store under test; `keepChanges` bounds its log when given. */
export type OpenStore = (options: {
  now: () => number
  committed?: Committed
  indexOf?: IndexOf
}) => Promise<ObjectStore & Outbox & ObjectIndex>

let serial = 0
/** A type of its own for every test: stores may be shared. */
function freshType(): ResourceType {
  serial += 1
  return { group: 'demo.io', resource: `widgets${serial}` }
}

function widget({ namespace, name }: ObjectKey, spec: unknown = {}): KubeObject {
  return { apiVersion: 'demo.io/v1', kind: 'Widget', metadata: { name, ...(namespace && { namespace }) }, spec }
}

function create(store: ObjectStore, type: ResourceType, key: ObjectKey, spec?: unknown): Promise<StoredObject> {
  return store.write(type, { key, expect: 'absent', object: widget(key, spec) })
}

const names = (items: readonly StoredObject[]) => items.map(({ key }) => `${key.namespace ?? ''}/${key.name}`)
const wake: Message = { queue: 'schedule-placement', session: 's', body: { placement: 'web' } }

/** Runs the suite. */
export function objectStoreContract(title: string, open: OpenStore): void {
  describe(`object store: ${title}`, () => {
    const now = () => 1_000_000

    it('gives back what was written, at the revision of the write', async () => {
      const store = await open({ now })
      const type = freshType()
      const key = { namespace: 'a', name: 'one' }
      const written = await create(store, type, key, { size: 1, text: 'ä€😀', nested: [{ x: null }] })
      assert.equal(written.revision, 2)
      assert.equal(written.object.metadata.resourceVersion, '2')
      assert.deepEqual(await store.get(type, key), written)
      assert.equal(await store.get(type, { namespace: 'b', name: 'one' }), undefined)
      assert.equal(await store.get(type, { name: 'one' }), undefined)
    })

    it('counts revisions per type, from 1', async () => {
      const store = await open({ now })
      const [one, two] = [freshType(), freshType()]
      assert.equal(await store.revision(one), 1)
      await create(store, one, { name: 'a' })
      await create(store, one, { name: 'b' })
      assert.equal(await store.revision(one), 3)
      assert.equal(await store.revision(two), 1)
      assert.deepEqual(await store.list(two), { items: [], revision: 1 })
    })

    it('refuses to create twice and to update or delete another state', async () => {
      const store = await open({ now })
      const type = freshType()
      const key = { name: 'one' }
      await create(store, type, key)
      await assert.rejects(create(store, type, key), ConflictError)
      const second = await store.write(type, { key, expect: 2, object: widget(key, { size: 2 }) })
      assert.equal(second.revision, 3)
      await assert.rejects(store.write(type, { key, expect: 2, object: widget(key) }), ConflictError)
      await assert.rejects(store.write(type, { key, expect: 2, object: undefined }), ConflictError)
      await assert.rejects(store.write(type, { key: { name: 'none' }, expect: 2, object: widget(key) }), ConflictError)
      assert.equal(await store.revision(type), 3, 'a refused write moves nothing')
      const gone = await store.write(type, { key, expect: 3, object: undefined })
      assert.equal(gone.revision, 4)
      assert.equal(gone.object.metadata.resourceVersion, '4')
      assert.deepEqual(gone.object['spec'], { size: 2 })
      assert.equal(await store.get(type, key), undefined)
      await assert.rejects(store.write(type, { key, expect: 3, object: undefined }), ConflictError)
      assert.equal((await create(store, type, key)).revision, 5)
    })

    it('keeps what it stored when the caller changes its object afterwards', async () => {
      const store = await open({ now })
      const type = freshType()
      const key = { name: 'one' }
      const mine = widget(key, { size: 1 })
      await store.write(type, { key, expect: 'absent', object: mine })
      mine['spec'] = { size: 99 }
      const got = await store.get(type, key)
      if (got) got.object['spec'] = { size: 98 }
      assert.deepEqual((await store.get(type, key))?.object['spec'], { size: 1 })
    })

    it('lists by namespace, then name, whatever sorts between them in a naive key', async () => {
      const store = await open({ now })
      const type = freshType()
      for (const key of [
        { namespace: 'a-b', name: 'x' },
        { namespace: 'a', name: 'y' },
        { namespace: 'a', name: 'b-c' },
        { namespace: 'a', name: 'b' },
        { namespace: 'a.b', name: 'x' },
      ])
        await create(store, type, key)
      const { items, revision } = await store.list(type)
      assert.deepEqual(names(items), ['a/b', 'a/b-c', 'a/y', 'a-b/x', 'a.b/x'])
      assert.equal(revision, 6)
      const inA = await store.list(type, { namespace: 'a' })
      assert.deepEqual(names(inA.items), ['a/b', 'a/b-c', 'a/y'])
      assert.equal(inA.revision, 6)
    })

    it('lists in pages that miss and repeat nothing', async () => {
      const store = await open({ now })
      const type = freshType()
      for (const name of ['a', 'b', 'c', 'd', 'e']) await create(store, type, { namespace: 'n', name })
      for (const namespace of [undefined, 'n']) {
        const seen: string[] = []
        let after: ObjectKey | undefined
        do {
          const page = await store.list(type, { limit: 2, ...(namespace && { namespace }), ...(after && { after }) })
          seen.push(...names(page.items))
          after = page.next
        } while (after)
        assert.deepEqual(seen, ['n/a', 'n/b', 'n/c', 'n/d', 'n/e'])
      }
      assert.equal((await store.list(type, { limit: 5 })).next, undefined)
    })

    it('logs every change with the state before and after', async () => {
      const store = await open({ now })
      const type = freshType()
      const key = { namespace: 'n', name: 'one' }
      const first = await create(store, type, key, { size: 1 })
      const second = await store.write(type, {
        key,
        expect: 2,
        object: widget(key, { size: 2 }),
        previous: first.object,
      })
      const gone = await store.write(type, { key, expect: 3, object: undefined, previous: second.object })
      const page = await store.changes(type, 0, 100)
      assert.equal(page.kind, 'changes')
      if (page.kind !== 'changes') return
      assert.equal(page.revision, 4)
      assert.deepEqual(page.changes, [
        { revision: 2, type: 'ADDED', key, object: first.object },
        { revision: 3, type: 'MODIFIED', key, object: second.object, previous: first.object },
        { revision: 4, type: 'DELETED', key, object: gone.object, previous: second.object },
      ])
      assert.deepEqual(await store.changes(type, 4, 100), { kind: 'changes', changes: [], revision: 4 })
      const some = await store.changes(type, 2, 1)
      assert.ok(some.kind === 'changes' && some.changes.length === 1 && some.revision === 3)
    })

    for (const bytes of [1_048_576, 1_310_720, 1_572_864])
      it(`stores an object of ${bytes} bytes whole that cannot be compressed, and its changes`, async () => {
        const store = await open({ now })
        const type = freshType()
        const key = { name: 'large' }
        let state = 1
        let noise = ''
        while (noise.length < bytes) {
          state = (state * 48_271) % 2_147_483_647
          noise += state.toString(36)
        }
        const written = await create(store, type, key, { noise })
        assert.deepEqual((await store.get(type, key))?.object, written.object)
        const next = await store.write(type, { key, expect: 2, object: widget(key, { noise: `${noise}!` }) })
        const page = await store.changes(type, 0, 10)
        assert.ok(page.kind === 'changes')
        assert.deepEqual(page.changes[1]?.previous?.['spec'], { noise })
        assert.deepEqual(page.changes[1]?.object, next.object)
        await store.write(type, { key, expect: 3, object: undefined, previous: next.object })
        const last = await store.changes(type, 3, 10)
        assert.ok(last.kind === 'changes' && last.changes[0]?.type === 'DELETED')
        assert.deepEqual(last.changes[0].previous, next.object)
        assert.equal(await store.get(type, key), undefined)
      })

    it('lets exactly one of many racing writers win each state', async () => {
      const store = await open({ now })
      const type = freshType()
      const key = { name: 'one' }
      await create(store, type, key, { winner: -1 })
      const racers = Array.from({ length: 8 }, (_unused, winner) =>
        store.write(type, { key, expect: 2, object: widget(key, { winner }) }).then(
          () => winner,
          (error) => {
            assert.ok(error instanceof ConflictError)
            return undefined
          },
        ),
      )
      const winners = (await Promise.all(racers)).filter((winner) => winner !== undefined)
      assert.equal(winners.length, 1)
      assert.deepEqual((await store.get(type, key))?.object['spec'], { winner: winners[0] })
      assert.equal(await store.revision(type), 3)
    })

    it('commits news with the write, announces it, and forgets it when settled', async () => {
      const announced: string[] = []
      let time = 1_000
      const store = await open({ now: () => time, committed: (entry) => announced.push(entry.id) })
      const type = freshType()
      const key = { name: 'one' }
      const mine = async (before: number) =>
        (await store.pending(before, 1_000)).filter((entry) => announced.includes(entry.id))
      await store.write(type, { key, expect: 'absent', object: widget(key), news: [wake, wake] })
      await assert.rejects(store.write(type, { key, expect: 'absent', object: widget(key), news: [wake] }))
      time = 2_000
      await store.write(type, { key, expect: 2, object: widget(key), news: [wake] })
      await store.write(type, { key, expect: 3, object: widget(key), news: [] })
      assert.equal(announced.length, 2)
      assert.deepEqual(await mine(1_000), [])
      const old = await mine(1_001)
      assert.equal(old.length, 1)
      assert.deepEqual(old[0], { id: announced[0], messages: [wake, wake], writtenAt: 1_000 })
      await store.settle(old)
      await store.settle(old)
      assert.deepEqual(
        (await mine(3_000)).map(({ id }) => id),
        [announced[1]],
      )
      await store.settle(await mine(3_000))
      assert.deepEqual(await mine(3_000), [])
    })

    it('finds objects under their entries, which change with them', async () => {
      const indexOf: IndexOf = (_type, { spec }) =>
        ((spec as { under?: string[] }).under ?? []).map((key) => ({ key, ...(key === 'b/c|' && { detail: 'why' }) }))
      const store = await open({ now, indexOf })
      const type = freshType()
      const one = { namespace: 'ns', name: 'one' }
      const long = { name: 'l'.repeat(240) }
      await create(store, type, one, { under: ['a|', 'b/c|', 'b/d|'] })
      await create(store, type, long, { under: ['b/c|'] })
      const found = async (from: string, to: string, limit?: number) =>
        (await store.indexed(type, { from, to, ...(limit !== undefined && { limit }) })).map(
          ({ key, owner, detail }) => `${key} ${owner.namespace ?? ''}/${owner.name.slice(0, 3)} ${detail ?? ''}`,
        )
      assert.deepEqual(await found('a|', 'a}'), ['a| ns/one '])
      assert.deepEqual((await found('b/c|', 'b/c}')).sort(), ['b/c| /lll why', 'b/c| ns/one why'])
      assert.equal((await found('b/c|', 'b/d}')).length, 3)
      assert.equal((await found('b/c|', 'b/d}', 2)).length, 2)
      assert.deepEqual(await found('x|', 'x}'), [])

      const { revision } = await store.write(type, {
        key: one,
        expect: 2,
        object: widget(one, { under: ['b/d|', 'e|'] }),
      })
      assert.deepEqual(await found('a|', 'a}'), [])
      assert.deepEqual(await found('e|', 'e}'), ['e| ns/one '])
      await assert.rejects(
        store.write(type, { key: one, expect: 2, object: widget(one, { under: ['lost|'] }) }),
        ConflictError,
      )
      assert.deepEqual(await found('lost|', 'lost}'), [])
      await store.write(type, { key: one, expect: revision, object: undefined })
      assert.deepEqual(await found('a', 'f'), ['b/c| /lll why'])
    })

    it('takes names with characters keys must not hold', async () => {
      const store = await open({ now })
      const type = freshType()
      for (const name of ['system:node', 'a!b', 'a#b?', 'ü', 'a~2fb', 'A B']) {
        const key = { name }
        await create(store, type, key)
        assert.deepEqual((await store.get(type, key))?.key, key)
      }
      assert.equal((await store.list(type)).items.length, 6)
    })
  })
}
