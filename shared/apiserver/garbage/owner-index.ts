// Who depends on whom, by uid of the owner. Kept per type, followed through the change log, so that asking again costs
// one short read a type instead of a list.
import { type KubeObject, keyText, type ObjectKey, type ResourceType, typeText } from '../../api/kube-object.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

export interface OwnerIndex {
  /** Keys of a type's objects that name this uid as an owner, as of now. */
  dependents(type: ResourceType, uid: string): Promise<readonly ObjectKey[]>
}

interface TypeOwners {
  revision: number
  /** Object to the uids it names. */
  readonly ownersOf: Map<string, readonly string[]>
  readonly byOwner: Map<string, Map<string, ObjectKey>>
}

const pageSize = 500

export function createOwnerIndex(store: ObjectStore): OwnerIndex {
  const types = new Map<string, TypeOwners>()

  return {
    async dependents(type, uid) {
      const owners = await upToDate(type)
      return [...(owners.byOwner.get(uid)?.values() ?? [])]
    },
  }

  async function upToDate(type: ResourceType): Promise<TypeOwners> {
    const known = types.get(typeText(type))
    return known && (await followed(type, known)) ? known : await listed(type)
  }

  /** Whether the log still reached back to what was known; then everything since is noted. */
  async function followed(type: ResourceType, known: TypeOwners): Promise<boolean> {
    for (let more = true; more; ) {
      const page = await store.changes(type, known.revision, pageSize)
      if (page.kind === 'expired') return false
      for (const change of page.changes) note(known, change.key, change.type === 'DELETED' ? undefined : change.object)
      known.revision = page.revision
      more = page.changes.length === pageSize
    }
    return true
  }

  async function listed(type: ResourceType): Promise<TypeOwners> {
    const { items, revision } = await store.list(type)
    const owners: TypeOwners = { revision, ownersOf: new Map(), byOwner: new Map() }
    for (const { key, object } of items) note(owners, key, object)
    types.set(typeText(type), owners)
    return owners
  }
}

function note(owners: TypeOwners, key: ObjectKey, object: KubeObject | undefined): void {
  const id = keyText(key)
  for (const uid of owners.ownersOf.get(id) ?? []) owners.byOwner.get(uid)?.delete(id)
  const uids = (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid)
  if (uids.length === 0) {
    owners.ownersOf.delete(id)
    return
  }
  owners.ownersOf.set(id, uids)
  for (const uid of uids) {
    const dependents = owners.byOwner.get(uid) ?? new Map<string, ObjectKey>()
    owners.byOwner.set(uid, dependents)
    dependents.set(id, key)
  }
}
