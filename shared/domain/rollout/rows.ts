// From a plan to the rows that change. What a worker must see gets a new epoch; marks alone do not.
import type { Binding } from '../../api/binding.ts'
import type { ReportBackStrategy } from '../../api/placement.ts'
import type { PlacementHeader, ResourceSnapshot, Wanted } from '../../api/placement-record.ts'
import type { RolloutAction } from './pick.ts'
import { type RolloutPlan, rolloutStartedCondition } from './plan.ts'

export interface RolloutRows {
  /** The header with its epoch raised, when any row got a new one. */
  readonly header: PlacementHeader | undefined
  readonly wanted: readonly Wanted[]
  /** Clusters whose row may go at once: nothing was ever sent there. */
  readonly finished: readonly string[]
  /** Clusters whose worker has something to do. */
  readonly clusters: readonly string[]
}

export interface RolloutRowsInput {
  readonly header: PlacementHeader
  readonly wanted: readonly Wanted[]
  /** Clusters that were observed at least once. */
  readonly observed: ReadonlySet<string>
  readonly plan: RolloutPlan
  /** Whether and where statuses are reported back; goes to every cluster at once. */
  readonly reportBack?: ReportBackStrategy | undefined
  /** Epoch of the rows that change; see `nextEpoch`. */
  readonly epoch: number
  /** RFC 3339. */
  readonly now: string
}

/** The rows a plan changes; empty lists when it changes nothing. */
export function rolloutRows({ header, wanted, observed, plan, reportBack, epoch, now }: RolloutRowsInput): RolloutRows {
  const rows = new Map(wanted.map((row) => [row.name, row]))
  const changed = new Map<string, Wanted>()
  const finished: string[] = []
  const change = ({ name }: Binding, next: (row: Wanted) => Wanted) => {
    const row = changed.get(name) ?? rows.get(name)
    if (row) changed.set(name, next(row))
  }

  for (const { binding, applyStrategy } of plan.applyStrategyPushes)
    change(binding, (row) => ({ ...row, generation: epoch, applyStrategy }))
  for (const binding of plan.stale) change(binding, (row) => mark(row, false, now))
  for (const binding of plan.started) change(binding, (row) => mark(row, true, now))
  for (const action of plan.actions) {
    const row = rows.get(action.binding.name)
    if (action.kind === 'remove' && row && row.payload === '' && !observed.has(row.cluster)) finished.push(row.cluster)
    else change(action.binding, (current) => act(current, action, header.snapshots, epoch, now))
  }

  for (const { name, deletedAt } of wanted) {
    const row = changed.get(name) ?? rows.get(name)
    if (row && deletedAt === undefined && row.payload !== '' && !sameReportBack(row.reportBackStrategy, reportBack))
      changed.set(name, withReportBack({ ...row, generation: epoch }, reportBack))
  }

  const all = [...changed.values()]
  const renewed = all.filter(({ generation }) => generation === epoch)
  return {
    header: renewed.length > 0 ? { ...header, epoch } : undefined,
    wanted: all,
    finished,
    clusters: renewed.filter(({ state }) => state !== 'Scheduled').map(({ cluster }) => cluster),
  }
}

function mirrors(strategy: ReportBackStrategy | undefined): boolean {
  return strategy?.type === 'Mirror'
}

function sameReportBack(a: ReportBackStrategy | undefined, b: ReportBackStrategy | undefined): boolean {
  return mirrors(a) === mirrors(b) && (!mirrors(a) || a?.destination === b?.destination)
}

function withReportBack({ reportBackStrategy: _, ...row }: Wanted, strategy: ReportBackStrategy | undefined): Wanted {
  return { ...row, ...(strategy && mirrors(strategy) && { reportBackStrategy: strategy }) }
}

/**
 * The epoch of the next change. Rows are looked at too: a crash between two transactions may have left rows that are
 * ahead of the header.
 */
export function nextEpoch(header: PlacementHeader, wanted: readonly Wanted[]): number {
  return 1 + wanted.reduce((latest, { generation }) => Math.max(latest, generation), header.epoch)
}

function act(
  row: Wanted,
  action: RolloutAction,
  snapshots: readonly ResourceSnapshot[],
  epoch: number,
  now: string,
): Wanted {
  if (action.kind === 'remove') return { ...row, generation: epoch, deletedAt: now }
  const snapshot = snapshots.find(({ name }) => name === action.desired.resourceSnapshotName)
  const bound: Wanted = {
    ...row,
    generation: epoch,
    state: 'Bound',
    resourceSnapshot: action.desired.resourceSnapshotName,
    payload: snapshot?.payload ?? row.payload,
    ...(snapshot && { resourceIndex: snapshot.index }),
    resourceOverrides: [...action.desired.resourceOverrideSnapshots],
    clusterResourceOverrides: [...action.desired.clusterResourceOverrideSnapshots],
  }
  return mark(bound, true, now)
}

/** Sets RolloutStarted for the row's generation; the transition time moves with the status only. */
function mark(row: Wanted, started: boolean, now: string): Wanted {
  const condition = rolloutStartedCondition(started, row.generation, now)
  const old = row.rolloutStarted
  const since = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now
  return { ...row, rolloutStarted: { ...condition, lastTransitionTime: since } }
}
