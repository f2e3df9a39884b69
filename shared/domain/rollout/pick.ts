// Sorting the bindings of a placement by what may become of them, and picking those that move in this round.
import type { Binding } from '../../api/binding.ts'
import type { Placement } from '../../api/placement.ts'
import type { OverrideLists } from '../override/match.ts'
import { budgetOf, minAvailable, targetNumber } from './budget.ts'
import { hasFailed, isDiffReported, isProgressing, readiness } from './readiness.ts'
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

/**
 * `kubefleet` counts as KubeFleet does. `hubless` differs where that is a known defect: a cluster that is still getting
 * there holds its share of `maxSurge`, and removing what has failed, or what nobody needs any more, costs no budget.
 * See infra/decisions/0006-upstream-defects.md.
 */
export type RolloutRules = 'kubefleet' | 'hubless'

export interface PickInput {
  readonly placement: Placement
  /** In name order. */
  readonly bindings: readonly Binding[]
  /** What a cluster should have. Called for bindings that are to be placed or compared; its errors end the round. */
  readonly desiredFor: (cluster: string) => Desired
  /** Epoch milliseconds. */
  readonly now: number
  /** `kubefleet` when absent. */
  readonly rules?: RolloutRules | undefined
}

interface Sorted {
  readonly failed: RolloutAction[]
  readonly removals: RolloutAction[]
  /** Removals that take nothing away, outside of the budget. */
  readonly freeRemovals: RolloutAction[]
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
    freeRemovals: [],
    updates: [],
    bounds: [],
    upToDate: [],
    ready: 0,
    canBeReady: 0,
    canBeUnavailable: 0,
    allReady: true,
    waitMs: rolling.unavailablePeriodMs,
  }
  const target = targetNumber(input.placement, input.bindings)
  const nobodyNeeded = minAvailable(rolling, target) <= 0
  for (const binding of input.bindings) sortOne(binding, input, rolling.unavailablePeriodMs, sorted)
  if (input.rules === 'hubless' && nobodyNeeded) sorted.freeRemovals.push(...sorted.removals.splice(0))

  const { toRemove, toAdd } = budgetOf(rolling, { ...sorted, target })
  const { failed, freeRemovals, updates, bounds } = sorted
  const leaving = [...sorted.removals, ...updates]
  const blocked = [...updates.slice(Math.max(0, toRemove - sorted.removals.length)), ...bounds.slice(toAdd)]
  return {
    actions: [...failed, ...freeRemovals, ...leaving.slice(0, toRemove), ...bounds.slice(0, toAdd)],
    blocked: blocked.map(({ binding }) => binding),
    upToDate: sorted.upToDate,
    needed: failed.length + freeRemovals.length + leaving.length + bounds.length > 0,
    waitMs: sorted.allReady ? 0 : sorted.waitMs,
  }
}

function sortOne(binding: Binding, input: PickInput, periodMs: number, sorted: Sorted): void {
  if (binding.state === 'Scheduled') {
    sorted.bounds.push({ kind: 'bind', binding, desired: input.desiredFor(binding.targetCluster) })
    return
  }
  const failed = hasFailed(binding)
  countOne(binding, failed, input, periodMs, sorted)
  if (binding.deletionTimestamp !== undefined) return
  if (binding.state === 'Bound') sortBound(binding, failed, input, sorted)
  else if (input.rules === 'hubless' && failed) sorted.freeRemovals.push({ kind: 'remove', binding })
  else sorted.removals.push({ kind: 'remove', binding })
}

function countOne(binding: Binding, failed: boolean, input: PickInput, periodMs: number, sorted: Sorted): void {
  const { ready, waitMs } = readiness(binding, input.now - periodMs)
  const lost = failed && !(input.rules === 'hubless' && isProgressing(binding))
  if (ready) sorted.ready += 1
  if (ready && binding.deletionTimestamp !== undefined) sorted.canBeUnavailable += 1
  if (!lost && !isDiffReported(binding)) sorted.canBeReady += 1
  if (!ready) sorted.allReady = false
  if (!ready && waitMs !== undefined) sorted.waitMs = Math.min(sorted.waitMs, waitMs)
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
