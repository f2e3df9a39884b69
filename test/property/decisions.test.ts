// The reasons a placement keeps are a function of what is stored: told again from it, they are the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock, sequentialIds } from '../../shared/adapters/memory/manual-clock.ts'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { MemoryPlacementStore } from '../../shared/adapters/memory/placement-store.ts'
import type { Binding } from '../../shared/api/binding.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import type { Wanted } from '../../shared/api/placement-record.ts'
import { schedulePlacement } from '../../shared/app/schedule-placement.ts'
import { bindingView } from '../../shared/domain/rollout/binding-view.ts'
import { explain } from '../../shared/domain/scheduler/explain.ts'
import { fleetOf } from '../../shared/domain/scheduler/fleet.ts'
import { fleet as anyFleet, bindings, policy } from '../support/fleet-arbitraries.ts'
import { noon, noonText, policySnapshot } from '../support/fleet-cases.ts'
import { settings } from '../support/settings.ts'

/** Clusters whose names the API takes. */
const fleet = anyFleet.map((clusters) => clusters.filter(({ metadata }) => metadata.name !== 'B0'))

function rowOf(each: Binding): Wanted {
  return {
    cluster: each.targetCluster,
    name: each.name,
    uid: each.name,
    generation: 1,
    createdAt: noonText,
    state: each.state,
    ...(each.previousState && { previousState: each.previousState }),
    ...(each.deletionTimestamp && { deletedAt: each.deletionTimestamp }),
    decision: each.clusterDecision,
    policySnapshot: each.schedulingPolicySnapshotName,
    resourceSnapshot: each.resourceSnapshotName,
    payload: 'some',
  }
}

async function schedule(given: PlacementPolicy | undefined, clusters: readonly MemberCluster[], before: Binding[]) {
  const clock = new ManualClock(noon)
  const placements = new MemoryPlacementStore({ clock })
  const header = { placement: 'web', uid: 'uid', generation: 3, epoch: 1, snapshots: [] }
  const value = { ...header, policies: [policySnapshot(given)] }
  await placements.commit('web', { header: { value }, wanted: before.map((each) => ({ value: rowOf(each) })) })
  const quiet = () => undefined
  const platform = {
    objects: createMemoryObjectStore({ clock }),
    placements,
    clock,
    ids: sequentialIds(),
    log: { info: quiet, warn: quiet, error: quiet },
    settings,
    lists: {
      memberClusters: async () => clusters,
      clusterProfiles: async () => [],
      placements: async () => [],
      overrideSnapshots: async () => ({ cluster: [], namespaced: [] }),
    },
  }
  await schedulePlacement(platform, { placement: 'web' })
  const again = () => schedulePlacement(platform, { placement: 'web' })
  return { placements, again }
}

test('the explanation told again from stored rows, policy and fleet is the stored one', async () => {
  await fc.assert(
    fc.asyncProperty(policy, fleet, bindings, async (given, clusters, before) => {
      const { placements } = await schedule(given, clusters, before)
      const record = await placements.read('web')
      assert.ok(record)
      const { decided, policies } = record.header.value
      const stored = await placements.decision('web', decided?.number ?? 0)
      const [snapshot = policySnapshot(given)] = policies
      const told = explain({
        placement: { name: 'web' },
        policySnapshot: snapshot,
        fleet: fleetOf(clusters.toReversed(), 'hubless'),
        bindings: record.wanted.map(({ value }) => bindingView(value, undefined)).toReversed(),
        now: noon,
      })
      assert.deepEqual(stored?.clusters, told)
    }),
    { numRuns: 200 },
  )
})

test('every cluster has exactly one reason, and it says selected for exactly the clusters that hold the placement', async () => {
  await fc.assert(
    fc.asyncProperty(policy, fleet, bindings, async (given, clusters, before) => {
      const { placements } = await schedule(given, clusters, before)
      const record = await placements.read('web')
      const stored = await placements.decision('web', record?.header.value.decided?.number ?? 0)
      const names = (stored?.clusters ?? []).map(({ cluster }) => cluster)
      assert.equal(new Set(names).size, names.length)
      for (const { metadata } of clusters) assert.ok(names.includes(metadata.name ?? ''))
      const held = (record?.wanted ?? []).filter(
        ({ value }) => value.state !== 'Unscheduled' && !value.deletedAt && value.policySnapshot === 'web-1',
      )
      assert.deepEqual(
        (stored?.clusters ?? []).filter(({ selected }) => selected).map(({ cluster }) => cluster),
        held.map(({ value }) => value.cluster).sort(),
      )
      for (const { selected, plugin, wanted, seen } of stored?.clusters ?? [])
        assert.ok(plugin !== '' && (selected || (wanted && seen)), `${plugin} says neither what it wants nor sees`)
    }),
    { numRuns: 200 },
  )
})

test('an unchanged fleet writes no second decision', async () => {
  await fc.assert(
    fc.asyncProperty(policy, fleet, bindings, async (given, clusters, before) => {
      const { placements, again } = await schedule(given, clusters, before)
      const first = await placements.readHeader('web')
      await again()
      const second = await placements.readHeader('web')
      assert.equal(second?.value.decided?.number, first?.value.decided?.number)
      assert.equal(second?.value.decided?.content, first?.value.decided?.content)
      await again()
      assert.equal((await placements.readHeader('web'))?.etag, second?.etag)
    }),
    { numRuns: 100 },
  )
})
