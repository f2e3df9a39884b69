// What a scheduling cycle decides: whom it picks, what it keeps, gives up and says.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Binding } from '../../../../shared/api/binding.ts'
import { runCycle } from '../../../../shared/domain/scheduler/cycle.ts'
import { fleetOf } from '../../../../shared/domain/scheduler/fleet.ts'
import { applied, scheduleFully } from '../../../../shared/domain/scheduler/schedule.ts'
import { binding, cluster, cycleInput, pickN } from '../../../support/fleet-cases.ts'

const targets = (bindings: readonly Binding[]) => bindings.map(({ targetCluster }) => targetCluster)
const names = (bindings: readonly { readonly name: string }[]) => bindings.map(({ name }) => name)

describe('PickAll', () => {
  test('takes every eligible cluster, and no policy means the same', () => {
    const clusters = [cluster('b'), cluster('a'), cluster('sick', { joined: 'False' })]
    for (const policy of [undefined, { placementType: 'PickAll' as const }]) {
      const { create, status } = runCycle(cycleInput(policy, clusters))
      assert.deepEqual(targets(create), ['a', 'b'])
      assert.equal(status?.condition.status, 'True')
      assert.deepEqual(
        status?.decisions.map(({ clusterName, selected }) => [clusterName, selected]),
        [
          ['a', true],
          ['b', true],
          ['sick', false],
        ],
      )
    }
  })

  test('is fulfilled by no cluster at all', () => {
    const { status } = runCycle(cycleInput(undefined, []))
    assert.equal(status?.condition.reason, 'SchedulingPolicyFulfilled')
    assert.deepEqual(status?.decisions, [])
  })

  test('keeps a cluster that fails a filter now', () => {
    const tainted = cluster('a', { taints: [{ key: 'drain', effect: 'NoSchedule' }] })
    const { create, patch, unschedule } = runCycle(cycleInput(undefined, [tainted], [binding('a-1', 'a')]))
    assert.deepEqual([create, patch, unschedule], [[], [], []])
  })

  test('gives up an obsolete binding whose cluster no longer passes, and moves the others on', () => {
    const clusters = [cluster('a'), cluster('b', { taints: [{ key: 'drain', effect: 'NoSchedule' }] })]
    const old = { schedulingPolicySnapshotName: 'web-0' }
    const result = runCycle(cycleInput(undefined, clusters, [binding('a-1', 'a', old), binding('b-1', 'b', old)]))
    assert.deepEqual(
      result.patch.map(({ name, state, generation }) => [name, state, generation]),
      [['a-1', 'Bound', 2]],
    )
    assert.deepEqual(
      result.unschedule.map(({ name, state, previousState }) => [name, state, previousState]),
      [['b-1', 'Unscheduled', 'Bound']],
    )
  })
})

describe('PickFixed', () => {
  const policy = { placementType: 'PickFixed' as const, clusterNames: ['a', 'gone', 'sick'] }

  test('takes the named clusters that are eligible and says why not the others', () => {
    const { create, status } = runCycle(cycleInput(policy, [cluster('a'), cluster('sick', { joined: 'False' })]))
    assert.deepEqual(targets(create), ['a'])
    assert.equal(create[0]?.clusterDecision.clusterScore, undefined)
    assert.equal(status?.condition.status, 'False')
    assert.deepEqual(
      status?.decisions.map(({ clusterName, selected }) => [clusterName, selected]),
      [
        ['a', true],
        ['sick', false],
        ['gone', false],
      ],
    )
  })

  test('does not ask taints or affinity', () => {
    const tainted = cluster('a', { taints: [{ key: 'drain', effect: 'NoSchedule' }] })
    const { create } = runCycle(cycleInput({ placementType: 'PickFixed', clusterNames: ['a'] }, [tainted]))
    assert.deepEqual(targets(create), ['a'])
  })

  test('keeps a bound cluster that turned ineligible, but calls it unselected', () => {
    const sick = cluster('a', { joined: 'False' })
    const named = { placementType: 'PickFixed' as const, clusterNames: ['a'] }
    const { unschedule, status } = runCycle(cycleInput(named, [sick], [binding('a-1', 'a')]))
    assert.deepEqual(unschedule, [])
    assert.equal(status?.decisions[0]?.selected, false)
  })

  test('an empty list changes nothing and says nothing', () => {
    const empty = { placementType: 'PickFixed' as const, clusterNames: [] }
    const result = runCycle(cycleInput(empty, [cluster('a')], [binding('a-1', 'a')]))
    assert.deepEqual([result.create, result.patch, result.unschedule, result.status], [[], [], [], undefined])
  })
})

