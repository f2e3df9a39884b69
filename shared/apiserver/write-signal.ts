// A store that tells, in this process, when something was written: watches here then need not wait for their next poll.
import type { ResourceType } from '../api/kube-object.ts'
import type { ObjectStore } from '../ports/object-store.ts'

export interface SignallingStore extends ObjectStore {
  /** Calls back after every write that went through this store. Returns the way to stop. */
  onWrite(listener: (type: ResourceType) => void): () => void
}

/** Wraps a store. Everything in the process that writes objects should write through the result. */
export function withWriteSignal(store: ObjectStore): SignallingStore {
  const listeners = new Set<(type: ResourceType) => void>()
  return {
    get: (type, key) => store.get(type, key),
    list: (type, options) => store.list(type, options),
    changes: (type, after, limit) => store.changes(type, after, limit),
    revision: (type) => store.revision(type),
    async write(type, write) {
      const stored = await store.write(type, write)
      for (const listener of listeners) listener(type)
      return stored
    },
    onWrite(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function signals(store: ObjectStore): store is SignallingStore {
  return 'onWrite' in store
}
