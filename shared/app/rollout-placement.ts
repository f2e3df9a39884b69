// Which decisions of a placement may move now, within its budget.
import type { Message, PlacementMessage } from '../api/message.ts'
import { bindingView } from '../domain/rollout/binding-view.ts'
import { planRollout, type RolloutPlan } from '../domain/rollout/plan.ts'
import { type RolloutRows, rolloutRows } from '../domain/rollout/rows.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { readPlacement } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeFold, wakeRollout, wakeRolloutAt, wakeWork } from './wake.ts'

type Needs = Pick<Platform, 'objects' | 'placements' | 'payloads' | 'lists' | 'clock' | 'log' | 'settings'>

/** Idempotent: planned anew from what is stored. Placements that go away or are rolled out from outside are left alone. */
export async function rolloutPlacement(platform: Needs, { placement: key }: PlacementMessage): Promise<void> {
  await untilWritten(async () => {
    const [record, found] = await Promise.all([platform.placements.read(key), readPlacement(platform.objects, key)])
    if (!record || !found || record.header.value.deleting || record.header.value.uid !== found.placement.metadata.uid)
      return
    const observed = new Map(record.observed.map(({ value }) => [value.cluster, value]))
    const clusters = await platform.lists.memberClusters()
    const now = platform.clock.now()
    const plan = planRollout({
      placement: found.placement,
      bindings: record.wanted.map(({ value }) => bindingView(value, observed.get(value.cluster))),
      latestSnapshot: record.header.value.snapshots.at(-1),
      overrides: { cluster: [], namespaced: [] },
      clusters: clusters.map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels })),
      now,
      rules: 'hubless',
    })
    if (plan.error) platform.log.warn('rollout held back', { placement: key, reason: plan.error.message })
    const rows = rolloutRows({
      header: record.header.value,
      wanted: record.wanted.map(({ value }) => value),
      observed: new Set(observed.keys()),
      plan,
      now: rfc3339(now),
    })
    await commit(platform, key, record, rows, [...news(key, rows), ...again(key, plan, now)])
  })
}

async function commit(
  platform: Needs,
  key: string,
  record: PlacementRecord,
  rows: RolloutRows,
  messages: readonly Message[],
): Promise<void> {
  const changed = rows.wanted.length + rows.finished.length > 0
  if (!changed && messages.length === 0) return
  const etags = new Map(record.wanted.map(({ value, etag }) => [value.cluster, etag]))
  await platform.placements.commit(key, {
    ...(rows.header && { header: { value: rows.header, etag: record.header.etag } }),
    wanted: rows.wanted.map((value) => ({ value, etag: etags.get(value.cluster) ?? '' })),
    finished: rows.finished.map((cluster) => ({ cluster, etag: etags.get(cluster) ?? '' })),
    news: messages,
  })
}

function news(key: string, rows: RolloutRows): Message[] {
  if (rows.wanted.length + rows.finished.length === 0) return []
  return [...rows.clusters.map((cluster) => wakeWork(cluster, key)), wakeFold(key)]
}

function again(key: string, { again: next }: RolloutPlan, now: number): Message[] {
  if (next === undefined) return []
  return next === 'soon'
    ? [{ ...wakeRollout(key), coalesceMs: 200 } as Message]
    : [wakeRolloutAt(key, now + next.afterMs)]
}
