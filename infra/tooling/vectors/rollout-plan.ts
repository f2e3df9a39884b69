// Rollout rounds of random placements: every decision of one round, from the stored objects.
import { isDeepStrictEqual } from 'node:util'
import type { Binding } from '../../../shared/api/binding.ts'
import type { Placement } from '../../../shared/api/placement.ts'
import { matchOverrides } from '../../../shared/domain/override/match.ts'
import { planRollout, type RolloutPlan, rolloutStartedCondition } from '../../../shared/domain/rollout/plan.ts'
import { freshCondition } from '../../../shared/domain/rollout/readiness.ts'
import { compare, type Replayer, type Vector } from './replayer.ts'
import { bindingsOf, clustersOf, overridesOf, resourcesOf } from './rollout-objects.ts'

export const rolloutPlan: Replayer = {
  matches: (fileName, line) =>
    fileName.startsWith('rollout-plan') || ('bindings' in line && 'latestResourceSnapshot' in line),
  run: (line) => {
    const { plan, bindings } = replayRound(line)
    return compare(line.want, outcome(plan, bindings))
  },
}

function replayRound(line: Vector): { plan: RolloutPlan; bindings: Binding[] } {
  const placement = line['placement'] as Placement
  const { name = '', namespace } = placement.metadata
  const objects = resourcesOf(line['latestResourceSnapshot'])
  const snapshot = line['latestResourceSnapshot'] as { metadata: { name: string } } | null | undefined
  const all = overridesOf(line['clusterResourceOverrideSnapshots'], line['resourceOverrideSnapshots'])
  const bindings = bindingsOf(line['bindings'])
  const plan = planRollout({
    placement,
    bindings,
    latestSnapshot: snapshot?.metadata,
    overrides: matchOverrides(namespace ? `${namespace}/${name}` : name, objects, all),
    clusters: clustersOf(line['clusters']),
    now: Date.parse(line['now'] as string),
  })
  return { plan, bindings }
}

/** The plan in the words of the vectors. */
function outcome(plan: RolloutPlan, bindings: readonly Binding[]) {
  const { picked, again } = plan
  return {
    ...(picked && {
      plan: {
        update: picked.actions.map(({ binding }) => binding.name),
        blocked: picked.blocked.map(({ name }) => name),
        upToDate: picked.upToDate.map(({ name }) => name),
        needed: picked.needed,
        waitSeconds: picked.waitMs / 1000,
      },
    }),
    changes: changesOf(plan, bindings),
    requeue: again !== undefined,
    requeueAfterSeconds: typeof again === 'object' ? again.afterMs / 1000 : 0,
    ...(plan.error && { error: plan.error.kind === 'expected' ? 'ExpectedBehavior' : 'UnexpectedBehavior' }),
  }
}

function changesOf(plan: RolloutPlan, bindings: readonly Binding[]) {
  return [...bindings]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((binding) => changeOf(plan, binding))
    .filter((change) => Object.keys(change).length > 1)
}

function changeOf(plan: RolloutPlan, binding: Binding) {
  const is = (other: { binding: Binding }) => other.binding === binding
  const action = plan.actions.find(is)
  if (action?.kind === 'remove') return { name: binding.name, deleted: true }
  const push = plan.applyStrategyPushes.find(is)
  const after = {
    ...(action && { ...action.desired, state: 'Bound' }),
    ...(push && { applyStrategy: push.applyStrategy }),
  }
  const spec = changedFields(binding, after)
  const started = action !== undefined || plan.started.includes(binding)
  const told = started || plan.stale.includes(binding)
  const { status, reason } = rolloutStartedCondition(started, 0, '')
  // The recording keeps the generation when a specification changes, so a binding that had started shows no change.
  const same = freshCondition(binding, 'RolloutStarted')?.status === status
  return {
    name: binding.name,
    ...(Object.keys(spec).length > 0 && { spec }),
    ...(told && !same && { rolloutStarted: { status, reason } }),
  }
}

function changedFields(before: Binding, after: Readonly<Record<string, unknown>>) {
  const old = before as unknown as Readonly<Record<string, unknown>>
  const empty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(
    Object.entries(after).filter(
      ([field, value]) => !isDeepStrictEqual(old[field], value) && !(empty(old[field]) && empty(value)),
    ),
  )
}
