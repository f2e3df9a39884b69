// The status of a placement, folded from decisions and bindings.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Binding } from '../../../../shared/api/binding.ts'
import type { Condition } from '../../../../shared/api/condition.ts'
import type { Placement, PlacementStatus } from '../../../../shared/api/placement.ts'
import type { ResourceSnapshot } from '../../../../shared/api/placement-record.ts'
import { mirrorIsCurrent, mirrorProblem, statusMirror } from '../../../../shared/domain/status/namespace-mirror.ts'
import { isRolloutComplete, placementStatus } from '../../../../shared/domain/status/placement-status.ts'
import { binding, noonText } from '../../../support/fleet-cases.ts'

const later = '2026-03-01T13:00:00Z'

const said = (type: string, status: Condition['status'], observedGeneration = 1): Condition => ({
  type,
  status,
  observedGeneration,
  reason: 'Said',
  message: '',
})
const chain = ['RolloutStarted', 'Overridden', 'WorkSynchronized', 'Applied', 'Available']
const done = chain.map((type) => said(type, 'True'))

const snapshot = (index: number): ResourceSnapshot => ({
  name: `web-${index}-snapshot`,
  index,
  hash: String(index),
  payload: '',
  resources: [{ version: 'v1', kind: 'ConfigMap', name: `of-${index}` }],
  envelopeCount: 0,
  createdAt: noonText,
})

interface Case {
  readonly spec?: Partial<Placement['spec']>
  readonly status?: PlacementStatus
  readonly selected?: readonly string[]
  readonly refused?: readonly string[]
  readonly bindings?: readonly Binding[]
  readonly snapshots?: readonly ResourceSnapshot[]
  readonly observedGeneration?: number
  readonly now?: string
}

function fold(given: Case) {
  const { selected = [], refused = [], snapshots = [snapshot(0)] } = given
  const placement = {
    kind: 'ClusterResourcePlacement' as const,
    metadata: { name: 'web', generation: 3 },
    spec: { resourceSelectors: [], ...given.spec },
    ...(given.status && { status: given.status }),
  }
  const decisions = [
    ...selected.map((clusterName) => ({ clusterName, selected: true, reason: 'picked' })),
    ...refused.map((clusterName) => ({ clusterName, selected: false, reason: `${clusterName} does not fit` })),
  ]
  const { status, scheduled } = placementStatus({
    placement,
    policySnapshot: { name: 'web-1' },
    scheduling: {
      policySnapshot: 'web-1',
      observedPlacementGeneration: given.observedGeneration ?? 3,
      condition: said('Scheduled', 'True'),
      listed: decisions,
    },
    selectedResources: [{ version: 'v1', kind: 'ConfigMap', name: 'now' }],
    snapshots,
    bindings: given.bindings ?? [],
    now: given.now ?? noonText,
  })
  return { status, scheduled, placement: { ...placement, status } }
}

const states = (conditions: readonly Condition[] | undefined) =>
  (conditions ?? []).map(({ type, status }) => `${type.replace('ClusterResourcePlacement', '')} ${status}`)

describe('a placement on its clusters', () => {
  test('is complete when every cluster is through the whole chain', () => {
    const { status, placement } = fold({ selected: ['a'], bindings: [binding('a-1', 'a', { conditions: done })] })
    assert.deepEqual(states(status.conditions), ['Scheduled True', ...chain.map((type) => `${type} True`)])
    assert.equal(isRolloutComplete(placement), true)
    assert.equal(status.observedResourceIndex, '0')
  })

  test('a stage that is not known anywhere hides later ones, and outweighs a failure elsewhere', () => {
    const failed = [...done.slice(0, 3), said('Applied', 'False')]
    const unknown = done.slice(0, 3)
    const bindings = [binding('a-1', 'a', { conditions: failed }), binding('b-1', 'b', { conditions: unknown })]
    const { status } = fold({ selected: ['a', 'b'], bindings })
    assert.deepEqual(states(status.conditions).slice(-2), ['WorkSynchronized True', 'Applied Unknown'])
  })

  test('a condition about another generation of the binding says nothing', () => {
    const stale = done.map((condition) => ({ ...condition, observedGeneration: 0 }))
    const { status } = fold({ selected: ['a'], bindings: [binding('a-1', 'a', { conditions: stale })] })
    assert.deepEqual(states(status.conditions), ['Scheduled True', 'RolloutStarted Unknown'])
  })

  test('a cluster still on an older snapshot waits, under the latest index', () => {
    const conditions = [said('RolloutStarted', 'False')]
    const { status } = fold({
      selected: ['a'],
      bindings: [binding('a-1', 'a', { conditions })],
      snapshots: [snapshot(0), snapshot(1)],
    })
    assert.equal(status.placementStatuses?.[0]?.observedResourceIndex, '1')
    assert.deepEqual(states(status.placementStatuses?.[0]?.conditions), ['Scheduled True', 'RolloutStarted False'])
  })

  test('failed, drifted and diffed objects are shown where the stage calls for them', () => {
    const object = { version: 'v1', kind: 'ConfigMap', name: 'x' }
    const times = { observationTime: noonText, targetClusterObservedGeneration: 1 }
    const lists = {
      failedPlacements: [{ ...object, condition: said('Applied', 'False') }],
      driftedPlacements: [{ ...object, ...times, firstDriftedObservedTime: noonText }],
      diffedPlacements: [{ ...object, ...times, firstDiffedObservedTime: noonText }],
    }
    const shown = (conditions: Condition[]) => {
      const { status } = fold({ selected: ['a'], bindings: [binding('a-1', 'a', { conditions, ...lists })] })
      const { failedPlacements, driftedPlacements, diffedPlacements } = status.placementStatuses?.[0] ?? {}
      return [failedPlacements, driftedPlacements, diffedPlacements].map((list) => list?.length ?? 0)
    }
    assert.deepEqual(shown(done), [0, 1, 0])
    assert.deepEqual(shown([...done.slice(0, 3), said('Applied', 'False')]), [1, 1, 1])
    assert.deepEqual(shown(done.slice(0, 3)), [0, 0, 0])
  })

  test('transition times stay while the status does', () => {
    const bindings = [binding('a-1', 'a', { conditions: done })]
    const before = fold({ selected: ['a'], bindings }).status
    const after = fold({ selected: ['a'], bindings, status: before, now: later }).status
    assert.deepEqual(after, before)
    const failing = [binding('a-1', 'a', { conditions: [...done.slice(0, 4), said('Available', 'False')] })]
    const changed = fold({ selected: ['a'], bindings: failing, status: before, now: later }).status
    const times = (changed.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime)
    assert.deepEqual(times, [noonText, noonText, noonText, noonText, noonText, later])
  })
})

