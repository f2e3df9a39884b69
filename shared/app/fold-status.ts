// What the scheduler decided and the workers observed, folded into the status users read. The only writer of it.
import type { KubeObject } from '../api/kube-object.ts'
import type { Message, PlacementKey, PlacementMessage } from '../api/message.ts'
import type { Placement, PlacementStatus } from '../api/placement.ts'
import { currentPolicy, type Observed, type PlacementHeader } from '../api/placement-record.ts'
import { findCondition, withCondition, withoutCondition } from '../domain/condition.ts'
import { heldMessage } from '../domain/guard/removal-guard.ts'
import { sortedKeys } from '../domain/placement/canonical-json.ts'
import { bindingView } from '../domain/rollout/binding-view.ts'
import { placementEvents } from '../domain/status/placement-events.ts'
import { placementStatus } from '../domain/status/placement-status.ts'
import type { StoredObject } from '../ports/object-store.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { placementLocation, readPlacement } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { recordEvents } from './record-events.ts'
import { reportBack } from './report-back.ts'
import { mirrored } from './status-mirror.ts'
import { wakeRollout, wakeWorkAt } from './wake.ts'

type Needs = Pick<Platform, 'objects' | 'placements' | 'bus' | 'clock' | 'ids' | 'log'>

/** Idempotent: a status that says the same is not written again. Rollout is woken while anything is still to move. */
export async function foldStatus(platform: Needs, { placement: key }: PlacementMessage): Promise<void> {
  const folded = await untilWritten(async () => {
    const [record, found] = await Promise.all([platform.placements.read(key), readPlacement(platform.objects, key)])
    if (!record || !found || record.header.value.uid !== found.placement.metadata.uid) return undefined
    const { placement, stored } = found
    const status = statusOf(placement, record, rfc3339(platform.clock.now()))
    const after = { ...placement, status: await mirrored(platform, { ...placement, status }) }
    const changed = await write(platform, key, stored, after)
    const wakes = [...(isMoving(record) ? [wakeRollout(key)] : []), ...overdueWork(key, record, platform.clock.now())]
    if (wakes.length > 0) await platform.bus.send(wakes)
    return { before: placement, after, record, changed }
  })
  if (!folded) return
  const { before, after, record, changed } = folded
  const told = await reportBack(platform, after, record)
  if (changed) await recordEvents(platform, after, [...placementEvents(before, after), ...told])
}

/** Whether the status said something new. */
async function write(
  { objects }: Needs,
  key: PlacementKey,
  stored: StoredObject,
  { status }: { readonly status: PlacementStatus },
): Promise<boolean> {
  if (text(status) === text((stored.object['status'] as PlacementStatus | undefined) ?? {})) return false
  const { type, key: objectKey } = placementLocation(key)
  await objects.write(type, {
    key: objectKey,
    expect: stored.revision,
    object: { ...stored.object, status } as KubeObject,
    previous: stored.object,
  })
  return true
}

/** The status a record amounts to; `now` is RFC 3339. */
export function statusOf(
  placement: Placement,
  { header, wanted, observed }: PlacementRecord,
  now: string,
): PlacementStatus {
  const { snapshots, scheduling, selected, selectionError, schedulingError } = header.value
  if (selectionError !== undefined) return invalidSelectors(placement, selectionError, now)
  const policySnapshot = currentPolicy(header.value)
  const seen = new Map(observed.map(({ value }) => [value.cluster, value]))
  const { status } = placementStatus({
    placement,
    policySnapshot: policySnapshot ?? { name: '' },
    scheduling,
    selectedResources: selected ?? snapshots.at(-1)?.resources ?? [],
    snapshots,
    bindings: wanted.map(({ value }) => bindingView(value, seen.get(value.cluster))),
    now,
  })
  const told = schedulingError === undefined ? status : withSchedulingError(placement, status, schedulingError, now)
  return withHeldRemoval(placement, told, header.value, now)
}

/** A removal that waits for approval is told by a condition of its own, which is there as long as it waits. */
function withHeldRemoval(
  placement: Placement,
  status: PlacementStatus,
  { heldSelection, heldScheduling }: PlacementHeader,
  now: string,
): PlacementStatus {
  const type = `${placement.kind}RemovalHeld`
  const held = [heldSelection, heldScheduling].filter((step) => step !== undefined)
  if (held.length === 0) return { ...status, conditions: withoutCondition(status.conditions, type) }
  const message = held.map((step) => heldMessage(step, placement)).join('; ')
  const observedGeneration = placement.metadata.generation ?? 1
  const condition = { type, status: 'True' as const, reason: 'UnusualRemoval', message, observedGeneration }
  // Its time is found in the status before, for the rest is made anew.
  const before = findCondition(placement.status?.conditions, type)
  const since = before && { lastTransitionTime: before.lastTransitionTime }
  return { ...status, conditions: withCondition(status.conditions, { ...condition, ...since }, now) }
}

/** Only what concerns the selection changes; the rest stays as it was. */
function invalidSelectors(placement: Placement, message: string, now: string): PlacementStatus {
  return {
    ...placement.status,
    conditions: withCondition(
      placement.status?.conditions,
      {
        type: `${placement.kind}Scheduled`,
        status: 'False',
        observedGeneration: placement.metadata.generation ?? 1,
        reason: 'InvalidResourceSelectors',
        message: `The resource selectors are invalid: ${message}`,
      },
      now,
    ),
  }
}

/** Says why scheduling is still pending. */
function withSchedulingError(
  placement: Placement,
  status: PlacementStatus,
  message: string,
  now: string,
): PlacementStatus {
  const type = `${placement.kind}Scheduled`
  const condition = findCondition(status.conditions, type)
  if (condition?.status !== 'Unknown') return status
  return { ...status, conditions: withCondition(status.conditions, { ...condition, message }, now) }
}

/** Whether some cluster is not where it is wanted yet. */
function isMoving({ header, wanted }: PlacementRecord): boolean {
  const latest = header.value.snapshots.at(-1)?.name
  if (header.value.deleting || latest === undefined) return false
  return wanted.some(
    ({ value }) =>
      value.deletedAt === undefined &&
      (value.state !== 'Bound' ||
        value.resourceSnapshot !== latest ||
        value.rolloutStarted?.observedGeneration !== value.generation),
  )
}

/** Work a cluster has not answered for this long was perhaps never told to it. */
const overdueMs = 60_000

function overdueWork(key: PlacementKey, { wanted, observed }: PlacementRecord, now: number): Message[] {
  const epochs = new Map(
    observed.filter(({ value }) => wasWorkedOn(value)).map(({ value }) => [value.cluster, value.epoch]),
  )
  return wanted.flatMap(({ value }) => {
    const since = value.deletedAt ?? value.rolloutStarted?.lastTransitionTime ?? value.createdAt
    const answered = value.deletedAt === undefined && epochs.get(value.cluster) === value.generation
    const due = value.payload !== '' && !answered && now - Date.parse(since) > overdueMs
    const round = `${value.uid}:${value.generation}:overdue:${Math.floor(now / overdueMs)}`
    return due ? [wakeWorkAt(value.cluster, key, now, round)] : []
  })
}

/** A worker that could not reach its cluster has said so, but the work is still to be done. */
function wasWorkedOn({ conditions }: Observed): boolean {
  return conditions.some(({ type }) => type === 'Applied' || type === 'DiffReported')
}

function text(status: PlacementStatus): string {
  return JSON.stringify(sortedKeys(status))
}
