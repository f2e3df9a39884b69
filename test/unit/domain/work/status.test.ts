import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '../../../../shared/api/condition.ts'
import type { ManifestCondition } from '../../../../shared/api/work.ts'
import { findCondition } from '../../../../shared/domain/condition.ts'
import { bindingStatus } from '../../../../shared/domain/work/binding-status.ts'
import { leftOvers } from '../../../../shared/domain/work/preprocess.ts'
import type { ManifestOutcome } from '../../../../shared/domain/work/result.ts'
import { refreshStatus } from '../../../../shared/domain/work/status.ts'
import { jsonBytes, trimmed } from '../../../../shared/domain/work/trim.ts'

const early = '2026-01-01T00:00:00Z'
const late = '2026-01-01T00:10:00Z'
const id = { ordinal: 0, version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespace: 'n', name: 'x' }
const outcome: ManifestOutcome = { id, result: 'Applied', availability: 'NotTrackable' }

function statusAt(now: string, outcomes: readonly ManifestOutcome[], previous?: ReturnType<typeof refreshStatus>) {
  return refreshStatus({ generation: 1, reportDiff: false, previous, outcomes, now })
}

test('times move only when something changes', () => {
  const first = statusAt(early, [outcome])
  assert.deepEqual(statusAt(late, [outcome], first), first)
  const failed = statusAt(late, [{ ...outcome, result: 'ManifestApplyFailed', availability: 'Skipped' }], first)
  assert.equal(findCondition(failed.conditions, 'Applied')?.lastTransitionTime, late)
  assert.equal(findCondition(failed.conditions, 'Available'), undefined)
})

test('drift keeps the time it was first seen until a round finds none', () => {
  const drifts = [{ path: '/data/a', valueInMember: '2', valueInHub: '1' }]
  const drifted = { ...outcome, result: 'FoundDrifts', availability: 'Skipped', drifts } as const
  const again = statusAt(late, [drifted], statusAt(early, [drifted]))
  assert.equal(again.manifestConditions?.[0]?.driftDetails?.firstDriftedObservedTime, early)
  assert.equal(again.manifestConditions?.[0]?.driftDetails?.observationTime, late)
  const clean = statusAt(late, [outcome], again)
  assert.equal(clean.manifestConditions?.[0]?.driftDetails, undefined)
})

test('differences found without the member defaults count as reported', () => {
  const degraded = { ...outcome, result: 'FoundDiffInDegradedMode', availability: 'Skipped' } as const
  const { conditions } = refreshStatus({
    generation: 1,
    reportDiff: true,
    previous: undefined,
    outcomes: [degraded],
    now: early,
  })
  assert.equal(findCondition(conditions, 'DiffReported')?.status, 'True')
})

test('a work without manifests is applied and available', () => {
  const { conditions } = statusAt(early, [])
  assert.deepEqual(
    conditions?.map(({ type, status }) => [type, status]),
    [
      ['Applied', 'True'],
      ['Available', 'True'],
    ],
  )
})

function binding(generation: number, previous: readonly Condition[], now: string) {
  const work = {
    name: 'w',
    generation,
    status: refreshStatus({ generation, reportDiff: false, previous: undefined, outcomes: [outcome], now }),
  }
  return bindingStatus({
    outcome: { kind: 'synced', hasOverrides: false, works: [work] },
    strategy: 'ClientSideApply',
    generation,
    previous,
    now,
  })
}

test('what cannot be told to be ready starts its time anew with every version, and only then', () => {
  const first = binding(1, [], early)
  const same = binding(1, first.conditions, late)
  assert.equal(findCondition(same.conditions, 'Available')?.lastTransitionTime, early)
  const next = binding(2, first.conditions, late)
  assert.equal(findCondition(next.conditions, 'Available')?.lastTransitionTime, late)
})

test('a failed override says so and nothing else', () => {
  const { conditions } = bindingStatus({
    outcome: { kind: 'overrideFailed', message: 'why' },
    strategy: undefined,
    generation: 3,
    previous: binding(2, [], early).conditions,
    now: late,
  })
  assert.deepEqual(conditions, [
    {
      type: 'Overridden',
      status: 'False',
      reason: 'OverriddenFailed',
      message: 'why',
      observedGeneration: 3,
      lastTransitionTime: late,
    },
  ])
})

test('lists that are cut keep the same entries whatever the order', () => {
  const outcomes = Array.from(
    { length: 120 },
    (_, at): ManifestOutcome => ({
      id: { ...id, ordinal: at, name: `x-${String(at).padStart(3, '0')}` },
      result: 'ManifestApplyFailed',
      error: 'why',
      availability: 'Skipped',
    }),
  )
  const failedOf = (list: readonly ManifestOutcome[]) =>
    bindingStatus({
      outcome: {
        kind: 'synced',
        hasOverrides: false,
        works: [{ name: 'w', generation: 1, status: statusAt(early, list) }],
      },
      strategy: undefined,
      generation: 1,
      previous: [],
      now: early,
    }).failed.map(({ name }) => name)
  const got = failedOf(outcomes)
  assert.equal(got.length, 100)
  assert.deepEqual(failedOf(outcomes.toReversed()), got)
})

test('an object whose last apply failed is still cleaned up by the hub, and forgotten by KubeFleet', () => {
  const failed: Condition = { type: 'Applied', status: 'False', reason: 'ManifestApplyFailed', message: '' }
  const existing: ManifestCondition[] = [{ identifier: id, conditions: [failed] }]
  assert.equal(leftOvers(existing, [], 'hubless').length, 1)
  assert.equal(leftOvers(existing, [], 'kubefleet').length, 0)
  assert.equal(leftOvers(existing, [{ ...id, ordinal: 7 }], 'hubless').length, 0)
})

test('a trimmed status is small and still tells where', () => {
  const observedDrifts = Array.from({ length: 100 }, (_, at) => ({ path: `/data/${at}`, valueInHub: 'x'.repeat(1000) }))
  const entry: ManifestCondition = {
    identifier: id,
    driftDetails: {
      observationTime: early,
      observedInMemberClusterGeneration: 1,
      firstDriftedObservedTime: early,
      observedDrifts,
    },
  }
  const small = trimmed({ manifestConditions: [entry] })
  assert.ok(jsonBytes(small) < 600)
  assert.match(small.manifestConditions?.[0]?.driftDetails?.observedDrifts?.[0]?.path ?? '', /^\/data\/0 and 99 more/)
})
