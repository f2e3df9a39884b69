// The first stage of a placement: what it selects and how it wants clusters picked, as snapshots; its finalizers; its end.
import type { KubeObject } from '../api/kube-object.ts'
import type { ChangedObject, Message, PlacementKey, ReconcileMessage } from '../api/message.ts'
import type { Placement } from '../api/placement.ts'
import type { HeldStep, PlacementHeader } from '../api/placement-record.ts'
import { goJson } from '../domain/go-json.ts'
import { approvalAnnotation, heldSelection } from '../domain/guard/removal-guard.ts'
import { cleanObject } from '../domain/placement/clean-object.ts'
import type { ClientPolicy } from '../domain/placement/client-policy.ts'
import { nextHeader, type PlacementContent } from '../domain/placement/header.ts'
import { countEnvelopes, groupHash } from '../domain/placement/resource-snapshot.ts'
import { identifierOf } from '../domain/placement/select.ts'
import { mirrorProblem } from '../domain/status/namespace-mirror.ts'
import type { Row } from '../ports/placement-store.ts'
import { dropClientSnapshots, readClientPolicy } from './client-snapshots.ts'
import { untilWritten } from './commit.ts'
import { placementLocation, readPlacement } from './fleet-lists.ts'
import { updateObject, withoutFinalizers } from './object-update.ts'
import type { Platform } from './platform.ts'
import { recordEvents } from './record-events.ts'
import { selectForPlacement } from './select-for-placement.ts'
import { overrideWork } from './snapshot-override.ts'
import { wakeFold, wakeReconcile, wakeRollout, wakeSchedule } from './wake.ts'
import { wakeConcernedPlacements } from './wake-concerned.ts'

const placementApiVersion = 'placement.kubernetes-fleet.io/v1beta1'
/** KubeFleet's finalizers of a placement of either kind. */
export const placementFinalizers = ['kubernetes-fleet.io/crp-cleanup', 'kubernetes-fleet.io/scheduler-cleanup'] as const

type Needs = Pick<
  Platform,
  | 'objects'
  | 'index'
  | 'placements'
  | 'payloads'
  | 'kinds'
  | 'namespaces'
  | 'lists'
  | 'bus'
  | 'clock'
  | 'ids'
  | 'log'
  | 'settings'
>

/** Idempotent: nothing is written when nothing changed. */
export async function reconcilePlacement(platform: Needs, message: ReconcileMessage): Promise<void> {
  if (message.kind === 'objects') return lookAt(platform, message.objects)
  const key = message.placement
  await untilWritten(async () => {
    const [found, header] = await Promise.all([
      readPlacement(platform.objects, key),
      platform.placements.readHeader(key),
    ])
    if (!found && header && !header.value.deleting) return vanished(platform, header.value)
    if (!found || found.placement.metadata.deletionTimestamp) return end(platform, key, header)
    await guard(platform, key, found.placement)
    const client = await clientOf(platform, message, header?.value)
    await refresh(platform, { key, placement: found.placement, header, client })
  })
}

/** What another client wants. Asked for where one may have spoken: when it just did, when it did before, at the first look. */
async function clientOf(
  { objects, settings }: Needs,
  { placement, snapshots }: Extract<ReconcileMessage, { kind: 'placement' }>,
  header: PlacementHeader | undefined,
): Promise<ClientPolicy | undefined> {
  const may = snapshots || header === undefined || header.clientPolicy !== undefined
  const found = may ? await readClientPolicy(objects, placement) : undefined
  return found ?? (settings.policySnapshots === 'clients' ? { latest: null } : undefined)
}

/** Overrides and their snapshots have work of their own; any other object wakes those who place it. */
async function lookAt(platform: Needs, objects: readonly ChangedObject[]): Promise<void> {
  const rest: ChangedObject[] = []
  for (const object of objects) {
    const work = overrideWork(object)
    if (work) await work(platform)
    else rest.push(object)
  }
  if (rest.length > 0) await wakeConcernedPlacements(platform, rest)
}

/**
 * A placement that is deleted says so before it goes: its finalizers see to that. One that is simply not there any more was
 * lost, or its finalizers were taken off; what it placed stays until somebody decides.
 */
async function vanished(platform: Needs, { placement: key, uid }: PlacementHeader): Promise<void> {
  const kind = key.includes('/') ? 'ResourcePlacement' : 'ClusterResourcePlacement'
  const metadata = { ...placementLocation(key).key, uid }
  const message = `${kind} ${key} is gone without having been deleted, so what it placed stays on its clusters. Create it again to go on with it, and delete it then if it is not wanted`
  const lost = { apiVersion: placementApiVersion, kind, metadata, spec: { resourceSelectors: [] } } as Placement
  await recordEvents(platform, lost, [{ type: 'Warning', reason: 'PlacementVanished', message }])
}

