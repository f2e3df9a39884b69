// Invariants of rolling updates: budgets hold in every round, and rounds come to an end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Binding } from '../../shared/api/binding.ts'
import type { Placement } from '../../shared/api/placement.ts'
import { scaled, targetNumber } from '../../shared/domain/rollout/budget.ts'
import { planRollout, type RolloutPlan, rolloutStartedCondition } from '../../shared/domain/rollout/plan.ts'
import { hasFailed, isDiffReported, isProgressing, readiness } from '../../shared/domain/rollout/readiness.ts'
import { effectiveApplyStrategy } from '../../shared/domain/rollout/strategy.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const text = new Date(now).toISOString()
const applyStrategy = effectiveApplyStrategy(undefined)

const percent = fc.nat(100).map((share) => `${share}%`)
const amount = fc.oneof(fc.nat(4), percent)

/** What a cluster's worker said last: nothing yet, or how far the objects came. */
const said = fc.constantFrom('nothing', 'ready', 'failed', 'progressing', 'untrackable', 'diff')
type Said = 'nothing' | 'ready' | 'failed' | 'progressing' | 'untrackable' | 'diff'

function conditions(what: Said, generation: number): Binding['conditions'] {
  const one = (type: string, status: 'True' | 'False', reason: string) => [
    { type, status, reason, message: '', observedGeneration: generation, lastTransitionTime: text },
  ]
  switch (what) {
    case 'ready':
      return one('Available', 'True', 'AllWorkAreAvailable')
    case 'failed':
      return one('Applied', 'False', 'NotAllWorkHaveBeenApplied')
    case 'progressing':
      return one('Available', 'False', 'NotAllWorkAreAvailable')
    case 'untrackable':
      return one('Available', 'True', 'NotAllWorkAreAvailabilityTrackable')
    case 'diff':
      return one('DiffReported', 'False', 'NotAllWorkHaveDiffReported')
    default:
      return []
  }
}

interface Shape {
  readonly state: Binding['state']
  readonly snapshot: string
  readonly what: Said
  readonly deleting: boolean
}
const shape: fc.Arbitrary<Shape> = fc.record({
  state: fc.constantFrom('Scheduled', 'Bound', 'Unscheduled'),
  snapshot: fc.constantFrom('old', 'new'),
  what: said,
  deleting: fc.boolean(),
})

function bindingOf({ state, snapshot, what, deleting }: Shape, at: number): Binding {
  const name = `b${String(at).padStart(2, '0')}`
  const placed = state !== 'Scheduled'
  return {
    name,
    generation: 1,
    state,
    targetCluster: `c-${name}`,
    clusterDecision: { clusterName: `c-${name}`, selected: true, reason: '' },
    schedulingPolicySnapshotName: 'p',
    resourceSnapshotName: placed ? snapshot : '',
    applyStrategy,
    conditions: placed ? conditions(what, 1) : [],
    ...(deleting && { deletionTimestamp: text }),
  }
}

const bindings = fc.array(shape, { maxLength: 12 }).map((shapes) => shapes.map(bindingOf))
const placement = fc
  .record({ maxUnavailable: amount, maxSurge: amount, numberOfClusters: fc.nat(12), all: fc.boolean() })
  .map(
    ({ maxUnavailable, maxSurge, numberOfClusters, all }): Placement => ({
      apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
      kind: 'ClusterResourcePlacement',
      metadata: { name: 'p' },
      spec: {
        resourceSelectors: [],
        policy: all ? { placementType: 'PickAll' } : { placementType: 'PickN', numberOfClusters },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge, unavailablePeriodSeconds: 60 } },
      },
    }),
  )

function plan(of: Placement, list: readonly Binding[], rules: 'kubefleet' | 'hubless' = 'hubless'): RolloutPlan {
  return planRollout({
    placement: of,
    bindings: list,
    latestSnapshot: { name: 'new' },
    overrides: { cluster: [], namespaced: [] },
    clusters: [],
    now,
    rules,
  })
}

const isReady = (binding: Binding) => readiness(binding, now - 60_000).ready
const rolling = (of: Placement) => of.spec.strategy?.rollingUpdate

test('a round takes no ready cluster away beyond maxUnavailable', () => {
  fc.assert(
    fc.property(placement, bindings, fc.constantFrom('kubefleet', 'hubless'), (of, list, rules) => {
      const { actions } = plan(of, list, rules)
      const taken = new Set(actions.map(({ binding }) => binding.name))
      const target = targetNumber(of, list)
      const staying = list.filter((binding) => isReady(binding) && !binding.deletionTimestamp)
      const lost = staying.filter(({ name }) => taken.has(name)).length
      const least = target - scaled(rolling(of)?.maxUnavailable ?? 0, target)
      assert.ok(lost === 0 || staying.length - lost >= least, `${staying.length} - ${lost} < ${least}`)
    }),
    { numRuns: 500 },
  )
})

test('a round adds no cluster beyond maxSurge, counting those that are still getting there', () => {
  fc.assert(
    fc.property(placement, bindings, (of, list) => {
      const added = plan(of, list).actions.filter(({ kind }) => kind === 'bind').length
      const target = targetNumber(of, list)
      const present = list.filter(
        (binding) =>
          binding.state !== 'Scheduled' && !isDiffReported(binding) && (!hasFailed(binding) || isProgressing(binding)),
      ).length
      assert.ok(added === 0 || present + added <= target + scaled(rolling(of)?.maxSurge ?? 0, target))
    }),
    { numRuns: 500 },
  )
})

