// Sorting the bindings of a placement by what may become of them, and picking those that move in this round.
import type { Binding } from '../../api/binding.ts'
import type { Placement } from '../../api/placement.ts'
import type { OverrideLists } from '../override/match.ts'
import { budgetOf, targetNumber } from './budget.ts'
import { hasFailed, isDiffReported, readiness } from './readiness.ts'
import { effectiveRolling } from './strategy.ts'

/** What a binding should point to. */
export interface Desired extends OverrideLists {
  readonly resourceSnapshotName: string
}

/** One step for one binding: `bind` starts placing, `update` re-points, `remove` deletes the binding. */
export type RolloutAction =
  | { readonly kind: 'bind' | 'update'; readonly binding: Binding; readonly desired: Desired }
  | { readonly kind: 'remove'; readonly binding: Binding }

export interface Picked {
  /** In the order of picking: failed ones, removals, updates, newly bound. */
  readonly actions: readonly RolloutAction[]
  /** Out of date or not placed yet, but held back by the budget; removals held back are not among them. */
  readonly blocked: readonly Binding[]
  /** Bound, and pointing to what they should. */
  readonly upToDate: readonly Binding[]
  /** Whether anything is out of date at all. */
  readonly needed: boolean
  /** How long until another binding may have become ready; 0 when there is nothing to wait for. */
  readonly waitMs: number
}

export interface PickInput {
  readonly placement: Placement
  /** In name order. */
  readonly bindings: readonly Binding[]
  /** What a cluster should have. Called for bindings that are to be placed or compared; its errors end the round. */
  readonly desiredFor: (cluster: string) => Desired
  /** Epoch milliseconds. */
  readonly now: number
}

interface Sorted {
  readonly failed: RolloutAction[]
  readonly removals: RolloutAction[]
  readonly updates: RolloutAction[]
  readonly bounds: RolloutAction[]
  readonly upToDate: Binding[]
  ready: number
  canBeReady: number
  canBeUnavailable: number
  allReady: boolean
  waitMs: number
}

/** Picks within the budget. Deterministic: the order of `bindings` decides between equals. */
export function pickBindings(input: PickInput): Picked {
  const rolling = effectiveRolling(input.placement)
  const sorted: Sorted = {
    failed: [],
    removals: [],
    updates: [],
    bounds: [],
    upToDate: [],
    ready: 0,
    canBeReady: 0,
    canBeUnavailable: 0,
    allReady: true,
    waitMs: rolling.unavailablePeriodMs,
  }
  for (const binding of input.bindings) sortOne(binding, input, rolling.unavailablePeriodMs, sorted)

  const { toRemove, toAdd } = budgetOf(rolling, { ...sorted, target: targetNumber(input.placement, input.bindings) })
  const leaving = [...sorted.removals, ...sorted.updates]
  const picked = [...sorted.failed, ...leaving.slice(0, toRemove), ...sorted.bounds.slice(0, toAdd)]
  const blocked = [
    ...sorted.updates.slice(Math.max(0, toRemove - sorted.removals.length)),
    ...sorted.bounds.slice(toAdd),
  ]
  return {
    actions: picked,
    blocked: blocked.map(({ binding }) => binding),
    upToDate: sorted.upToDate,
    needed: sorted.failed.length + leaving.length + sorted.bounds.length > 0,
    waitMs: sorted.allReady ? 0 : sorted.waitMs,
  }
}

function sortOne(binding: Binding, input: PickInput, periodMs: number, sorted: Sorted): void {
  if (binding.state === 'Scheduled') {
    sorted.bounds.push({ kind: 'bind', binding, desired: input.desiredFor(binding.targetCluster) })
    return
  }
  const deleting = binding.deletionTimestamp !== undefined
  const failed = hasFailed(binding)
  const { ready, waitMs } = readiness(binding, input.now - periodMs)
  if (ready) sorted.ready += 1
  if (ready && deleting) sorted.canBeUnavailable += 1
  if (!failed && !isDiffReported(binding)) sorted.canBeReady += 1
  if (!ready) sorted.allReady = false
  if (!ready && waitMs !== undefined) sorted.waitMs = Math.min(sorted.waitMs, waitMs)
  if (deleting) return
  if (binding.state === 'Unscheduled') sorted.removals.push({ kind: 'remove', binding })
  else sortBound(binding, failed, input, sorted)
}

function sortBound(binding: Binding, failed: boolean, input: PickInput, sorted: Sorted): void {
  const desired = input.desiredFor(binding.targetCluster)
  if (pointsTo(binding, desired)) sorted.upToDate.push(binding)
  else (failed ? sorted.failed : sorted.updates).push({ kind: 'update', binding, desired })
}

/** Whether a binding has the snapshot and the overrides it should have. */
export function pointsTo(binding: Binding, desired: Desired): boolean {
  const own = binding.resourceOverrideSnapshots ?? []
  const wanted = desired.resourceOverrideSnapshots
  return (
    binding.resourceSnapshotName === desired.resourceSnapshotName &&
    own.length === wanted.length &&
    own.every(
      ({ name, namespace }, at) => name === wanted[at]?.name && (namespace ?? '') === (wanted[at]?.namespace ?? ''),
    ) &&
    sameNames(binding.clusterResourceOverrideSnapshots ?? [], desired.clusterResourceOverrideSnapshots)
  )
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, at) => name === b[at])
}
