import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import type { KubeObject, ObjectKey } from '../../shared/api/kube-object.ts'
import { rememberedStore } from '../../shared/app/remembered-store.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'

const type = { group: '', resource: 'configmaps' }
const clock = { now: () => 0 }
const key = fc.record({ namespace: fc.constantFrom('a', 'a-b', 'b'), name: fc.constantFrom('x', 'y', 'y-z', 'z') })
const limit = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined })
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), key, size: fc.nat(40) }),
  fc.record({ do: fc.constant('remove' as const), key }),
  fc.record({
    do: fc.constant('list' as const),
    namespace: fc.option(fc.constantFrom('a', 'a-b', 'b'), { nil: undefined }),
    after: fc.option(key, { nil: undefined }),
    limit,
  }),
)

const map = ({ namespace, name }: ObjectKey, filler: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  data: { filler },
})

const present = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function write(store: ObjectStore, each: Exclude<Step, { do: 'list' }>): Promise<void> {
  const found = await store.get(type, each.key)
  if (each.do === 'remove' && !found) return
  await store.write(type, {
    key: each.key,
    expect: found?.revision ?? 'absent',
    object: each.do === 'write' ? map(each.key, 'x'.repeat(each.size)) : undefined,
    previous: found?.object,
  })
}

test('a remembered list is the list, whatever was written meanwhile and however little may be remembered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 200, 600, 10_000), async (steps, most) => {
      const store = createMemoryObjectStore({ clock, keepChanges: 5 })
      const remembered = rememberedStore(store, clock, { total: most, list: most })
      for (const each of steps) {
        if (each.do !== 'list') {
          await write(remembered, each)
          continue
        }
        const { namespace, after, limit: size } = each
        const options = present({ namespace, after: namespace === undefined ? after : undefined, limit: size })
        assert.deepEqual(await remembered.list(type, options as never), await store.list(type, options as never))
      }
    }),
  )
})

test('listing again costs one look at the changes, and what it shows cannot be changed', async () => {
  const store = createMemoryObjectStore({ clock })
  const calls: string[] = []
  const counted = new Proxy(store, {
    get(target, property) {
      calls.push(String(property))
      return Reflect.get(target, property)
    },
  }) as ObjectStore
  const remembered = rememberedStore(counted, clock)
  for (const name of ['x', 'y']) await store.write(type, { key: { name }, expect: 'absent', object: map({ name }, '') })
  await remembered.list(type)
  calls.length = 0
  const [item] = (await remembered.list(type)).items
  assert.deepEqual(calls, ['changes'])
  assert.throws(() => {
    if (item) item.object.metadata.name = 'other'
  }, TypeError)
})