test('a plan says of every binding at most one thing, and depends on nothing but its input', () => {
  fc.assert(
    fc.property(placement, bindings, (of, list) => {
      const first = plan(of, list)
      const named = [...first.actions.map(({ binding }) => binding), ...first.stale, ...first.started].map(
        ({ name }) => name,
      )
      assert.equal(new Set(named).size, named.length)
      assert.deepEqual(plan(of, list.toReversed()), first)
    }),
  )
})

/** The fleet after a round whose writes all went through and whose workers all answered as `answer` says. */
function after(list: readonly Binding[], { actions }: RolloutPlan, answer: (name: string) => Said): Binding[] {
  const moved = new Map(actions.map((action) => [action.binding.name, action]))
  return list.flatMap((binding): Binding[] => {
    const action = moved.get(binding.name)
    if (action?.kind === 'remove') return []
    const generation = action ? binding.generation + 1 : binding.generation
    const next: Binding = action
      ? { ...binding, state: 'Bound', generation, resourceSnapshotName: action.desired.resourceSnapshotName }
      : binding
    const started = rolloutStartedCondition(true, generation, text)
    const told = next.state === 'Bound' ? conditions(answer(next.name), generation) : next.conditions
    return [{ ...next, conditions: [started, ...told] }]
  })
}

test('rounds that follow each other, whoever answers in between, never take more ready clusters than the budget', () => {
  const answers = fc.array(
    fc.array(fc.constantFrom('nothing' as const, 'ready' as const, 'progressing' as const, 'failed' as const), {
      minLength: 12,
      maxLength: 12,
    }),
    { minLength: 4, maxLength: 4 },
  )
  fc.assert(
    fc.property(placement, bindings, answers, fc.constantFrom('kubefleet', 'hubless'), (of, list, rounds, rules) => {
      let fleet = list.filter(({ deletionTimestamp }) => deletionTimestamp === undefined)
      for (const round of rounds) {
        const ready = fleet.filter(isReady).length
        const next = plan(of, fleet, rules)
        const moving = new Set(next.actions.map(({ binding }) => binding.name))
        // Nobody has answered yet: what moved is not ready.
        const left = fleet.filter((binding) => isReady(binding) && !moving.has(binding.name)).length
        const target = targetNumber(of, fleet)
        const least = target - scaled(rolling(of)?.maxUnavailable ?? 0, target)
        assert.ok(left >= Math.min(ready, least), `${left} of ${ready} are left, ${least} must be`)
        fleet = after(fleet, next, (name) => round[Number(name.slice(1))] ?? 'nothing')
      }
    }),
    { numRuns: 300 },
  )
})

test('a fleet of healthy clusters arrives at the newest snapshot, whatever the budget allows at a time', () => {
  const healthy = fc
    .array(
      fc.record({
        state: fc.constantFrom('Scheduled', 'Bound', 'Unscheduled'),
        snapshot: fc.constantFrom('old', 'new'),
      }),
      { maxLength: 10 },
    )
    .map((list) =>
      list.map(({ state, snapshot }, at) =>
        bindingOf({ state, snapshot, what: 'ready', deleting: false } as Shape, at),
      ),
    )
  const atLeastOne = fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 100 }).map((share) => `${share}%`),
  )
  fc.assert(
    fc.property(healthy, atLeastOne, atLeastOne, (list, maxUnavailable, maxSurge) => {
      const of: Placement = {
        apiVersion: 'v1',
        kind: 'ClusterResourcePlacement',
        metadata: { name: 'p' },
        spec: { resourceSelectors: [], strategy: { rollingUpdate: { maxUnavailable, maxSurge } } },
      }
      let fleet = list
      for (let round = 0; round < 30; round += 1) fleet = after(fleet, plan(of, fleet), () => 'ready')
      const arrived = fleet.every(
        ({ state, resourceSnapshotName }) => state === 'Bound' && resourceSnapshotName === 'new',
      )
      assert.ok(arrived, JSON.stringify(fleet.map(({ state, resourceSnapshotName }) => [state, resourceSnapshotName])))
    }),
  )
})

test('a bad version stops at its budget, and the version that mends it reaches the broken clusters', () => {
  const of: Placement = {
    apiVersion: 'v1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: 'p' },
    spec: { resourceSelectors: [], strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
  }
  let fleet = Array.from({ length: 5 }, (_, at) =>
    bindingOf({ state: 'Bound', snapshot: 'old', what: 'ready', deleting: false }, at),
  )
  for (let round = 0; round < 10; round += 1) {
    const broken = (name: string) =>
      fleet.find((one) => one.name === name)?.resourceSnapshotName === 'new' ? 'progressing' : 'ready'
    const before = plan(of, fleet)
    const moving = new Set(before.actions.map(({ binding }) => binding.name))
    fleet = after(fleet, before, (name) => (moving.has(name) ? 'progressing' : broken(name)))
  }
  assert.equal(fleet.filter(({ resourceSnapshotName }) => resourceSnapshotName === 'new').length, 1)

  fleet = fleet.map((binding) => ({
    ...binding,
    resourceSnapshotName: binding.resourceSnapshotName === 'new' ? 'bad' : 'old',
  }))
  for (let round = 0; round < 10; round += 1) fleet = after(fleet, plan(of, fleet), () => 'ready')
  assert.ok(fleet.every(({ resourceSnapshotName }) => resourceSnapshotName === 'new'))
})

test('clusters that nobody wants any more go, also those that never became ready', () => {
  const of: Placement = {
    apiVersion: 'v1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: 'p' },
    spec: { resourceSelectors: [], policy: { placementType: 'PickN', numberOfClusters: 0 } },
  }
  const list = (['nothing', 'failed', 'progressing', 'ready'] as const).map((what, at) =>
    bindingOf({ state: 'Unscheduled', snapshot: 'new', what, deleting: false }, at),
  )
  assert.equal(plan(of, list).actions.length, 4)
})
