// Why clusters were picked or not, in words a user can act on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberCluster } from '../../../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../../../shared/api/placement.ts'
import { nextDecision } from '../../../../shared/domain/scheduler/decision-record.ts'
import { explain } from '../../../../shared/domain/scheduler/explain.ts'
import { applied, scheduleFully } from '../../../../shared/domain/scheduler/schedule.ts'
import { binding, cluster, cycleInput, noonText, pickN, policySnapshot } from '../../../support/fleet-cases.ts'

function reasonsFor(policy: PlacementPolicy | undefined, clusters: readonly MemberCluster[], namespace?: string) {
  const input = cycleInput(policy, clusters, [], namespace)
  return explain({ ...input, bindings: applied([], scheduleFully(input)) })
}

const required = (labels: Record<string, string>) => ({
  clusterAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      clusterSelectorTerms: [
        {
          labelSelector: { matchLabels: labels },
          propertySelector: {
            matchExpressions: [{ name: 'kubernetes-fleet.io/node-count', operator: 'Ge' as const, values: ['3'] }],
          },
        },
      ],
    },
  },
})

test('a cluster that affinity refuses is told what was wanted and what was seen', () => {
  const reasons = reasonsFor(pickN(1, { affinity: required({ region: 'west' }) }), [
    cluster('far', { labels: { region: 'east' }, properties: { 'kubernetes-fleet.io/node-count': '5' } }),
    cluster('near', { labels: { region: 'west' }, properties: { 'kubernetes-fleet.io/node-count': '3' } }),
    cluster('bare'),
  ])
  assert.deepEqual(
    reasons.map(({ cluster: name, selected, plugin }) => [name, selected, plugin]),
    [
      ['near', true, 'PickN'],
      ['bare', false, 'ClusterAffinity'],
      ['far', false, 'ClusterAffinity'],
    ],
  )
  assert.equal(reasons[2]?.wanted, 'region=west and kubernetes-fleet.io/node-count>=3')
  assert.equal(reasons[2]?.seen, 'region=east, kubernetes-fleet.io/node-count=5')
  assert.equal(reasons[1]?.seen, 'no region, no kubernetes-fleet.io/node-count')
  assert.match(reasons[2]?.reason ?? '', /^ClusterUnschedulable, /)
})

test('taints, health, namespaces and spread name themselves', () => {
  const drain = [{ key: 'drain', value: 'yes', effect: 'NoSchedule' }]
  const [, tainted, silent] = reasonsFor({ placementType: 'PickAll' }, [
    cluster('fine'),
    cluster('tainted', { taints: drain }),
    cluster('silent', { heartbeat: '2026-03-01T11:00:00Z' }),
  ]).sort((a, b) => ['fine', 'tainted', 'silent'].indexOf(a.cluster) - ['fine', 'tainted', 'silent'].indexOf(b.cluster))
  assert.deepEqual(
    [tainted?.plugin, tainted?.wanted, tainted?.seen],
    ['TaintToleration', 'no taint: nothing is tolerated', 'taint drain=yes:NoSchedule'],
  )
  assert.equal(silent?.plugin, 'ClusterEligibility')
  assert.match(silent?.seen ?? '', /^last heard of 2026-03-01T11:00:00Z, Joined=True/)

  const spread = [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }]
  const zones = [cluster('a', { labels: { zone: '1' } }), cluster('b', { labels: { zone: '1' } })]
  const crowded = reasonsFor(pickN(2, { topologySpreadConstraints: spread }), [
    ...zones,
    cluster('c', { labels: { zone: '2' }, taints: drain }),
  ]).find(({ plugin }) => plugin === 'TopologySpreadConstraints')
  assert.equal(crowded?.wanted, 'skew of at most 1 over zone')
  assert.equal(crowded?.seen, 'zone=1 has 1 picked, domains hold between 0 and 1')
})

test('a cluster that scores too low is told its points, part by part, and where it stands', () => {
  const prefer = (weight: number, region: string) => ({
    weight,
    preference: { labelSelector: { matchLabels: { region } } },
  })
  const affinity = {
    clusterAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [prefer(20, 'west'), prefer(5, 'east')] },
  }
  const reasons = reasonsFor(pickN(1, { affinity }), [
    cluster('east', { labels: { region: 'east' } }),
    cluster('none'),
    cluster('west', { labels: { region: 'west' } }),
  ])
  assert.deepEqual(
    reasons.map(({ cluster: name, plugin, score }) => [name, plugin, score?.affinity]),
    [
      ['west', 'PickN', 20],
      ['east', 'Score', 5],
      ['none', 'Score', 0],
    ],
  )
  assert.deepEqual(reasons[1]?.score?.terms, [
    '0 of 20 for region=west: region=east',
    '5 of 5 for region=east: region=east',
  ])
  assert.equal(reasons[1]?.seen, 'passes every filter, 1 of 2 that were left over')
})

test('PickFixed tells the named that cannot be used, the unknown, and everyone who is not named', () => {
  const reasons = reasonsFor({ placementType: 'PickFixed', clusterNames: ['a', 'sick', 'nowhere'] }, [
    cluster('a'),
    cluster('other'),
    cluster('sick', { joined: 'False' }),
  ])
  assert.deepEqual(
    reasons.map(({ cluster: name, selected, plugin, seen }) => [name, selected, plugin, seen]),
    [
      ['a', true, 'PickFixed', undefined],
      ['other', false, 'PickFixed', 'not named'],
      ['sick', false, 'ClusterEligibility', reasons[2]?.seen],
      ['nowhere', false, 'PickFixed', 'none in the fleet'],
    ],
  )
})

test('what is placed stays placed, and the rule that would refuse it today is named', () => {
  const input = cycleInput({ placementType: 'PickAll' }, [
    cluster('a', { taints: [{ key: 'drain', effect: 'NoSchedule' }] }),
  ])
  const [reason] = explain({ ...input, bindings: [binding('a-1', 'a')] })
  assert.deepEqual([reason?.selected, reason?.kept], [true, 'TaintToleration'])
})

test('a cluster where an earlier placement is still being removed waits for that', () => {
  const input = cycleInput({ placementType: 'PickAll' }, [cluster('a')])
  const [reason] = explain({ ...input, bindings: [binding('a-1', 'a', { deletionTimestamp: noonText })] })
  assert.deepEqual([reason?.plugin, reason?.seen], ['Removal', `being removed since ${noonText}`])
})

test('a decision is numbered anew when the outcome changes, rewritten when only facts do, and else left alone', () => {
  const header = { placement: 'web', uid: 'u', generation: 1, epoch: 1, policies: [], snapshots: [] }
  const snapshot = policySnapshot({ placementType: 'PickAll' })
  const reason = { cluster: 'a', selected: false, plugin: 'TaintToleration', seen: 'taint x:NoSchedule', reason: 'r' }
  const decide = (decided: object | undefined, changed: object = {}) =>
    nextDecision({
      header: { ...header, ...(decided && { decided: decided as never }) },
      policySnapshot: snapshot,
      reasons: [{ ...reason, ...changed }],
      now: noonText,
    })
  const first = decide(undefined)
  assert.equal(first?.decision.number, 1)
  assert.equal(decide(first?.mark), undefined)
  assert.equal(decide(first?.mark, { reason: 'a minute later' }), undefined)
  assert.equal(decide(first?.mark, { seen: 'taint y:NoSchedule' })?.decision.number, 1)
  assert.equal(decide(first?.mark, { selected: true, plugin: 'PickAll' })?.decision.number, 2)
})
