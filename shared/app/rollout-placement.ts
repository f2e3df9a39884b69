// Which decisions of a placement may move now, within its budget.
import type { MemberCluster } from '../api/member-cluster.ts'
import type { Message, PlacementMessage } from '../api/message.ts'
import type { Placement } from '../api/placement.ts'
import type { Wanted } from '../api/placement-record.ts'
import type { Overrides } from '../domain/override/match.ts'
import { bindingView } from '../domain/rollout/binding-view.ts'
import { planRollout, type RolloutPlan } from '../domain/rollout/plan.ts'
import { nextEpoch, type RolloutRows, rolloutRows } from '../domain/rollout/rows.ts'
import { isRolledOutByClient } from '../domain/scheduler/rows.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { readPlacement } from './fleet-lists.ts'
import { matchedOverrides } from './matched-overrides.ts'
import type { Platform } from './platform.ts'
import { wakeFold, wakeRollout, wakeRolloutAt, wakeWork } from './wake.ts'

type Needs = Pick<Platform, 'objects' | 'placements' | 'payloads' | 'lists' | 'clock' | 'log' | 'settings'>

/** Idempotent: planned anew from what is stored. Placements that go away or are rolled out from outside are left alone. */
export async function rolloutPlacement(platform: Needs, { placement: key }: PlacementMessage): Promise<void> {
  await untilWritten(async () => {
    const [record, found] = await Promise.all([platform.placements.read(key), readPlacement(platform.objects, key)])
    if (!record || !found || record.header.value.deleting || record.header.value.uid !== found.placement.metadata.uid)
      return
    if (isRolledOutByClient(record.header.value)) return
    const [clusters, overrides] = await Promise.all([
      platform.lists.memberClusters(),
      matchedOverrides(platform, found.placement, record.header.value.snapshots.at(-1)),
    ])
    const decided = decide(platform, record, found.placement, { clusters, overrides })
    await commit(platform, key, record, decided.rows, [
      ...news(key, decided.rows),
      ...again(key, decided.plan, platform.clock.now()),
    ])
  })
}

/** Rounds planned in one go: a changed apply strategy goes out first, and what follows need not wait for the next message. */
const roundsAtOnce = 3

function decide(
  { clock, log }: Needs,
  { header, wanted, observed }: PlacementRecord,
  placement: Placement,
  { clusters, overrides }: { readonly clusters: readonly MemberCluster[]; readonly overrides: Overrides },
): { plan: RolloutPlan; rows: RolloutRows } {
  const seen = new Map(observed.map(({ value }) => [value.cluster, value]))
  const stored = wanted.map(({ value }) => value)
  const epoch = nextEpoch(header.value, stored)
  const now = clock.now()
  let rows: RolloutRows = { header: undefined, wanted: [], finished: [], clusters: [] }
  for (let round = 1; ; round += 1) {
    const current = withChanges(stored, rows)
    const plan = planRollout({
      placement,
      bindings: current.map((row) => bindingView(row, seen.get(row.cluster))),
      latestSnapshot: header.value.snapshots.at(-1),
      overrides,
      clusters: clusters.map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels })),
      now,
      rules: 'hubless',
    })
    if (plan.error) log.warn('rollout held back', { placement: header.value.placement, reason: plan.error.message })
    const next = rolloutRows({
      header: header.value,
      wanted: current,
      observed: new Set(seen.keys()),
      plan,
      reportBack: placement.spec.strategy?.reportBackStrategy,
      epoch,
      now: rfc3339(now),
    })
    rows = together(rows, next)
    if (plan.applyStrategyPushes.length === 0 || round === roundsAtOnce) return { plan, rows }
  }
}

function withChanges(stored: readonly Wanted[], { wanted, finished }: RolloutRows): Wanted[] {
  const changed = new Map(wanted.map((row) => [row.name, row]))
  return stored.filter(({ cluster }) => !finished.includes(cluster)).map((row) => changed.get(row.name) ?? row)
}

function together(before: RolloutRows, next: RolloutRows): RolloutRows {
  const wanted = new Map([...before.wanted, ...next.wanted].map((row) => [row.name, row]))
  return {
    header: next.header ?? before.header,
    wanted: [...wanted.values()].filter(({ cluster }) => !next.finished.includes(cluster)),
    finished: [...before.finished, ...next.finished],
    clusters: [...new Set([...before.clusters, ...next.clusters])],
  }
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
