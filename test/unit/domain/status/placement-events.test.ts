// Which events a change of a placement's status makes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Placement } from '../../../../shared/api/placement.ts'
import { placementEvents } from '../../../../shared/domain/status/placement-events.ts'

type Said = readonly [stage: string, status: 'True' | 'False', generation?: number]

function placement(said: readonly Said[], generation = 1, applyStrategy?: { type: 'ReportDiff' }): Placement {
  return Placement.parse({
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: 'app', generation },
    spec: { resourceSelectors: [], strategy: { applyStrategy } },
    status: {
      conditions: said.map(([stage, status, about = generation]) => ({
        type: `ClusterResourcePlacement${stage}`,
        status,
        observedGeneration: about,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'R',
        message: `${stage} is ${status}`,
      })),
    },
  })
}

const reasons = (before: Placement, after: Placement) => placementEvents(before, after).map(({ reason }) => reason)
const stages = ['RolloutStarted', 'Overridden', 'WorkSynchronized', 'Applied', 'Available']
const allTrue: readonly Said[] = ['Scheduled', ...stages].map((stage) => [stage, 'True'])

test('every stage that newly is True is told once, completion last', () => {
  assert.deepEqual(reasons(placement([]), placement(allTrue)), [
    'PlacementRolloutStarted',
    'PlacementOverriddenSucceeded',
    'PlacementWorkSynchronized',
    'PlacementApplied',
    'PlacementAvailable',
    'PlacementRolloutCompleted',
  ])
  assert.deepEqual(reasons(placement(allTrue), placement(allTrue)), [])
})

test('a stage that was not True before is told alone, with the words of its condition', () => {
  const before = placement([...allTrue.slice(0, -1), ['Available', 'False']])
  assert.deepEqual(placementEvents(before, placement(allTrue))[0], {
    reason: 'PlacementAvailable',
    message: 'Available is True',
  })
  assert.deepEqual(reasons(before, placement(allTrue)), ['PlacementAvailable', 'PlacementRolloutCompleted'])
})

test('True about an older generation is not news, and news again once it is about this one', () => {
  const stale = placement([['Applied', 'True', 1]], 2)
  assert.deepEqual(reasons(placement([], 2), stale), [])
  assert.deepEqual(reasons(stale, placement([['Applied', 'True', 2]], 2)), ['PlacementApplied'])
})

test('what turns False is no event', () => {
  assert.deepEqual(reasons(placement(allTrue), placement([['Applied', 'False']])), [])
})

test('reported differences have an event of their own', () => {
  const diff = { type: 'ReportDiff' } as const
  const done: readonly Said[] = ['Scheduled', 'RolloutStarted', 'Overridden', 'WorkSynchronized', 'DiffReported'].map(
    (stage) => [stage, 'True'],
  )
  const told = reasons(placement([], 1, diff), placement(done, 1, diff))
  assert.deepEqual(told.slice(-2), ['PlacementDiffReported', 'PlacementRolloutCompleted'])
})