/** Has everything removed, and lets the object go once that is certain to happen. */
async function end(platform: Needs, key: PlacementKey, header: Row<PlacementHeader> | undefined): Promise<void> {
  if (header && !header.value.deleting)
    await platform.placements.commit(key, {
      header: { value: { ...header.value, deleting: true }, etag: header.etag },
      news: [wakeSchedule(key)],
    })
  if (header?.value.clientPolicy !== undefined) await dropClientSnapshots(platform.objects, key)
  const { type, key: objectKey } = placementLocation(key)
  await updateObject(platform.objects, type, objectKey, (object) =>
    object.metadata.deletionTimestamp && hasOwnFinalizer(object)
      ? { object: withoutFinalizers(object, placementFinalizers) }
      : undefined,
  )
}

/** Normally admission has put the finalizers there already. */
async function guard(platform: Needs, key: PlacementKey, { metadata }: Placement): Promise<void> {
  const missing = placementFinalizers.filter((finalizer) => !metadata.finalizers?.includes(finalizer))
  if (missing.length === 0) return
  const { type, key: objectKey } = placementLocation(key)
  await updateObject(platform.objects, type, objectKey, (object) => {
    if (object.metadata.deletionTimestamp) return undefined
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...missing])]
    return { object: { ...object, metadata: { ...object.metadata, finalizers } } }
  })
}

function hasOwnFinalizer({ metadata }: KubeObject): boolean {
  return placementFinalizers.some((finalizer) => metadata.finalizers?.includes(finalizer))
}

interface Refresh {
  readonly key: PlacementKey
  readonly placement: Placement
  readonly header: Row<PlacementHeader> | undefined
  readonly client: ClientPolicy | undefined
}

async function refresh(platform: Needs, { key, placement, header, client }: Refresh): Promise<void> {
  const { settings, clock } = platform
  const stored = header?.value
  const content: PlacementContent = client ? { resources: [] } : await contentOf(platform, placement)
  const now = clock.now()
  const guarded = client ? undefined : content
  const held = guarded && heldStep({ placement, stored, content: guarded, now, percent: settings.removalGuardPercent })
  if (header && held) return hold(platform, key, header, held)
  const next = nextHeader({
    placement,
    key,
    stored,
    content,
    client,
    now,
    debounce: { minimumIntervalMs: settings.snapshotMinIntervalMs, collectionMs: settings.snapshotCollectMs },
  })
  const later: Message[] =
    next.waitMs > 0 ? [{ ...wakeReconcile(key), notBefore: clock.now() + next.waitMs } as Message] : []
  if (next.changed) {
    const news = [
      ...(next.schedule ? [wakeSchedule(key)] : []),
      ...(next.rollout ? [wakeRollout(key)] : []),
      wakeFold(key, settings.coalesceMs),
      ...later,
    ]
    await platform.placements.commit(key, {
      header: header ? { value: next.header, etag: header.etag } : { value: next.header },
      news,
    })
  } else if (later.length > 0) await platform.bus.send(later)
  if (isApproved(stored, placement)) await platform.bus.send([wakeSchedule(key)])
}

function isApproved(stored: PlacementHeader | undefined, { metadata }: Placement): boolean {
  const waiting = stored?.heldScheduling?.step
  return waiting !== undefined && metadata.annotations?.[approvalAnnotation] === waiting
}

/** What a pass finds that must wait for approval. */
export function heldStep({
  content,
  ...step
}: Omit<Parameters<typeof heldSelection>[0], 'resources'> & { readonly content: PlacementContent }) {
  return 'resources' in content ? heldSelection({ ...step, resources: content.resources }) : undefined
}

/** Keeps everything as it is, and says what waits for approval. */
async function hold(platform: Needs, key: PlacementKey, header: Row<PlacementHeader>, held: HeldStep): Promise<void> {
  platform.log.warn('a removal nobody asked for is held', { placement: key, objects: held.lost, of: held.total })
  if (header.value.heldSelection?.step === held.step) return
  await platform.placements.commit(key, {
    header: { value: { ...header.value, heldSelection: held }, etag: header.etag },
    news: [wakeFold(key, platform.settings.coalesceMs)],
  })
}

/** What is selected now, its manifests stored by content. */
async function contentOf(platform: Needs, placement: Placement): Promise<PlacementContent> {
  const problem = mirrorProblem(placement)
  if (problem !== undefined) return { error: problem }
  const selection = await selectForPlacement(platform, placement)
  if (selection.error !== undefined) return { error: selection.error }
  const resources = selection.objects.map(identifierOf)
  if (placement.spec.strategy?.type === 'External') return { resources }
  const cleaned = selection.objects.map(cleanObject)
  return {
    resources,
    snapshot: {
      hash: groupHash(cleaned),
      payload: await platform.payloads.put(goJson(cleaned)),
      resources,
      envelopeCount: countEnvelopes(selection.objects),
    },
  }
}
