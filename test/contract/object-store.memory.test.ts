// The contract on the store in memory, and its own way to let changes expire.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { objectStoreContract } from './object-store.contract.ts'

objectStoreContract('memory', async ({ now, committed, indexOf }) =>
  createMemoryObjectStore({ clock: { now }, ...(committed && { committed }), ...(indexOf && { indexOf }) }),
)

it('the store in memory says when its log no longer reaches back', async () => {
  const store = createMemoryObjectStore({ clock: { now: () => 0 }, keepChanges: 3 })
  const type = { group: '', resource: 'configmaps' }
  for (let index = 0; index < 5; index += 1) {
    const key = { name: `c${index}` }
    await store.write(type, { key, expect: 'absent', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: key } })
  }
  assert.deepEqual(await store.changes(type, 2, 10), { kind: 'expired', oldest: 3 })
  const page = await store.changes(type, 3, 10)
  assert.ok(page.kind === 'changes' && page.changes.length === 3)
})
