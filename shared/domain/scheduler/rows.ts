// From a scheduling cycle to the rows that change.
import type { Binding } from '../../api/binding.ts'
import { currentPolicy, type PlacementHeader, type SchedulingStatus, type Wanted } from '../../api/placement-record.ts'
import { nextEpoch } from '../rollout/rows.ts'
import type { CycleResult } from './cycle.ts'
import { sameScheduling } from './decisions.ts'

export interface ScheduleRows {
  /** Absent when nothing about the placement changed. */
  readonly header: PlacementHeader | undefined
  readonly wanted: readonly Wanted[]
  /** Clusters whose row may go at once: nothing was ever sent there. */
  readonly finished: readonly string[]
  /** Clusters whose worker has something to do. */
  readonly clusters: readonly string[]
}

export interface ScheduleRowsInput {
  readonly header: PlacementHeader
  readonly wanted: readonly Wanted[]
  readonly result: CycleResult
  readonly newUid: () => string
  /** RFC 3339. */
  readonly now: string
}

/**
 * The rows a cycle changes. A cluster whose old row is still being cleaned up gets no new one yet: the end of the clean-up
 * schedules the placement again.
 */
export function scheduleRows({ header, wanted, result, newUid, now }: ScheduleRowsInput): ScheduleRows {
  const epoch = nextEpoch(header, wanted)
  const byName = new Map(wanted.map((row) => [row.name, row]))
  const taken = new Set(wanted.map(({ cluster }) => cluster))
  const created = result.create
    .filter(({ targetCluster }) => !taken.has(targetCluster))
    .map((binding) => newRow(binding, { epoch, peers: taken.size + result.create.length, uid: newUid(), now }))
  // A cluster that was given up before anything was sent there has nothing to clean up, and no place in the rollout. A client
  // that rolls out itself decides that itself.
  const given = isRolledOutByClient(header)
    ? []
    : result.unschedule.map(({ name }) => byName.get(name)).filter((row) => row?.payload === '')
  const finished = given.flatMap((row) => (row ? [row.cluster] : []))
  const changed = [...result.patch, ...result.unschedule].flatMap((binding) => {
    const row = byName.get(binding.name)
    return row && !finished.includes(row.cluster) ? [changedRow(row, binding, epoch)] : []
  })
  const scheduling = schedulingOf(header, result, now)
  const news = created.length + changed.length + finished.length > 0
  const same =
    !news &&
    header.schedulingError === result.error &&
    (scheduling === undefined || sameScheduling(header.scheduling, scheduling))
  return {
    header: same
      ? undefined
      : withScheduling({ ...header, epoch: news ? epoch : header.epoch }, scheduling, result.error),
    wanted: [...created, ...changed],
    finished,
    clusters: changed.filter(({ payload }) => payload !== '').map(({ cluster }) => cluster),
  }
}

/** Whether another client runs the placement, and the hub never rolled anything of it out. */
export function isRolledOutByClient({ clientPolicy, snapshots }: PlacementHeader): boolean {
  return clientPolicy !== undefined && snapshots.length === 0
}

/** Everything a placement has put anywhere is to go. */
export function removalRows(
  header: PlacementHeader,
  wanted: readonly Wanted[],
  observed: ReadonlySet<string>,
  now: string,
): ScheduleRows {
  const epoch = nextEpoch(header, wanted)
  const open = wanted.filter(({ deletedAt }) => deletedAt === undefined)
  const touched = open.filter(({ cluster, payload }) => payload !== '' || observed.has(cluster))
  const removed = touched.map((row) => ({ ...row, generation: epoch, deletedAt: now }))
  return {
    header: removed.length > 0 ? { ...header, epoch } : undefined,
    wanted: removed,
    finished: open.filter((row) => !touched.includes(row)).map(({ cluster }) => cluster),
    clusters: removed.map(({ cluster }) => cluster),
  }
}

interface NewRow {
  readonly epoch: number
  readonly peers: number
  readonly uid: string
  readonly now: string
}

function newRow(binding: Binding, { epoch, peers, uid, now }: NewRow): Wanted {
  return {
    cluster: binding.targetCluster,
    name: binding.name,
    uid,
    generation: epoch,
    createdAt: now,
    state: binding.state,
    decision: binding.clusterDecision,
    peers,
    policySnapshot: binding.schedulingPolicySnapshotName,
    resourceSnapshot: '',
    payload: '',
  }
}

function changedRow(row: Wanted, binding: Binding, epoch: number): Wanted {
  const { previousState: _, ...rest } = row
  return {
    ...rest,
    generation: epoch,
    state: binding.state,
    ...(binding.previousState && { previousState: binding.previousState }),
    decision: binding.clusterDecision,
    policySnapshot: binding.schedulingPolicySnapshotName,
  }
}

function schedulingOf(header: PlacementHeader, { status }: CycleResult, now: string): SchedulingStatus | undefined {
  const policySnapshot = currentPolicy(header)?.name
  if (!status || policySnapshot === undefined) return undefined
  const since = header.scheduling?.condition
  const kept = since?.status === status.condition.status ? since.lastTransitionTime : undefined
  return {
    policySnapshot,
    observedPlacementGeneration: status.observedGeneration,
    condition: { ...status.condition, lastTransitionTime: kept ?? now },
    listed: [...status.listed],
  }
}

function withScheduling(
  header: PlacementHeader,
  scheduling: SchedulingStatus | undefined,
  error: string | undefined,
): PlacementHeader {
  const { schedulingError: _, ...rest } = header
  return { ...rest, ...(scheduling && { scheduling }), ...(error !== undefined && { schedulingError: error }) }
}
