// What this process has changed on one member, so that a watch can tell it from what others do.
import type { KubeObject, ObjectMeta } from '../../api/kube-object.ts'
import type { MemberChange } from '../../ports/member-cluster.ts'

/** Changes remembered; news of one comes within seconds. */
const remembered = 5_000

export interface OwnChanges {
  wrote(object: KubeObject): void
  /** An object whose deletion takes others with it. */
  deleted(uid: string): void
  isOwn(change: MemberChange): boolean
  /** Whether nobody else can be told from us in it: the answer to our write may still be under way. */
  mayBeOwn(change: MemberChange): boolean
}

/** `manager` is the field manager this process writes as. */
export function createOwnChanges(manager: string): OwnChanges {
  const versions = new Set<string>()
  const owners = new Set<string>()
  return {
    wrote: ({ metadata }) => {
      if (metadata.resourceVersion !== undefined) remember(versions, stateOf(metadata))
    },
    deleted: (uid) => remember(owners, uid),
    isOwn: ({ metadata }) =>
      versions.has(stateOf(metadata)) || (metadata.ownerReferences ?? []).some(({ uid }) => owners.has(uid)),
    mayBeOwn: ({ type, metadata }) => type !== 'DELETED' && lastManagers(metadata).includes(manager),
  }
}

/** One state of one object: a server may count the versions of each type by themselves. */
function stateOf({ uid = '', resourceVersion = '' }: ObjectMeta): string {
  return `${uid} ${resourceVersion}`
}

function remember(set: Set<string>, key: string): void {
  set.add(key)
  if (set.size > remembered) for (const oldest of set) return void set.delete(oldest)
}

/** Who wrote last, by second; several when they wrote within the same one. */
function lastManagers({ managedFields = [] }: ObjectMeta): string[] {
  const times = managedFields.map(({ time }) => String(time ?? ''))
  const last = times.toSorted().at(-1)
  return managedFields.filter((_, at) => times[at] === last).map((entry) => String(entry['manager'] ?? ''))
}
