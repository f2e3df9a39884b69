// Decides the clusters of a placement and writes one row for each; or, when the placement goes away, has everything removed.

import type { SchedulingDecision } from '../api/decision.ts'
import type { Message, PlacementKey, PlacementMessage } from '../api/message.ts'
import { currentPolicy, type Observed } from '../api/placement-record.ts'
import { type Fleet, fleetOf } from '../domain/scheduler/fleet.ts'
import { removalRows, type ScheduleRows } from '../domain/scheduler/rows.ts'
import { type ScheduleRecordInput, scheduleRecord } from '../domain/scheduler/schedule-record.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { placementLocation, readPlacement } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeFold, wakeRollout, wakeWork } from './wake.ts'

type Needs = Pick<Platform, 'objects' | 'placements' | 'lists' | 'clock' | 'ids' | 'log' | 'settings'>

/** Idempotent: an untouched fleet yields no write. */
export async function schedulePlacement(platform: Needs, { placement: key }: PlacementMessage): Promise<void> {
  await untilWritten(async () => {
    const record = await platform.placements.read(key)
    if (!record) return
    const observed = new Map(record.observed.map(({ value }) => [value.cluster, value]))
    if (record.header.value.deleting) return remove(platform, key, record, observed)
    await decide(platform, key, record, observed)
  })
}

async function decide(
  platform: Needs,
  key: PlacementKey,
  record: PlacementRecord,
  observed: ReadonlyMap<string, Observed>,
): Promise<void> {
  const { lists, clock, ids, log, settings } = platform
  const policySnapshot = currentPolicy(record.header.value)
  if (!policySnapshot) return
  const fleet = fleetOf(await lists.memberClusters(), 'hubless')
  const { rows, header, decision, error } = scheduleRecord({
    placement: placementLocation(key).key,
    policySnapshot,
    header: record.header.value,
    wanted: record.wanted.map(({ value }) => value),
    observed,
    fleet,
    guard: await guardFor(platform, key, record, fleet),
    now: clock.now(),
    limits: settings.membership,
    newUid: ids.uuid,
  })
  if (error !== undefined) log.warn('scheduling stopped', { placement: key, reason: error })
  // Nobody else needs to hear of a decision that only says the same in other words.
  const messages = changesNothing(rows) ? [] : news(key, rows)
  await commit(platform, key, record, { rows: decision ? { ...rows, header } : rows, decision, messages })
}

/** The placement is read only when clusters are missing. */
async function guardFor(
  { objects, settings }: Needs,
  key: PlacementKey,
  { wanted }: PlacementRecord,
  { byName }: Fleet,
): Promise<ScheduleRecordInput['guard']> {
  if (wanted.every(({ value }) => byName.has(value.cluster))) return undefined
  const found = await readPlacement(objects, key)
  return found && { placement: found.placement, percent: settings.removalGuardPercent }
}

async function remove(
  platform: Needs,
  key: PlacementKey,
  record: PlacementRecord,
  observed: ReadonlyMap<string, Observed>,
): Promise<void> {
  const wanted = record.wanted.map(({ value }) => value)
  const rows = removalRows(record.header.value, wanted, new Set(observed.keys()), rfc3339(platform.clock.now()))
  if (wanted.length === rows.finished.length) await platform.placements.drop(key, record.header.etag)
  else await commit(platform, key, record, { rows, messages: news(key, rows) })
}

interface Changes {
  readonly rows: ScheduleRows
  readonly decision?: SchedulingDecision | undefined
  readonly messages: readonly Message[]
}

function changesNothing({ header, wanted, finished }: ScheduleRows): boolean {
  return !header && wanted.length + finished.length === 0
}

async function commit(
  platform: Needs,
  key: PlacementKey,
  record: PlacementRecord,
  { rows, decision, messages }: Changes,
): Promise<void> {
  if (changesNothing(rows)) return
  const etags = new Map(record.wanted.map(({ value, etag }) => [value.cluster, etag]))
  await platform.placements.commit(key, {
    ...(rows.header && { header: { value: rows.header, etag: record.header.etag } }),
    wanted: rows.wanted.map((value) => {
      const etag = etags.get(value.cluster)
      return etag === undefined ? { value } : { value, etag }
    }),
    finished: rows.finished.map((cluster) => ({ cluster, etag: etags.get(cluster) ?? '' })),
    decision,
    news: messages,
  })
}

function news(key: PlacementKey, rows: ScheduleRows): Message[] {
  const moved = rows.wanted.length + rows.finished.length > 0 ? [wakeRollout(key)] : []
  return [...rows.clusters.map((cluster) => wakeWork(cluster, key)), ...moved, wakeFold(key)]
}
