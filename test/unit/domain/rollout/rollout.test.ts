import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Binding } from '../../../../shared/api/binding.ts'
import type { Observed, Wanted } from '../../../../shared/api/placement-record.ts'
import { bindingView } from '../../../../shared/domain/rollout/binding-view.ts'
import { scaled } from '../../../../shared/domain/rollout/budget.ts'
import { cleanupGuard } from '../../../../shared/domain/rollout/cleanup-guard.ts'
import { planRollout } from '../../../../shared/domain/rollout/plan.ts'
import { readiness } from '../../../../shared/domain/rollout/readiness.ts'
import { effectiveApplyStrategy, sameApplyStrategy } from '../../../../shared/domain/rollout/strategy.ts'
import { bindingChangeMatters, placementOfOverride } from '../../../../shared/domain/rollout/wake.ts'

const time = '2026-01-01T00:00:00Z'
const now = Date.parse(time)

function aBinding(of: Partial<Binding> = {}): Binding {
  const targetCluster = of.targetCluster ?? 'c'
  return {
    name: `b-${targetCluster}`,
    generation: 2,
    state: 'Bound',
    targetCluster,
    clusterDecision: { clusterName: targetCluster, selected: true, reason: '' },
    schedulingPolicySnapshotName: 'p',
    resourceSnapshotName: 's',
    applyStrategy: effectiveApplyStrategy(undefined),
    conditions: [],
    ...of,
  }
}

for (const [value, total, want] of [
  ['25%', 5, 2],
  ['0%', 5, 0],
  ['100%', 3, 3],
  [7, 3, 7],
  ['7', 3, 7],
  ['-1', 3, 0],
  ['many', 3, 0],
] as const) {
  test(`${value} of ${total} is ${want}`, () => assert.equal(scaled(value, total), want))
}

const available = (reason: string, observedGeneration: number, status: 'True' | 'False' = 'True') => ({
  type: 'Available',
  status,
  reason,
  message: '',
  observedGeneration,
  lastTransitionTime: time,
})
for (const [name, condition, wait] of [
  ['available', available('AllWorkAreAvailable', 2), 0],
  ['available in an older generation', available('AllWorkAreAvailable', 1), undefined],
  ['untrackable, long ago', available('NotAllWorkAreAvailabilityTrackable', 2), 0],
  ['untrackable under the older name', available('WorkNotTrackable', 2), 0],
  ['not available', available('NotAllWorkAreAvailable', 2, 'False'), undefined],
] as const) {
  test(`readiness: ${name}`, () => {
    const got = readiness(aBinding({ conditions: [condition] }), now + 1)
    assert.deepEqual(got, { ready: wait === 0, waitMs: wait })
  })
}

test('untrackable objects are waited for until the period is over', () => {
  const binding = aBinding({ conditions: [available('NotAllWorkAreAvailabilityTrackable', 2)] })
  assert.deepEqual(readiness(binding, now - 5_000), { ready: false, waitMs: 5_000 })
})

const leaving = { deletionTimestamp: time }
for (const [name, bindings, want] of [
  ['one binding a cluster', [aBinding(), aBinding({ targetCluster: 'd' })], 'clear'],
  [
    'an old one beside a new one that has placed nothing',
    [aBinding(leaving), aBinding({ name: 'n', state: 'Scheduled' })],
    'wait',
  ],
  ['an old one beside one that is placed', [aBinding(leaving), aBinding({ name: 'n' })], 'error'],
  [
    'an old one beside one that was placed',
    [aBinding(leaving), aBinding({ name: 'n', state: 'Unscheduled', previousState: 'Bound' })],
    'error',
  ],
  ['two live ones', [aBinding(), aBinding({ name: 'n', state: 'Scheduled' })], 'error'],
] as const) {
  test(`the clean-up guard says ${want} for ${name}`, () => assert.equal(cleanupGuard(bindings).kind, want))
}

const empty = { latestSnapshot: { name: 's' }, overrides: { cluster: [], namespaced: [] }, clusters: [], now }
const placement = {
  apiVersion: 'v1',
  kind: 'ClusterResourcePlacement',
  metadata: { name: 'p' },
  spec: { resourceSelectors: [] },
} as const

test('nothing is planned for a placement that goes or that others roll out', () => {
  const bindings = [aBinding({ state: 'Scheduled' })]
  const going = { ...placement, metadata: { name: 'p', deletionTimestamp: time }, spec: { resourceSelectors: [] } }
  const external = { ...placement, spec: { resourceSelectors: [], strategy: { type: 'External' as const } } }
  for (const one of [going, external])
    assert.equal(planRollout({ ...empty, placement: one, bindings }).picked, undefined)
})

test('a missing cluster is an error only if its overrides would matter', () => {
  const input = {
    ...empty,
    placement: { ...placement, spec: { resourceSelectors: [] } },
    bindings: [aBinding({ state: 'Scheduled' })],
  }
  assert.equal(planRollout(input).error, undefined)
  const overrideSpec = { clusterResourceSelectors: [], policy: { overrideRules: [] } }
  const snapshot = {
    apiVersion: 'v1',
    kind: 'ClusterResourceOverrideSnapshot',
    metadata: { name: 'o' },
    spec: { overrideSpec, overrideHash: '' },
  } as const
  assert.equal(
    planRollout({ ...input, overrides: { cluster: [{ ...snapshot, metadata: { name: 'o' } }], namespaced: [] } }).error
      ?.kind,
    'expected',
  )
})

test('apply strategies are the same by what they say', () => {
  assert.ok(sameApplyStrategy({ type: 'ServerSideApply' }, { type: 'ServerSideApply', allowCoOwnership: false }))
  assert.ok(!sameApplyStrategy(undefined, {}))
  assert.ok(!sameApplyStrategy({ serverSideApplyConfig: { force: true } }, { serverSideApplyConfig: {} }))
})

test('saying the same about a newer generation wakes the rollout, saying it again does not', () => {
  const before = aBinding({ conditions: [available('AllWorkAreAvailable', 1)] })
  assert.ok(bindingChangeMatters(before, aBinding({ conditions: [available('AllWorkAreAvailable', 2)] })))
  assert.ok(!bindingChangeMatters(before, { ...before }))
})

test('an override names its placement by its scope', () => {
  assert.equal(placementOfOverride({ name: 'p' }, 'n'), 'p')
  assert.equal(placementOfOverride({ name: 'p', scope: 'Namespaced' }, 'n'), 'n/p')
  assert.equal(placementOfOverride(undefined, 'n'), undefined)
})

test('a binding is put together so that an old answer is stale', () => {
  const wanted: Wanted = {
    cluster: 'c',
    name: 'b',
    uid: 'u',
    generation: 3,
    createdAt: time,
    state: 'Bound',
    decision: { clusterName: 'c', selected: true, reason: '' },
    policySnapshot: 'p',
    resourceSnapshot: 's',
    payload: 'x',
  }
  const observed = {
    cluster: 'c',
    epoch: 2,
    conditions: [available('AllWorkAreAvailable', 2)],
    observedAt: time,
    rounds: 0,
  } as unknown as Observed
  assert.equal(readiness(bindingView(wanted, observed), now + 1).ready, false)
})
