// One round of a rolling update: everything the rollout of a placement does next, decided from what was read.
import type { Binding } from '../../api/binding.ts'
import type { Condition } from '../../api/condition.ts'
import type { ApplyStrategy, Placement } from '../../api/placement.ts'
import { InvalidInputError } from '../../errors.ts'
import { type Overrides, overridePicker } from '../override/match.ts'
import { cleanupGuard, cleanupPollMs } from './cleanup-guard.ts'
import { type Desired, type Picked, pickBindings, type RolloutAction, type RolloutRules } from './pick.ts'
import { freshCondition } from './readiness.ts'
import { effectiveApplyStrategy, sameApplyStrategy } from './strategy.ts'

export interface RolloutInput {
  readonly placement: Placement
  /** All bindings of the placement, also those being deleted; any order. */
  readonly bindings: readonly Binding[]
  /** The newest snapshot of the selected resources; absent while there is none. */
  readonly latestSnapshot: { readonly name: string } | undefined
  /** Overrides that concern the placement, from `matchOverrides`. */
  readonly overrides: Overrides
  /** The member clusters there are. */
  readonly clusters: readonly {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>> | undefined
  }[]
  /** Epoch milliseconds. */
  readonly now: number
  /** How to count; `kubefleet` when absent. The hub itself passes `hubless`. */
  readonly rules?: RolloutRules | undefined
}

/** When to plan again: after a time, as soon as possible, or when something happens. */
export type Again = { readonly afterMs: number } | 'soon' | undefined

export interface RolloutPlan {
  readonly applyStrategyPushes: readonly { readonly binding: Binding; readonly applyStrategy: ApplyStrategy }[]
  /** Write the specification, then RolloutStarted True for the new generation. */
  readonly actions: readonly RolloutAction[]
  /** To be marked RolloutStarted False, before the actions. */
  readonly stale: readonly Binding[]
  /** To be marked RolloutStarted True as they are. */
  readonly started: readonly Binding[]
  /** What was picked and why nothing else was; absent when the round ended before picking. */
  readonly picked: Picked | undefined
  readonly again: Again
  /** Why the round ended early. `expected` heals by itself once the cause is gone, `unexpected` is somebody's bug. */
  readonly error: { readonly kind: 'expected' | 'unexpected'; readonly message: string } | undefined
}

const nothing: RolloutPlan = {
  applyStrategyPushes: [],
  actions: [],
  stale: [],
  started: [],
  picked: undefined,
  again: undefined,
  error: undefined,
}

/** A member cluster an override list is wanted for is not there. */
class MissingCluster extends Error {}

/**
 * Plans a round. Nothing happens for a placement that is going away or that another controller rolls out.
 * A changed apply strategy goes out first and alone, to every binding at once: it makes all conditions stale.
 */
export function planRollout(input: RolloutInput): RolloutPlan {
  const { placement, latestSnapshot } = input
  const bindings = [...input.bindings].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  if (placement.metadata.deletionTimestamp || placement.spec.strategy?.type === 'External') return nothing

  const applyStrategyPushes = strategyPushes(placement, bindings)
  if (applyStrategyPushes.length > 0) return { ...nothing, applyStrategyPushes, again: 'soon' }

  const verdict = cleanupGuard(bindings)
  if (verdict.kind === 'error') return { ...nothing, error: { kind: 'unexpected', message: verdict.message } }
  if (verdict.kind === 'wait') return { ...nothing, again: { afterMs: cleanupPollMs } }
  if (latestSnapshot === undefined) return nothing

  try {
    const desiredFor = desiredLookup(input, latestSnapshot.name)
    const picked = pickBindings({ placement, bindings, desiredFor, now: input.now, rules: input.rules })
    return picked.needed ? roll(picked) : settle(picked, bindings)
  } catch (error) {
    if (error instanceof MissingCluster) return { ...nothing, error: { kind: 'expected', message: error.message } }
    // An override that admission should have refused.
    if (error instanceof InvalidInputError) return { ...nothing, error: { kind: 'unexpected', message: error.message } }
    throw error
  }
}

/** Bindings whose apply strategy is not the placement's. */
function strategyPushes(placement: Placement, bindings: readonly Binding[]): RolloutPlan['applyStrategyPushes'] {
  const applyStrategy = effectiveApplyStrategy(placement.spec.strategy?.applyStrategy)
  return bindings
    .filter(
      (binding) => binding.deletionTimestamp === undefined && !sameApplyStrategy(binding.applyStrategy, applyStrategy),
    )
    .map((binding) => ({ binding, applyStrategy }))
}

/** Throws MissingCluster for a cluster that is not there, if any override concerns the placement. */
function desiredLookup(
  { overrides, clusters }: RolloutInput,
  resourceSnapshotName: string,
): (cluster: string) => Desired {
  if (overrides.cluster.length + overrides.namespaced.length === 0) {
    const plain = { resourceSnapshotName, clusterResourceOverrideSnapshots: [], resourceOverrideSnapshots: [] }
    return () => plain
  }
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]))
  const pick = overridePicker(overrides)
  return (name) => {
    const cluster = byName.get(name)
    if (!cluster) throw new MissingCluster(`cluster ${name} does not exist, so its overrides cannot be picked`)
    return { resourceSnapshotName, ...pick(cluster.labels) }
  }
}

function roll(picked: Picked): RolloutPlan {
  return {
    ...nothing,
    actions: picked.actions,
    stale: picked.blocked.filter((binding) => freshCondition(binding, 'RolloutStarted')?.status !== 'False'),
    started: picked.upToDate.filter((binding) => !hasStarted(binding)),
    picked,
    again: picked.waitMs > 0 ? { afterMs: picked.waitMs } : 'soon',
  }
}

/** Everything is as it should be; a crash may have left bindings that do not say so. */
function settle(picked: Picked, bindings: readonly Binding[]): RolloutPlan {
  const placed = bindings.filter(({ state }) => state === 'Bound' || state === 'Scheduled')
  return { ...nothing, started: placed.filter((binding) => !hasStarted(binding)), picked }
}

function hasStarted(binding: Binding): boolean {
  return freshCondition(binding, 'RolloutStarted')?.status === 'True'
}

/** The RolloutStarted condition of a binding of a generation. `now` is RFC 3339. */
export function rolloutStartedCondition(started: boolean, generation: number, now: string): Condition {
  return {
    type: 'RolloutStarted',
    status: started ? 'True' : 'False',
    observedGeneration: generation,
    lastTransitionTime: now,
    reason: started ? 'RolloutStarted' : 'RolloutNotStartedYet',
    message: started
      ? 'The cluster was told to move to the latest resources and overrides'
      : 'The latest resources wait for the rollout budget of the placement',
  }
}