describe('PickN', () => {
  test('of equal clusters the larger name wins', () => {
    const { create } = runCycle(cycleInput(pickN(2), [cluster('a'), cluster('b'), cluster('c')]))
    assert.deepEqual(targets(create), ['c', 'b'])
  })

  test('says when clusters are missing, and does not ask for another cycle', () => {
    const { create, status, requeue } = runCycle(cycleInput(pickN(3), [cluster('a')]))
    assert.deepEqual(targets(create), ['a'])
    assert.equal(status?.condition.reason, 'SchedulingPolicyUnfulfilled')
    assert.equal(requeue, false)
  })

  test('leaves picked clusters alone although a better one appeared', () => {
    const affinity = {
      clusterAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 50, preference: { labelSelector: { matchLabels: { tier: 'gold' } } } },
        ],
      },
    }
    const clusters = [cluster('a'), cluster('b', { labels: { tier: 'gold' } })]
    const { create, patch, unschedule, status } = runCycle(
      cycleInput(pickN(1, { affinity }), clusters, [binding('a-1', 'a')]),
    )
    assert.deepEqual([create, patch, unschedule], [[], [], []])
    assert.deepEqual(
      status?.decisions.map(({ clusterName }) => clusterName),
      ['a'],
    )
  })

  test('scales down scheduled before bound, lowest score first, then the smaller name', () => {
    const scored = (affinityScore: number) => ({
      clusterDecision: {
        clusterName: '',
        selected: true,
        reason: '',
        clusterScore: { affinityScore, priorityScore: 0 },
      },
    })
    const bindings = [
      binding('a-1', 'a', scored(5)),
      binding('b-1', 'b', scored(5)),
      binding('c-1', 'c', { ...scored(90), state: 'Scheduled' }),
      binding('d-1', 'd', scored(9)),
    ]
    const clusters = ['a', 'b', 'c', 'd'].map((name) => cluster(name))
    assert.deepEqual(names(runCycle(cycleInput(pickN(2), clusters, bindings)).unschedule), ['c-1', 'a-1'])
  })

  test('N of zero removes everything and is fulfilled', () => {
    const { unschedule, status } = runCycle(cycleInput(pickN(0), [cluster('a')], [binding('a-1', 'a')]))
    assert.deepEqual(names(unschedule), ['a-1'])
    assert.equal(status?.condition.status, 'True')
  })

  test('a policy change prefers the clusters it has on exact ties', () => {
    const old = { schedulingPolicySnapshotName: 'web-0' }
    const { create, patch } = runCycle(cycleInput(pickN(1), [cluster('a'), cluster('b')], [binding('a-1', 'a', old)]))
    assert.deepEqual([create, names(patch)], [[], ['a-1']])
  })

  test('a binding given up gets its state back when its cluster is picked again', () => {
    const given = { state: 'Unscheduled' as const, previousState: 'Bound' as const }
    const { patch } = runCycle(cycleInput(pickN(1), [cluster('a')], [binding('a-1', 'a', given)]))
    assert.deepEqual(
      patch.map(({ name, state, previousState }) => [name, state, previousState]),
      [['a-1', 'Bound', undefined]],
    )
  })

  test('a binding that forgot its state stops the cycle before anything is written', () => {
    const clusters = [cluster('a'), cluster('b')]
    const result = runCycle(cycleInput(pickN(2), clusters, [binding('a-1', 'a', { state: 'Unscheduled' })]))
    assert.match(result.error ?? '', /a-1/)
    assert.deepEqual([result.create, result.patch, result.unschedule], [[], [], []])
  })

  test('without a number of clusters the cycle stops and says so', () => {
    const { error } = runCycle(cycleInput({ placementType: 'PickN' }, [cluster('a')]))
    assert.match(error ?? '', /number of clusters is missing/)
  })
})

describe('whatever the policy', () => {
  test('bindings of vanished and leaving clusters are given up, also when the cycle then fails', () => {
    const leaving = cluster('left', { deletionTimestamp: '2026-03-01T11:00:00Z' })
    const bindings = [binding('g-1', 'gone'), binding('l-1', 'left')]
    assert.deepEqual(names(runCycle(cycleInput(undefined, [leaving], bindings)).unschedule), ['g-1', 'l-1'])
    const broken = runCycle(cycleInput({ placementType: 'PickN' }, [leaving], bindings))
    assert.deepEqual(names(broken.unschedule), ['g-1', 'l-1'])
  })

  test('deleting bindings are let go and count for nothing', () => {
    const deleting = binding('a-1', 'a', { deletionTimestamp: '2026-03-01T11:00:00Z' })
    const { removeFinalizer, create } = runCycle(cycleInput(pickN(1), [cluster('a')], [deleting]))
    assert.deepEqual([removeFinalizer, targets(create)], [['a-1'], ['a']])
  })

  test('a property that is no quantity stops the cycle and names cluster and property', () => {
    const affinity = {
      clusterAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          clusterSelectorTerms: [
            { propertySelector: { matchExpressions: [{ name: 'version', operator: 'Gt', values: ['1'] }] } },
          ],
        },
      },
    }
    const { error } = runCycle(
      cycleInput({ placementType: 'PickAll', affinity }, [cluster('a', { properties: { version: 'v1.30' } })]),
    )
    assert.match(error ?? '', /cluster a: property version: "v1.30" is not a quantity/)
  })
})

