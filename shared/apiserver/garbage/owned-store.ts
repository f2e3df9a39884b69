// An object store that keeps the owner index: the note comes before the object, so a crash leaves one note too many and
// never one too few.
import type { KubeObject } from '../../api/kube-object.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { OwnerIndex } from '../../ports/owner-index.ts'

export function ownedStore(store: ObjectStore, owners: OwnerIndex): ObjectStore {
  return {
    get: (type, key) => store.get(type, key),
    list: (type, options) => store.list(type, options),
    changes: (type, after, limit) => store.changes(type, after, limit),
    revision: (type) => store.revision(type),
    async write(type, write) {
      for (const uid of newOwners(write.object, write.previous)) await owners.note(uid, { type, key: write.key })
      return await store.write(type, write)
    },
  }
}

/** uids of owners an object names that it did not name before. */
export function newOwners(object: KubeObject | undefined, previous: KubeObject | undefined): readonly string[] {
  const before = new Set((previous?.metadata.ownerReferences ?? []).map(({ uid }) => uid))
  return (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid).filter((uid) => !before.has(uid))
}
