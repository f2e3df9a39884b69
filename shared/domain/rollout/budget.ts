// How many bindings may be taken away and how many may be added in one round.
import type { Binding } from '../../api/binding.ts'
import type { IntOrPercent, Placement } from '../../api/placement.ts'
import type { EffectiveRolling } from './strategy.ts'

/**
 * A count, or a percentage of `total` rounded up, as Kubernetes does it. A text that is neither counts as nothing: such
 * a value never passes admission, and nothing may move on its account.
 */
export function scaled(value: IntOrPercent, total: number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d{1,3})%$/.exec(value)
  if (percent) return Math.ceil((Number(percent[1]) * total) / 100)
  return /^\d{1,9}$/.test(value) ? Number(value) : 0
}

/**
 * How many clusters the placement means to be on. PickAll means those it has, including bindings that are being deleted:
 * an eviction must not shrink the number availability is measured against.
 */
export function targetNumber(placement: Placement, bindings: readonly Binding[]): number {
  const { policy } = placement.spec
  switch (policy?.placementType ?? 'PickAll') {
    case 'PickFixed':
      return policy?.clusterNames?.length ?? 0
    case 'PickN':
      return policy?.numberOfClusters ?? 0
    default:
      return bindings.filter(({ state }) => state === 'Scheduled' || state === 'Bound').length
  }
}

export interface Budget {
  /** Ready bindings that may be removed or updated now. */
  readonly toRemove: number
  /** Bindings that may be newly bound now. */
  readonly toAdd: number
}

/** Counts a round starts from. */
export interface Counts {
  readonly target: number
  readonly ready: number
  /** Ready ones that are going away whatever this round does. */
  readonly canBeUnavailable: number
  /** Ready ones and those that may still become ready. */
  readonly canBeReady: number
}

/** The budget of a round; never negative. */
export function budgetOf(rolling: EffectiveRolling, counts: Counts): Budget {
  const { target, ready, canBeUnavailable, canBeReady } = counts
  const leastAvailable = minAvailable(rolling, target)
  const mostPresent = target + scaled(rolling.maxSurge, target)
  return {
    toRemove: Math.max(0, ready - canBeUnavailable - leastAvailable),
    toAdd: Math.max(0, mostPresent - canBeReady),
  }
}

/** How many clusters must stay ready; zero or less when none must. */
export function minAvailable(rolling: EffectiveRolling, target: number): number {
  return target - scaled(rolling.maxUnavailable, target)
}
