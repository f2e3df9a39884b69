import { after } from 'node:test'
import { TableClient } from '@azure/data-tables'
import { startTables } from '../../infra/local/table/start-tables.ts'
import { TablePlacementStore } from '../../shared/adapters/azure/table-placement-store.ts'
import { ManualClock } from '../../shared/adapters/memory/manual-clock.ts'
import type { OutboxEntry } from '../../shared/ports/outbox.ts'
import { placementStoreContract } from './placement-store.contract.ts'

const tables = await startTables({})
after(() => tables.close())
let count = 0

placementStoreContract(async () => {
  count += 1
  const options = { allowInsecureConnection: true }
  const table = TableClient.fromConnectionString(tables.connectionString, `placements${count}`, options)
  await table.createTable()
  const clock = new ManualClock()
  const committed: OutboxEntry[] = []
  const store = new TablePlacementStore({ table, clock, committed: (entry) => committed.push(entry) })
  return { store, committed, advance: (ms) => clock.advance(ms) }
})
