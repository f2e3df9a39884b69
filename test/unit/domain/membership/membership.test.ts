// Which clusters may receive work, what wakes placements, and how agents' answers add up.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Placement } from '../../../../shared/api/placement.ts'
import { joinedConditions, withReport } from '../../../../shared/domain/membership/agents.ts'
import { eligibility } from '../../../../shared/domain/membership/eligibility.ts'
import { wakeOf, wokenPlacements } from '../../../../shared/domain/membership/wakes.ts'
import { type ClusterCase, cluster, noon, noonText, pickN } from '../../../support/fleet-cases.ts'

describe('a cluster', () => {
  for (const [what, given, reason] of [
    ['is leaving', { deletionTimestamp: '2026-03-01T11:00:00Z' }, /has left the fleet/],
    ['is silent for over five minutes', { heartbeat: '2026-03-01T11:54:59Z' }, /last received 5\.02 minutes ago/],
    ['has not joined', { joined: 'False' }, /not joined yet/],
    ['is unhealthy for over five minutes', { healthy: 'False', healthySince: '2026-03-01T11:50:00Z' }, /prolonged/],
  ] as [string, ClusterCase, RegExp][]) {
    test(`that ${what} gets nothing new`, () => {
      const { eligible, reason: got } = eligibility(cluster('a', given), noon)
      assert.equal(eligible, false)
      assert.match(got, reason)
    })
  }

  test('that never reported gets nothing new', () => {
    const { status: _, ...silent } = cluster('a')
    assert.match(eligibility(silent, noon).reason, /not online yet/)
  })

  test('silent for exactly five minutes, or unhealthy for less, is forgiven', () => {
    assert.equal(eligibility(cluster('a', { heartbeat: '2026-03-01T11:55:00Z' }), noon).eligible, true)
    const sick = cluster('a', { healthy: 'False', healthySince: '2026-03-01T11:56:00Z' })
    assert.equal(eligibility(sick, noon).eligible, true)
  })
})

describe('a change of a cluster', () => {
  const taint = { key: 'drain', value: 'x', effect: 'NoSchedule' }
  for (const [what, before, after, wake] of [
    ['another label', {}, { labels: { a: '1' } }, 'open'],
    ['a taint gone', { taints: [taint] }, {}, 'open'],
    ['a taint changed', { taints: [taint] }, { taints: [{ ...taint, value: 'y' }] }, 'open'],
    ['a taint added', {}, { taints: [taint] }, 'none'],
    ['another property', { properties: { a: '1' } }, { properties: { a: '2' } }, 'open'],
    ['another free amount', { available: { cpu: '1' } }, { available: { cpu: '2' } }, 'open'],
    ['another namespace', {}, { namespaces: { shop: '' } }, 'open'],
    ['a heartbeat', { heartbeat: '2026-03-01T11:58:00Z' }, {}, 'none'],
    ['joining', { joined: 'False' }, {}, 'open'],
    ['turning ineligible', {}, { joined: 'False' }, 'none'],
    ['a mark for deletion', {}, { labels: { a: '1' }, deletionTimestamp: noonText }, 'none'],
  ] as [string, ClusterCase, ClusterCase, string][]) {
    test(`${what} wakes ${wake}`, () => assert.equal(wakeOf(cluster('a', before), cluster('a', after), noon), wake))
  }

  test('a new cluster wakes nobody, a cluster gone everybody', () => {
    assert.equal(wakeOf(undefined, cluster('a'), noon), 'none')
    assert.equal(wakeOf(cluster('a'), undefined, noon), 'all')
  })

  test('open placements take all there are, or still miss some', () => {
    const placement = (name: string, policy: Placement['spec']['policy'], scheduled: boolean): Placement => ({
      apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
      kind: 'ClusterResourcePlacement',
      metadata: { name, generation: 2 },
      spec: { resourceSelectors: [], ...(policy && { policy }) },
      status: {
        conditions: [
          {
            type: 'ClusterResourcePlacementScheduled',
            status: scheduled ? 'True' : 'False',
            observedGeneration: 2,
            reason: '',
            message: '',
          },
        ],
      },
    })
    const placements = [
      placement('no-policy', undefined, true),
      placement('all', { placementType: 'PickAll' }, true),
      placement('full', pickN(1), true),
      placement('missing', pickN(1), false),
    ]
    const names = (woken: readonly Placement[]) => woken.map(({ metadata }) => metadata.name)
    assert.deepEqual(names(wokenPlacements('open', placements)), ['no-policy', 'all', 'missing'])
    assert.deepEqual(names(wokenPlacements('all', placements)).length, 4)
    assert.deepEqual(wokenPlacements('none', placements), [])
  })
})

describe('agents', () => {
  const agent = (type: string, status: 'True' | 'False') => ({
    type,
    conditions: [{ type: 'Joined', status, reason: '', message: '', observedGeneration: 1 }],
  })
  const joined = (...agents: ReturnType<typeof agent>[]) =>
    joinedConditions({ agentStatus: agents }, ['MemberAgent', 'Other'], 4).map(
      ({ type, status }) => `${type} ${status}`,
    )

  test('that agree decide, others leave it open', () => {
    assert.deepEqual(joined(agent('MemberAgent', 'True'), agent('Other', 'True')), ['Joined True'])
    assert.deepEqual(joined(agent('MemberAgent', 'False'), agent('Other', 'False')), [
      'Joined False',
      'ReadyToJoin False',
    ])
    assert.deepEqual(joined(agent('MemberAgent', 'True'), agent('Other', 'False')), ['Joined Unknown'])
    assert.deepEqual(joined(agent('MemberAgent', 'True')), ['Joined Unknown'])
  })

  test('report about the generation the cluster has now', () => {
    const status = withReport(
      { metadata: { generation: 7 } },
      { agentStatus: [agent('MemberAgent', 'True')] },
      ['MemberAgent'],
      noonText,
    )
    assert.equal(status.agentStatus?.[0]?.conditions?.[0]?.observedGeneration, 7)
    assert.deepEqual(
      status.conditions?.map(({ type, observedGeneration }) => [type, observedGeneration]),
      [['Joined', 7]],
    )
  })
})
