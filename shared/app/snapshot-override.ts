// Overrides become snapshots, objects of the API like the overrides themselves: rollouts name them, workers apply them.
// A changed snapshot wakes the placements it may concern, once no rollout can work with an older list any more.
import type { KubeObject, ObjectKey, ResourceType } from '../api/kube-object.ts'
import type { ChangedObject, Message } from '../api/message.ts'
import { ClusterResourceOverride, ResourceOverride } from '../api/override.ts'
import { overrideConcerns, overrideReach } from '../domain/override/concern.ts'
import {
  isMarkedLatest,
  type OverrideSource,
  overrideFinalizer,
  overrideLabels,
  planOverrideSnapshots,
  type SnapshotLike,
} from '../domain/override/snapshots.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { placementKeyOf, types } from './fleet-lists.ts'
import { overridesSettledMs } from './matched-overrides.ts'
import { updateObject, withoutFinalizers } from './object-update.ts'
import type { Platform } from './platform.ts'
import { wakeForObject, wakeRollout } from './wake.ts'

type Needs = Pick<Platform, 'objects' | 'placements' | 'lists' | 'bus' | 'clock' | 'ids' | 'settings'>

interface OverrideKind {
  readonly type: ResourceType
  readonly snapshots: ResourceType
  readonly parse: (object: KubeObject) => OverrideSource
}

interface Snapshot extends SnapshotLike {
  readonly spec: { readonly overrideSpec: Parameters<typeof overrideReach>[1]; readonly overrideHash: string }
}

const clusterKind: OverrideKind = {
  type: types.clusterResourceOverride,
  snapshots: types.clusterResourceOverrideSnapshot,
  parse: (object) => ClusterResourceOverride.parse(object),
}
const namespacedKind: OverrideKind = {
  type: types.resourceOverride,
  snapshots: types.resourceOverrideSnapshot,
  parse: (object) => ResourceOverride.parse(object),
}

/** The work an object's change means for overrides, or undefined when it is neither an override nor a snapshot of one. */
export function overrideWork(change: ChangedObject): ((platform: Needs) => Promise<void>) | undefined {
  const is = ({ group, resource }: ResourceType) => group === change.group && resource === change.resource
  for (const kind of [clusterKind, namespacedKind]) {
    if (is(kind.type)) return (platform) => snapshotOverride(platform, kind, keyOf(change))
    if (is(kind.snapshots)) return (platform) => wakeForSnapshot(platform, kind, keyOf(change))
  }
  return undefined
}

function keyOf({ namespace, name }: ChangedObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name }
}

/** Idempotent: an override whose newest snapshot says the same costs no write. */
async function snapshotOverride(platform: Needs, kind: OverrideKind, key: ObjectKey): Promise<void> {
  await untilWritten(async () => {
    const [stored, snapshots] = await Promise.all([
      platform.objects.get(kind.type, key),
      snapshotsOf(platform, kind, key),
    ])
    if (!stored || stored.object.metadata.deletionTimestamp) return retire(platform, kind, key, snapshots)
    await renew(platform, kind, kind.parse(stored.object), snapshots)
  })
}

async function renew(
  platform: Needs,
  kind: OverrideKind,
  override: OverrideSource,
  snapshots: readonly Snapshot[],
): Promise<void> {
  const first = planOverrideSnapshots(override, snapshots)
  const plan =
    first.remove.length === 0
      ? first
      : planOverrideSnapshots(override, snapshots, await namesInUse(platform, first.remove))
  if (plan.create) await create(platform, kind, plan.create)
  for (const { snapshot, latest } of plan.relabel) await mark(platform, kind, snapshot, latest)
  for (const snapshot of plan.remove) await remove(platform, kind, snapshot)
}

/** Stored together with the message that wakes the placements. */
async function create({ objects, clock, ids }: Needs, kind: OverrideKind, object: KubeObject): Promise<void> {
  const now = clock.now()
  const { name = '', namespace } = object.metadata
  const metadata = { ...object.metadata, uid: ids.uuid(), creationTimestamp: rfc3339(now), generation: 1 }
  await objects.write(kind.snapshots, {
    key: namespace === undefined ? { name } : { namespace, name },
    expect: 'absent',
    object: { ...object, metadata },
    news: [later(wakeForObject(kind.snapshots, namespace, name), now)],
  })
}