describe('scheduling in the status', () => {
  test('pending scheduling empties the clusters and leaves other conditions', () => {
    const before = fold({ selected: ['a'], bindings: [binding('a-1', 'a', { conditions: done })] }).status
    const { status, scheduled } = fold({ selected: ['a'], status: before, observedGeneration: 2 })
    assert.deepEqual([status.placementStatuses, scheduled], [[], false])
    assert.deepEqual(states(status.conditions), ['Scheduled Unknown', ...chain.map((type) => `${type} True`)])
  })

  test('clusters that could not be picked stand anonymous behind the picked, as many as are missing', () => {
    const { status } = fold({
      spec: { policy: { placementType: 'PickN', numberOfClusters: 2 } },
      selected: ['a'],
      refused: ['b', 'c'],
    })
    assert.deepEqual(
      status.placementStatuses?.map(({ clusterName, conditions }) => [clusterName, conditions?.[0]?.message]),
      [
        ['a', 'picked'],
        [undefined, 'b does not fit'],
      ],
    )
  })

  test('without any cluster only Scheduled is left', () => {
    const before = fold({ selected: ['a'], bindings: [binding('a-1', 'a', { conditions: done })] }).status
    assert.deepEqual(states(fold({ status: before }).status.conditions), ['Scheduled True'])
  })

  test('more clusters than wanted is a broken promise', () => {
    const spec = { policy: { placementType: 'PickN' as const, numberOfClusters: 1 } }
    assert.throws(() => fold({ spec, selected: ['a', 'b'] }), /2 clusters are selected although 1/)
  })
})

describe('an external rollout', () => {
  const spec = { strategy: { type: 'External' as const } }
  const on = (name: string, index: number) =>
    binding(`${name}-1`, name, { resourceSnapshotName: `web-${index}-snapshot`, conditions: done })
  const snapshots = [snapshot(0), snapshot(1)]

  test('shows the snapshot its clusters agree on', () => {
    const { status } = fold({ spec, selected: ['a', 'b'], bindings: [on('a', 0), on('b', 0)], snapshots })
    assert.equal(status.observedResourceIndex, '0')
    assert.deepEqual(status.selectedResources, snapshot(0).resources)
    assert.equal(states(status.conditions).at(-1), 'Available True')
  })

  test('shows nothing in common while they differ', () => {
    const { status } = fold({ spec, selected: ['a', 'b'], bindings: [on('a', 0), on('b', 1)], snapshots })
    assert.deepEqual([status.observedResourceIndex, status.selectedResources], ['', []])
    assert.deepEqual(states(status.conditions), ['Scheduled True', 'RolloutStarted Unknown'])
    assert.equal(status.conditions?.at(-1)?.reason, 'RolloutControlledByExternalController')
  })
})

describe('a status shown in its namespace', () => {
  const placement = (name: string | undefined, selected?: string): Placement => ({
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: 'web', uid: 'u', generation: 1 },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', ...(name && { name }) }],
      statusReportingScope: 'NamespaceAccessible',
    },
    status: {
      ...(selected && { selectedResources: [{ version: 'v1', kind: 'Namespace', name: selected }] }),
      conditions: [
        said('ClusterResourcePlacementScheduled', 'True'),
        said('ClusterResourcePlacementStatusSynced', 'True'),
      ],
    },
  })

  test('needs one namespace that stays the same', () => {
    assert.equal(mirrorProblem(placement('shop', 'shop')), undefined)
    assert.match(mirrorProblem(placement(undefined)) ?? '', /names a namespace/)
    assert.match(mirrorProblem(placement('shop', 'other')) ?? '', /"other" was placed before/)
  })

  test('is written only when it differs, and says nothing of itself', () => {
    const mirror = statusMirror(placement('shop', 'shop'), 'shop', noonText)
    assert.equal(mirror.metadata.namespace, 'shop')
    assert.deepEqual(states((mirror['sourceStatus'] as PlacementStatus).conditions), ['Scheduled True'])
    assert.equal(mirrorIsCurrent(mirror, placement('shop', 'shop')), true)
    assert.equal(mirrorIsCurrent(mirror, placement('shop', 'other')), false)
    assert.equal(mirrorIsCurrent(undefined, placement('shop', 'shop')), false)
  })
})
