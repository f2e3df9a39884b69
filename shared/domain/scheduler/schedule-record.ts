// Scheduling a placement from its stored rows to the rows as they are to be, with a reason for every cluster. The use case
// commits the outcome; a plan only shows it.
import type { ClusterReason, SchedulingDecision } from '../../api/decision.ts'
import type { Placement } from '../../api/placement.ts'
import type { HeldStep, Observed, PlacementHeader, PolicySnapshot, Wanted } from '../../api/placement-record.ts'
import { heldScheduling } from '../guard/removal-guard.ts'
import type { EligibilityLimits } from '../membership/eligibility.ts'
import { bindingView } from '../rollout/binding-view.ts'
import { bindingName } from './binding-name.ts'
import type { CycleResult } from './cycle.ts'
import { nextDecision } from './decision-record.ts'
import { explain } from './explain.ts'
import type { Fleet } from './fleet.ts'
import { type ScheduleRows, scheduleRows } from './rows.ts'
import { scheduleFully } from './schedule.ts'

export interface ScheduleRecordInput {
  /** `namespace` is set for a ResourcePlacement. */
  readonly placement: { readonly name: string; readonly namespace?: string | undefined }
  readonly policySnapshot: PolicySnapshot
  readonly header: PlacementHeader
  readonly wanted: readonly Wanted[]
  readonly observed: ReadonlyMap<string, Observed>
  readonly fleet: Fleet
  /** Epoch milliseconds. */
  readonly now: number
  /** When a cluster counts as lost; KubeFleet's limits unless given. */
  readonly limits?: EligibilityLimits
  readonly newUid: () => string
  /** The placement, and the share that may go: given when clusters of rows are missing from the fleet. */
  readonly guard?: { readonly placement: Placement; readonly percent: number } | undefined
}

export interface ScheduledRecord {
  readonly rows: ScheduleRows
  /** Every row as it is afterwards. */
  readonly wanted: readonly Wanted[]
  /** The header as it is afterwards. */
  readonly header: PlacementHeader
  /** A reason for every cluster; none when the policy makes no sense. */
  readonly reasons: readonly ClusterReason[]
  /** To be kept, when the newest one kept does not say the same. */
  readonly decision: SchedulingDecision | undefined
  /** Why scheduling stopped. */
  readonly error: string | undefined
}

/** Pure; an untouched fleet yields no row, no header and no decision. */
export function scheduleRecord(input: ScheduleRecordInput): ScheduledRecord {
  const { placement, policySnapshot, header, wanted, observed, fleet, now, limits, newUid } = input
  const bindingsOf = (rows: readonly Wanted[]) => rows.map((row) => bindingView(row, observed.get(row.cluster)))
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  const common = { placement, policySnapshot, fleet, now, limits }
  const newName = (cluster: string) => bindingName(placement.name, cluster, newUid())
  const { result, held } = guarded(input, scheduleFully({ ...common, bindings: bindingsOf(wanted), newName }))
  const rows = withHeld(scheduleRows({ header, wanted, result, newUid, now: time }), header, held)
  const after = withChanges(wanted, rows)
  const next = rows.header ?? header
  if (result.error !== undefined)
    return { rows, wanted: after, header: next, reasons: [], decision: undefined, error: result.error }
  const reasons = explain({ ...common, bindings: bindingsOf(after) })
  const kept = nextDecision({ header: next, policySnapshot, reasons, now: time })
  return {
    rows,
    wanted: after,
    header: kept ? { ...next, decided: kept.mark } : next,
    reasons,
    decision: kept?.decision,
    error: undefined,
  }
}

/** The cycle without what would remove too much. */
function guarded(
  { guard, header, wanted, fleet }: ScheduleRecordInput,
  cycle: CycleResult,
): { readonly result: CycleResult; readonly held?: HeldStep } {
  const givenUp = new Set(cycle.unschedule.map(({ name }) => name))
  const step = guard && heldScheduling({ ...guard, header, wanted, givenUp, known: new Set(fleet.byName.keys()) })
  if (!step) return { result: cycle }
  const unschedule = cycle.unschedule.filter(({ name }) => !step.rows.has(name))
  return { result: { ...cycle, unschedule }, held: step.held }
}

function withHeld(rows: ScheduleRows, header: PlacementHeader, held: HeldStep | undefined): ScheduleRows {
  if (header.heldScheduling?.step === held?.step) return rows
  const { heldScheduling: _, ...rest } = rows.header ?? header
  return { ...rows, header: { ...rest, ...(held && { heldScheduling: held }) } }
}

function withChanges(stored: readonly Wanted[], { wanted, finished }: ScheduleRows): Wanted[] {
  const changed = new Set(wanted.map(({ cluster }) => cluster))
  return [...stored.filter(({ cluster }) => !changed.has(cluster) && !finished.includes(cluster)), ...wanted]
}
