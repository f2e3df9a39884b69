// What holds for every change of a cluster: who is not woken has nothing to decide, and what need not move does not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import { changedAspects, wakeOf } from '../../shared/domain/membership/wakes.ts'
import { concernOf } from '../../shared/domain/scheduler/cluster-concern.ts'
import { applied, scheduleFully } from '../../shared/domain/scheduler/schedule.ts'
import { fleet, pickN } from '../support/fleet-arbitraries.ts'
import { type ClusterCase, cluster, cycleInput, noon } from '../support/fleet-cases.ts'

const required = (term: object): Partial<PlacementPolicy> => ({
  affinity: { clusterAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms: [term] } } },
})
const zone: object = { labelSelector: { matchLabels: { zone: '1' } } }
const score: object = { propertySelector: { matchExpressions: [{ name: 'score', operator: 'Ge', values: ['1'] }] } }
const policy: fc.Arbitrary<PlacementPolicy | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(zone, score).map((term) => ({ placementType: 'PickAll' as const, ...required(term) })),
  fc.constantFrom(zone, score).map((term) => ({
    placementType: 'PickN' as const,
    numberOfClusters: 9,
    ...required(term),
  })),
  pickN.map((one) => ({ ...one, numberOfClusters: 11 })),
  fc
    .constantFrom(['a', 'x'], ['c', 'd'])
    .map((clusterNames) => ({ placementType: 'PickFixed' as const, clusterNames: [...clusterNames] })),
)
const staying = fleet.map((clusters) => clusters.filter(({ metadata }) => !metadata.deletionTimestamp))
const change: fc.Arbitrary<ClusterCase> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('zone', 'tier', 'team'), fc.constantFrom('1', '2', '3')),
    taints: fc.array(fc.constant({ key: 'drain', effect: 'NoSchedule' }), { maxLength: 1 }),
    properties: fc.dictionary(fc.constantFrom('score', 'nodes'), fc.constantFrom('1', '2', '0.3', 'dear')),
    available: fc.dictionary(fc.constantFrom('cpu'), fc.constantFrom('1', '2')),
  },
  { requiredKeys: [] },
)

/** Names picked, and the bindings that say so, once a placement is scheduled on a fleet. */
function settled(given: PlacementPolicy | undefined, clusters: readonly MemberCluster[]) {
  const input = cycleInput(given, clusters)
  return applied(input.bindings, scheduleFully(input))
}

test('a placement a change does not concern would decide the same again', () => {
  fc.assert(
    fc.property(policy, staying, fc.nat(), change, (given, clusters, at, after) => {
      const old = clusters[at % Math.max(1, clusters.length)]
      fc.pre(old !== undefined)
      const next = cluster(old.metadata.name ?? '', after)
      const bindings = settled(given, clusters)
      const changed = clusters.map((one) => (one === old ? next : one))
      const concern =
        wakeOf(old, next, noon) === 'none'
          ? 'nothing'
          : concernOf(
              { spec: { resourceSelectors: [], ...(given && { policy: given }) } },
              next,
              changedAspects(old, next, noon),
            )
      fc.pre(concern !== 'outcome')
      const { create, patch, unschedule } = scheduleFully(cycleInput(given, changed, bindings))
      assert.deepEqual([create, patch, unschedule], [[], [], []])
    }),
  )
})

test('a cluster that joins moves nothing that is placed', () => {
  fc.assert(
    fc.property(policy, staying, change, (given, clusters, fresh) => {
      const bindings = settled(given, clusters)
      const { create, patch, unschedule } = scheduleFully(
        cycleInput(given, [...clusters, cluster('x', fresh)], bindings),
      )
      assert.deepEqual([patch, unschedule], [[], []])
      if ((given?.topologySpreadConstraints ?? []).length === 0)
        assert.ok(create.every(({ targetCluster }) => targetCluster === 'x'))
    }),
  )
})

test('a cluster that goes takes away its own binding and no other', () => {
  fc.assert(
    fc.property(policy, staying, fc.nat(), (given, clusters, at) => {
      const gone = clusters[at % Math.max(1, clusters.length)]
      fc.pre(gone !== undefined)
      const bindings = settled(given, clusters)
      const left = clusters.filter((one) => one !== gone)
      const { unschedule } = scheduleFully(cycleInput(given, left, bindings))
      const was = bindings.filter(({ targetCluster }) => targetCluster === gone.metadata.name)
      assert.deepEqual(
        unschedule.map(({ name }) => name),
        was.map(({ name }) => name),
      )
    }),
  )
})
