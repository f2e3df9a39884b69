import { ManualClock } from '../../shared/adapters/memory/manual-clock.ts'
import { MemoryPlacementStore } from '../../shared/adapters/memory/placement-store.ts'
import type { OutboxEntry } from '../../shared/ports/outbox.ts'
import { placementStoreContract } from './placement-store.contract.ts'

placementStoreContract(async () => {
  const clock = new ManualClock()
  const committed: OutboxEntry[] = []
  const store = new MemoryPlacementStore({ clock, committed: (entry) => committed.push(entry) })
  return { store, committed, advance: (ms) => clock.advance(ms) }
})
