// (Cluster)SchedulingPolicySnapshots: a placement's policy at one moment, and the clusters it led to. The hub's own are
// rendered from the placement's record; those another client writes are stored, and shown with what the scheduler says.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { PlacementHeader } from '../../api/placement-record.ts'
import { policySnapshotProblem } from '../../domain/placement/client-policy.ts'
import { policySnapshotObject, policySnapshotStatus } from '../../domain/placement/snapshot-objects.ts'
import { ConflictError, InvalidInputError } from '../../errors.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import { parentOf, storedSnapshots } from '../client-snapshots.ts'
import { types } from '../fleet-lists.ts'
import { wakeForSnapshots } from '../wake.ts'
import { ownerOf, placementView, type Scope, shown, type View, type ViewNeeds } from './view.ts'

/** The view of the policy snapshots of a scope. */
export function policySnapshots(needs: ViewNeeds, scope: Scope): View {
  const { objects } = needs
  const type = scope === 'cluster' ? types.clusterPolicySnapshot : types.policySnapshot
  const known = placementView(needs, scope, { prefix: (name) => `${name}-`, render: (key) => rendered(needs, key) })
  return {
    ...known,
    async get(key) {
      const stored = await objects.get(type, key)
      return stored ? shownStored(needs, stored) : known.get(key)
    },
    async list(namespace) {
      const { items } = await objects.list(type, namespace === undefined ? {} : { namespace })
      const stored = await Promise.all(items.map((item) => shownStored(needs, item)))
      const taken = new Set(stored.map(({ metadata }) => metadata.uid))
      return [...stored, ...(await known.list(namespace)).filter(({ metadata }) => !taken.has(metadata.uid))]
    },
    revision: async () => (await known.revision()) + (await objects.revision(type)),
    write: {
      refuses: async (key) =>
        (await objects.get(type, key))
          ? undefined
          : `${key.name} is the hub's own: only what clients wrote can be changed`,
      async create(object) {
        refuse(object)
        const { name = '', namespace } = object.metadata
        const key = namespace === undefined ? { name } : { namespace, name }
        if (await known.get(key)) throw new ConflictError(`${name} exists already`)
        return write(key, 'absent', withoutStatus(object), undefined)
      },
      async update(key, object, old) {
        refuse(object)
        const { revision, object: previous } = await storedAs(key, old)
        return write(key, revision, withoutStatus(object), previous)
      },
      async delete(key, old) {
        const { revision, object: previous } = await storedAs(key, old)
        await write(key, revision, undefined, previous)
      },
    },
  }

  /** The stored state that was shown as `old`. Throws ConflictError when it moved on. */
  async function storedAs(key: ObjectKey, old: KubeObject): Promise<StoredObject> {
    const stored = await objects.get(type, key)
    if (!stored || (await shownStored(needs, stored)).metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new ConflictError(`${key.name} was changed meanwhile`)
    return stored
  }

  /** The placements concerned hear of it with the write. */
  async function write(
    key: ObjectKey,
    expect: 'absent' | number,
    object: KubeObject | undefined,
    previous: KubeObject | undefined,
  ): Promise<KubeObject> {
    const parents = [object, previous].flatMap((one) => (one && parentOf(one)) ?? [])
    const news = [...new Set(parents)].map(wakeForSnapshots)
    return shownStored(needs, await objects.write(type, { key, expect, object, previous, news }))
  }
}

function refuse(object: KubeObject): void {
  const problem = policySnapshotProblem(object)
  if (problem !== undefined) throw new InvalidInputError(problem)
}

/** The status is the scheduler's. */
function withoutStatus({ status: _, ...object }: KubeObject): KubeObject {
  return object as KubeObject
}

async function shownStored({ placements }: ViewNeeds, { object }: StoredObject): Promise<KubeObject> {
  const parent = parentOf(object)
  return withStatus(object, parent === undefined ? undefined : (await placements.readHeader(parent))?.value)
}

function withStatus(object: KubeObject, header: PlacementHeader | undefined): KubeObject {
  const { scheduling } = header ?? {}
  const answered = header?.clientPolicy !== undefined && scheduling?.policySnapshot === object.metadata.name
  return shown(scheduling && answered ? { ...object, status: policySnapshotStatus(scheduling) } : object, '')
}

/** The hub's own, and those of clients while they count. */
async function rendered({ placements, objects }: ViewNeeds, key: PlacementKey): Promise<KubeObject[]> {
  const header = (await placements.readHeader(key))?.value
  if (!header) return []
  const latest = header.clientPolicy === undefined ? header.policies.at(-1) : undefined
  const own = header.policies.map((snapshot) => {
    const answered = header.clientPolicy === undefined && header.scheduling?.policySnapshot === snapshot.name
    const scheduling = answered ? header.scheduling : undefined
    return shown(policySnapshotObject(ownerOf(header), snapshot, snapshot === latest, scheduling), header.uid)
  })
  const stored = header.clientPolicy === undefined ? [] : await storedSnapshots(objects, key)
  return [...own, ...stored.map(({ object }) => withStatus(object, header))]
}
