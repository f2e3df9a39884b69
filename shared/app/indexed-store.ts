// An object store that keeps the namespace index: the note comes before the object, so a crash leaves one note too many
// and never one too few.
import type { NamespaceIndex } from '../ports/namespace-index.ts'
import type { ObjectStore } from '../ports/object-store.ts'

export function indexedStore(store: ObjectStore, index: NamespaceIndex): ObjectStore {
  return {
    get: (type, key) => store.get(type, key),
    list: (type, options) => store.list(type, options),
    changes: (type, after, limit) => store.changes(type, after, limit),
    revision: (type) => store.revision(type),
    async write(type, write) {
      if (write.expect === 'absent' && write.key.namespace !== undefined) await index.note(write.key.namespace, type)
      return store.write(type, write)
    },
  }
}
