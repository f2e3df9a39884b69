// The contract on a store that remembers lists, over the store in memory.
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { rememberedStore } from '../../shared/app/remembered-store.ts'
import { objectStoreContract } from './object-store.contract.ts'

objectStoreContract('a store that remembers lists', async ({ now, committed, indexOf }) => {
  const clock = { now, sleep: () => Promise.resolve() }
  const store = createMemoryObjectStore({ clock, ...(committed && { committed }), ...(indexOf && { indexOf }) })
  return { ...store, ...rememberedStore(store, clock) }
})
