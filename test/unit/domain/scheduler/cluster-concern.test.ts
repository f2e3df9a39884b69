// What a change of one cluster can mean to a placement.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlacementPolicy } from '../../../../shared/api/placement.ts'
import { changedAspects } from '../../../../shared/domain/membership/wakes.ts'
import { concernOf } from '../../../../shared/domain/scheduler/cluster-concern.ts'
import { type ClusterCase, cluster, noon, pickN } from '../../../support/fleet-cases.ts'

const required = (term: object): PlacementPolicy['affinity'] => ({
  clusterAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms: [term] } },
})
const west = required({ labelSelector: { matchLabels: { region: 'west' } } })
const large = required({ propertySelector: { matchExpressions: [{ name: 'cost', operator: 'Lt', values: ['2'] }] } })
const free = required({
  propertySelector: {
    matchExpressions: [{ name: 'resources.kubernetes-fleet.io/available-cpu', operator: 'Ge', values: ['2'] }],
  },
})
const all: PlacementPolicy = { placementType: 'PickAll' }
const spread = pickN(2, { topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1 }] })

for (const [what, policy, before, after, want] of [
  ['a label nobody asks for', { ...all, affinity: west }, {}, { labels: { team: 'a' } }, 'nothing'],
  ['a label of a placement without a policy', undefined, {}, { labels: { region: 'west' } }, 'nothing'],
  ['a label that makes the cluster match', { ...all, affinity: west }, {}, { labels: { region: 'west' } }, 'outcome'],
  ['a label that still does not', { ...all, affinity: west }, {}, { labels: { region: 'east' } }, 'reasons'],
  ['a label that spreads', spread, {}, { labels: { zone: '1' } }, 'outcome'],
  ['a label that does not spread', spread, {}, { labels: { region: '1' } }, 'nothing'],
  ['a property asked for', { ...all, affinity: large }, {}, { properties: { cost: '1' } }, 'outcome'],
  ['a property that is no quantity', { ...all, affinity: large }, {}, { properties: { cost: 'dear' } }, 'reasons'],
  ['a property not asked for', { ...all, affinity: large }, {}, { properties: { nodes: '1' } }, 'nothing'],
  ['a free amount asked for', { ...all, affinity: free }, {}, { available: { cpu: '3' } }, 'outcome'],
  ['a free amount not asked for', { ...all, affinity: free }, {}, { available: { memory: '3' } }, 'nothing'],
  ['a taint gone', all, { taints: [{ key: 'drain', effect: 'NoSchedule' }] }, {}, 'outcome'],
  ['joining', all, { joined: 'False' }, {}, 'outcome'],
  ['joining, when named', { placementType: 'PickFixed', clusterNames: ['a'] }, { joined: 'False' }, {}, 'outcome'],
  ['joining, when others are', { placementType: 'PickFixed', clusterNames: ['b'] }, { joined: 'False' }, {}, 'nothing'],
] as [string, PlacementPolicy | undefined, ClusterCase, ClusterCase, string][]) {
  test(`${what}: ${want}`, () => {
    const [old, next] = [cluster('a', before), cluster('a', after)]
    const placement = { spec: { resourceSelectors: [], ...(policy && { policy }) } }
    assert.equal(concernOf(placement, next, changedAspects(old, next, noon)), want)
  })
}

test('too many changed labels to list may matter to anyone', () => {
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`label-${at}`, 'x']))
  assert.equal(changedAspects(cluster('a'), cluster('a', { labels }), noon), undefined)
})
