// The contract on Table Storage, through the real SDK against the local table server.
import { randomUUID } from 'node:crypto'
import { after, before } from 'node:test'
import { startTables } from '../../infra/local/table/start-tables.ts'
import { connectTable } from '../../shared/adapters/azure/table-client.ts'
import { createTableObjectStore } from '../../shared/adapters/azure/table-object-store.ts'
import { objectStoreContract } from './object-store.contract.ts'

let tables: Awaited<ReturnType<typeof startTables>> | undefined
before(async () => {
  tables = await startTables({})
})
after(async () => {
  await tables?.close()
})

objectStoreContract('Table Storage', async ({ now, committed, indexOf }) => {
  const address = { connectionString: tables?.connectionString ?? '' }
  return createTableObjectStore({
    objects: connectTable(address, 'objects'),
    payloads: connectTable(address, 'payloads'),
    clock: { now, sleep: () => Promise.resolve() },
    newId: randomUUID,
    ...(committed && { committed }),
    ...(indexOf && { indexOf }),
  })
})