/**
 * An override that goes away: its snapshots stop counting, and once every rollout can know, they go and the placements
 * that used them are woken.
 */
async function retire(
  platform: Needs,
  kind: OverrideKind,
  key: ObjectKey,
  snapshots: readonly Snapshot[],
): Promise<void> {
  const counting = snapshots.filter(isMarkedLatest)
  if (counting.length > 0) {
    // Sent first: a crash between must not leave snapshots that do not count and that nobody comes back for.
    await platform.bus.send([later(wakeForObject(kind.type, key.namespace, key.name), platform.clock.now())])
    for (const snapshot of counting) await mark(platform, kind, snapshot, false)
    return
  }
  await wakeConcerned(platform, snapshots)
  for (const snapshot of snapshots) await remove(platform, kind, snapshot)
  await updateObject(platform.objects, kind.type, key, (object) =>
    object.metadata.deletionTimestamp && object.metadata.finalizers?.includes(overrideFinalizer)
      ? { object: withoutFinalizers(object, [overrideFinalizer]) }
      : undefined,
  )
}

function later(message: Message, now: number): Message {
  return { ...message, notBefore: now + overridesSettledMs } as Message
}

async function mark({ objects }: Needs, kind: OverrideKind, snapshot: Snapshot, latest: boolean): Promise<void> {
  await updateObject(objects, kind.snapshots, snapshotKey(snapshot), (object) => {
    const labels = { ...object.metadata.labels, [overrideLabels.latest]: String(latest) }
    return { object: { ...object, metadata: { ...object.metadata, labels } } }
  })
}

async function remove({ objects }: Needs, kind: OverrideKind, snapshot: Snapshot): Promise<void> {
  await updateObject(objects, kind.snapshots, snapshotKey(snapshot), () => ({ object: undefined }))
}

function snapshotKey({ metadata: { namespace, name = '' } }: Snapshot): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name }
}

/** Every snapshot of the same override counts: what an older one selected may have to be undone. */
async function wakeForSnapshot(platform: Needs, kind: OverrideKind, key: ObjectKey): Promise<void> {
  const stored = await platform.objects.get(kind.snapshots, key)
  const parent = stored?.object.metadata.labels?.[overrideLabels.parent]
  if (parent === undefined) return
  await wakeConcerned(platform, await snapshotsOf(platform, kind, { ...key, name: parent }))
}

async function snapshotsOf(
  { lists }: Needs,
  kind: OverrideKind,
  { namespace, name }: ObjectKey,
): Promise<readonly Snapshot[]> {
  const { cluster, namespaced } = await lists.overrideSnapshots()
  const all: readonly Snapshot[] = kind === clusterKind ? cluster : namespaced
  return all.filter(
    ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[overrideLabels.parent] === name,
  )
}

async function wakeConcerned(platform: Needs, snapshots: readonly Snapshot[]): Promise<void> {
  const keys = (await concerned(platform, snapshots)).map(placementKeyOf)
  if (keys.length > 0)
    await platform.bus.send(
      keys.map((key) => ({ ...wakeRollout(key), coalesceMs: platform.settings.coalesceMs }) as Message),
    )
}

async function concerned({ lists }: Needs, snapshots: readonly Snapshot[]) {
  const reaches = snapshots.map(({ metadata, spec }) => overrideReach(metadata.namespace, spec.overrideSpec))
  const placements = reaches.length === 0 ? [] : await lists.placements()
  return placements.filter((placement) => reaches.some((reach) => overrideConcerns(reach, placement)))
}

/** Names of snapshots that some cluster still follows. Asked only when there are snapshots to remove. */
async function namesInUse(platform: Needs, snapshots: readonly Snapshot[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const placement of await concerned(platform, snapshots)) {
    const record = await platform.placements.read(placementKeyOf(placement))
    for (const { value } of record?.wanted ?? []) {
      for (const name of value.clusterResourceOverrides ?? []) names.add(name)
      for (const { name } of value.resourceOverrides ?? []) names.add(name)
    }
  }
  return names
}