describe('values that cannot be read, under the rules of this hub', () => {
  const policyOn = (name: string, value: string) => ({
    placementType: 'PickAll' as const,
    affinity: {
      clusterAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          clusterSelectorTerms: [
            { propertySelector: { matchExpressions: [{ name, operator: 'Ge', values: [value] }] } },
          ],
        },
      },
    },
  })
  const schedule = (name: string, value: string, ...clusters: Parameters<typeof fleetOf>[0]) =>
    runCycle({ ...cycleInput(policyOn(name, value), []), fleet: fleetOf(clusters, 'hubless') })

  test('keep only their own cluster out', () => {
    const clusters = [cluster('a', { properties: { score: 'v1' } }), cluster('b', { properties: { score: '2' } })]
    const { create, error } = schedule('score', '1', ...clusters)
    assert.deepEqual([targets(create), error], [['b'], undefined])
  })

  test('resources may have a dash in their name', () => {
    const { create } = schedule(
      'resources.kubernetes-fleet.io/available-ephemeral-storage',
      '1Gi',
      cluster('a', { available: { 'ephemeral-storage': '2Gi' } }),
    )
    assert.deepEqual(targets(create), ['a'])
  })

  test('a value in the policy itself still stops the cycle', () => {
    assert.match(
      schedule('score', 'v1', cluster('a', { properties: { score: '2' } })).error ?? '',
      /"v1" is not a quantity/,
    )
    const { error } = schedule('resources.kubernetes-fleet.io/spare-cpu', '1', cluster('a'))
    assert.match(error ?? '', /names no resource/)
  })
})

describe('spread constraints', () => {
  const constraint = (whenUnsatisfiable: string) => ({
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable }],
  })
  const zones = [
    cluster('a', { labels: { zone: '1' } }),
    cluster('b', { labels: { zone: '1' } }),
    cluster('c', { labels: { zone: '2' } }),
  ]

  test('one cluster is picked a cycle, and nothing is said before the last', () => {
    const first = runCycle(cycleInput(pickN(2, constraint('DoNotSchedule')), zones))
    assert.deepEqual([first.create.length, first.requeue, first.status], [1, true, undefined])
  })

  test('all cycles together spread the picks', () => {
    const { create, status } = scheduleFully(cycleInput(pickN(2, constraint('DoNotSchedule')), zones))
    assert.deepEqual(targets(create).sort(), ['b', 'c'])
    assert.equal(status?.condition.status, 'True')
  })

  test('a violation refuses with DoNotSchedule and only costs points with ScheduleAnyway', () => {
    const two = [cluster('a', { labels: { zone: '1' } }), cluster('b', { labels: { zone: '1' } })]
    const other = cluster('sick', { labels: { zone: '2' }, joined: 'False' })
    const strict = scheduleFully(cycleInput(pickN(2, constraint('DoNotSchedule')), [...two, other]))
    assert.deepEqual(targets(strict.create), ['b'])
    assert.equal(strict.status?.condition.status, 'False')
    const lax = scheduleFully(cycleInput(pickN(2, constraint('ScheduleAnyway')), [...two, other]))
    assert.deepEqual(targets(lax.create).sort(), ['a', 'b'])
    assert.equal(lax.create.at(-1)?.clusterDecision.clusterScore?.priorityScore, -1000)
  })

  test('a binding given up early and picked again later comes out as one change', () => {
    const old = { schedulingPolicySnapshotName: 'web-0' }
    const bindings = [binding('a-1', 'a', old), binding('c-1', 'c', old)]
    const input = cycleInput(
      pickN(2, constraint('DoNotSchedule')),
      [zones[0], zones[2]].filter((one) => one !== undefined),
      bindings,
    )
    const result = scheduleFully(input)
    assert.deepEqual(names(result.patch).sort(), ['a-1', 'c-1'])
    assert.deepEqual(
      result.patch.map(({ generation }) => generation),
      [2, 2],
    )
    assert.deepEqual([result.create, result.unschedule], [[], []])
    assert.equal(applied(bindings, result).length, 2)
  })
})
