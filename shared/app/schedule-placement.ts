// Decides the clusters of a placement and writes one row for each; or, when the placement goes away, has everything removed.

import type { SchedulingDecision } from '../api/decision.ts'
import type { Message, PlacementKey, PlacementMessage } from '../api/message.ts'
import type { Observed, Wanted } from '../api/placement-record.ts'
import { bindingView } from '../domain/rollout/binding-view.ts'
import { bindingName } from '../domain/scheduler/binding-name.ts'
import { nextDecision } from '../domain/scheduler/decision-record.ts'
import { explain } from '../domain/scheduler/explain.ts'
import { fleetOf } from '../domain/scheduler/fleet.ts'
import { removalRows, type ScheduleRows, scheduleRows } from '../domain/scheduler/rows.ts'
import { scheduleFully } from '../domain/scheduler/schedule.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { placementLocation } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeFold, wakeRollout, wakeWork } from './wake.ts'

type Needs = Pick<Platform, 'placements' | 'lists' | 'clock' | 'ids' | 'log'>

/** Rows that change, and the decision that goes with them. */
interface Decided extends ScheduleRows {
  readonly decision?: SchedulingDecision
  /** Nothing but the decision changes: nobody else needs to hear. */
  readonly quiet?: boolean
}

/** Idempotent: an untouched fleet yields no write. */
export async function schedulePlacement(platform: Needs, { placement: key }: PlacementMessage): Promise<void> {
  await untilWritten(async () => {
    const record = await platform.placements.read(key)
    if (!record) return
    const observed = new Map(record.observed.map(({ value }) => [value.cluster, value]))
    if (record.header.value.deleting) return remove(platform, key, record, observed)
    const rows = await decide(platform, key, record, observed)
    if (rows) await commit(platform, key, record, rows)
  })
}

async function decide(
  { lists, clock, ids, log }: Needs,
  key: PlacementKey,
  { header, wanted }: PlacementRecord,
  observed: ReadonlyMap<string, Observed>,
): Promise<Decided | undefined> {
  const policySnapshot = header.value.policies.at(-1)
  if (!policySnapshot) return undefined
  const { namespace, name } = placementLocation(key).key
  const now = clock.now()
  const placement = { name, namespace }
  const fleet = fleetOf(await lists.memberClusters(), 'hubless')
  const stored = wanted.map(({ value }) => value)
  const result = scheduleFully({
    placement,
    policySnapshot,
    fleet,
    bindings: stored.map((row) => bindingView(row, observed.get(row.cluster))),
    now,
    newName: (cluster) => bindingName(name, cluster, ids.uuid()),
  })
  if (result.error !== undefined) log.warn('scheduling stopped', { placement: key, reason: result.error })
  const rows = scheduleRows({ header: header.value, wanted: stored, result, newUid: ids.uuid, now: rfc3339(now) })
  if (result.error !== undefined) return rows
  const bindings = withChanges(stored, rows).map((row) => bindingView(row, observed.get(row.cluster)))
  const reasons = explain({ placement, policySnapshot, fleet, bindings, now })
  const next = nextDecision({ header: rows.header ?? header.value, policySnapshot, reasons, now: rfc3339(now) })
  if (!next) return rows
  return {
    ...rows,
    quiet: rows.header === undefined && rows.wanted.length + rows.finished.length === 0,
    header: { ...(rows.header ?? header.value), decided: next.mark },
    decision: next.decision,
  }
}

function withChanges(stored: readonly Wanted[], { wanted, finished }: ScheduleRows): Wanted[] {
  const changed = new Set(wanted.map(({ cluster }) => cluster))
  return [...stored.filter(({ cluster }) => !changed.has(cluster) && !finished.includes(cluster)), ...wanted]
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
  else await commit(platform, key, record, rows)
}

async function commit(platform: Needs, key: PlacementKey, record: PlacementRecord, rows: Decided): Promise<void> {
  if (!rows.header && rows.wanted.length + rows.finished.length === 0) return
  const etags = new Map(record.wanted.map(({ value, etag }) => [value.cluster, etag]))
  await platform.placements.commit(key, {
    ...(rows.header && { header: { value: rows.header, etag: record.header.etag } }),
    wanted: rows.wanted.map((value) => {
      const etag = etags.get(value.cluster)
      return etag === undefined ? { value } : { value, etag }
    }),
    finished: rows.finished.map((cluster) => ({ cluster, etag: etags.get(cluster) ?? '' })),
    decision: rows.decision,
    news: rows.quiet ? [] : news(key, rows),
  })
}

function news(key: PlacementKey, rows: ScheduleRows): Message[] {
  const moved = rows.wanted.length + rows.finished.length > 0 ? [wakeRollout(key)] : []
  return [...rows.clusters.map((cluster) => wakeWork(cluster, key)), ...moved, wakeFold(key)]
}
