// A placement store that tells, in this process, whose record was written: watches of what is rendered from records then
// need not look for it.
import type { PlacementKey } from '../api/message.ts'
import type { PlacementStore } from '../ports/placement-store.ts'

export interface SignallingPlacements extends PlacementStore {
  /** Calls back after every write that went through this store. Returns the way to stop. */
  onRecord(listener: (placement: PlacementKey) => void): () => void
}

/** Wraps a store. Everything in the process that writes records should write through the result. */
export function withRecordSignal(store: PlacementStore): SignallingPlacements {
  const listeners = new Set<(placement: PlacementKey) => void>()
  /** A write that failed may be in all the same. */
  async function told<T>(placement: PlacementKey, write: Promise<T>): Promise<T> {
    try {
      return await write
    } finally {
      for (const listener of listeners) listener(placement)
    }
  }
  return {
    readHeader: (placement) => store.readHeader(placement),
    read: (placement) => store.read(placement),
    readCluster: (placement, cluster) => store.readCluster(placement, cluster),
    list: (options) => store.list(options),
    decision: (placement, number) => store.decision(placement, number),
    commit: (placement, change) => told(placement, store.commit(placement, change)),
    observe: (placement, observed, etag) => told(placement, store.observe(placement, observed, etag)),
    drop: (placement, headerEtag) => told(placement, store.drop(placement, headerEtag)),
    onRecord(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
