// What holds for every fleet, policy and set of bindings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Binding } from '../../shared/api/binding.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import { runCycle } from '../../shared/domain/scheduler/cycle.ts'
import { listedDecisions } from '../../shared/domain/scheduler/decisions.ts'
import { applied, scheduleFully } from '../../shared/domain/scheduler/schedule.ts'
import { bindings, fleet, pickN, policy } from '../support/fleet-arbitraries.ts'
import { binding, cluster, cycleInput } from '../support/fleet-cases.ts'

const live = (all: readonly Binding[]) =>
  all.filter(({ state, deletionTimestamp }) => state !== 'Unscheduled' && !deletionTimestamp)
const clusterOf = ({ targetCluster }: Binding) => targetCluster

test('scheduling again what was just scheduled changes nothing', () => {
  fc.assert(
    fc.property(policy, fleet, bindings, (given, clusters, before) => {
      const first = scheduleFully(cycleInput(given, clusters, before))
      assert.equal(first.error, undefined)
      const again = scheduleFully(cycleInput(given, clusters, applied(before, first)))
      assert.deepEqual([again.create, again.patch, again.unschedule], [[], [], []])
      assert.equal(again.status?.condition.status, first.status?.condition.status)
    }),
    { numRuns: 400 },
  )
})

test('no cluster holds two live bindings, and every live one is of a cluster that is there and of the current policy', () => {
  fc.assert(
    fc.property(policy, fleet, bindings, (given, clusters, before) => {
      const after = live(applied(before, scheduleFully(cycleInput(given, clusters, before))))
      assert.equal(new Set(after.map(clusterOf)).size, after.length)
      for (const { targetCluster, schedulingPolicySnapshotName } of after) {
        assert.ok(clusters.some(({ metadata }) => metadata.name === targetCluster && !metadata.deletionTimestamp))
        assert.equal(schedulingPolicySnapshotName, 'web-1')
      }
    }),
    { numRuns: 400 },
  )
})

test('PickN holds at most N, and exactly N when it says it is fulfilled', () => {
  fc.assert(
    fc.property(pickN, fleet, bindings, (given, clusters, before) => {
      const result = scheduleFully(cycleInput(given, clusters, before))
      const held = live(applied(before, result)).length
      const wanted = given.numberOfClusters ?? 0
      assert.ok(held <= wanted)
      assert.equal(result.status?.condition.status === 'True', held === wanted)
    }),
    { numRuns: 400 },
  )
})

test('the order clusters and bindings come in decides nothing', () => {
  fc.assert(
    fc.property(policy, fleet, bindings, (given, clusters, before) => {
      const one = scheduleFully(cycleInput(given, clusters, before))
      const other = scheduleFully(cycleInput(given, clusters.toReversed(), before.toReversed()))
      const text = (list: readonly Binding[]) => list.map((item) => JSON.stringify(item)).sort()
      assert.deepEqual(text(other.create), text(one.create))
      assert.deepEqual(text(other.patch), text(one.patch))
      assert.deepEqual(text(other.unschedule), text(one.unschedule))
      assert.deepEqual(other.status, one.status)
    }),
    { numRuns: 300 },
  )
})

test('every cluster gets one decision, selected ones first, and new picks pass every filter', () => {
  fc.assert(
    fc.property(fc.constantFrom(undefined, { placementType: 'PickAll' as const }), fleet, (given, clusters) => {
      const { status, create } = runCycle(cycleInput(given, clusters))
      const decided = status?.decisions ?? []
      assert.deepEqual(
        decided.map(({ clusterName }) => clusterName).sort(),
        clusters.map(({ metadata }) => metadata.name).sort(),
      )
      assert.equal(
        decided.findLastIndex(({ selected }) => selected),
        create.length - 1,
      )
      for (const { targetCluster } of create) {
        const found = clusters.find(({ metadata }) => metadata.name === targetCluster)
        assert.equal(found?.metadata.deletionTimestamp, undefined)
        assert.equal(found?.spec.taints?.length ?? 0, 0)
      }
    }),
    { numRuns: 200 },
  )
})

/** The largest difference between the numbers of held clusters per zone. */
function skewOf(clusters: readonly MemberCluster[], held: readonly Binding[]): number {
  const counts = new Map<string, number>()
  for (const { metadata } of clusters) {
    const zone = metadata.labels?.['zone']
    if (zone === undefined) continue
    const here = held.filter(({ targetCluster }) => targetCluster === metadata.name).length
    counts.set(zone, (counts.get(zone) ?? 0) + here)
  }
  return counts.size === 0 ? 0 : Math.max(...counts.values()) - Math.min(...counts.values())
}

test('from empty, DoNotSchedule keeps every skew within its bound at every step', () => {
  fc.assert(
    fc.property(fleet, fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 8 }), (clusters, maxSkew, wanted) => {
      const spread = [{ maxSkew, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }]
      const given = { placementType: 'PickN' as const, numberOfClusters: wanted, topologySpreadConstraints: spread }
      let held: Binding[] = []
      for (let cycle = 0; cycle <= wanted; cycle += 1) {
        const result = runCycle(cycleInput(given, clusters, held))
        assert.ok(result.create.length <= 1)
        held = applied(held, result)
        assert.ok(skewOf(clusters, held) <= maxSkew)
        if (!result.requeue) break
      }
    }),
    { numRuns: 300 },
  )
})

test('the listed decisions never exceed their limits and never leave out a selected cluster while there is room', () => {
  fc.assert(
    fc.property(fc.nat(12), fc.nat(12), fc.nat(6), fc.nat(10), (selected, filtered, unselected, total) => {
      const listed = listedDecisions(
        {
          selected: [Array.from({ length: selected }, (_, at) => binding(`s${at}-1`, `s${at}`))],
          notPicked: [],
          filtered: Array.from({ length: filtered }, (_, at) => ({
            cluster: cluster(`f${at}`),
            verdict: { code: 'ClusterUnschedulable' as const, reasons: [], plugin: 'Any' },
          })),
        },
        { total, unselected },
      )
      assert.ok(listed.length <= total)
      assert.equal(listed.filter((decision) => decision.selected).length, Math.min(selected, total))
      assert.ok(listed.filter((decision) => !decision.selected).length <= unselected)
    }),
  )
})
