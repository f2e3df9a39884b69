// What it takes to add a scheduler plugin: the file `quiet-nodes.ts`, and the line in the list below.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../../../../shared/domain/scheduler/explain.ts'
import { schedulingRules } from '../../../../shared/domain/scheduler/profile.ts'
import { applied, scheduleFully } from '../../../../shared/domain/scheduler/schedule.ts'
import { cluster, cycleInput, pickN } from '../../../support/fleet-cases.ts'
import { quietNodes } from '../../../support/quiet-nodes.ts'

const rules = [
  ...schedulingRules,
  quietNodes, // the one line
]
const nodes = (count: string) => ({ properties: { 'kubernetes-fleet.io/node-count': count } })
const fleet = [cluster('few', nodes('2')), cluster('some', nodes('7')), cluster('many', nodes('30'))]

test('a plugin filters, scores and explains from one file and one line, spread or not', () => {
  for (const topologySpreadConstraints of [
    [],
    [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  ]) {
    const input = { ...cycleInput(pickN(1, { topologySpreadConstraints }), fleet), rules }
    const result = scheduleFully(input)
    assert.deepEqual(
      result.create.map(({ targetCluster }) => targetCluster),
      ['few'],
    )
    assert.equal(result.create[0]?.clusterDecision.clusterScore?.affinityScore, 8)
    const reasons = explain({ ...input, bindings: applied([], result) })
    const refused = reasons.find((reason) => reason.cluster === 'many')
    assert.deepEqual([refused?.plugin, refused?.wanted, refused?.seen], ['QuietNodes', 'at most 10 nodes', '30 nodes'])
    assert.equal(refused?.reason, 'ClusterUnschedulable, too many nodes')
    assert.equal(reasons.find((reason) => reason.cluster === 'some')?.score?.affinity, 3)
  }
})

test('every rule of the hub is in the list once, in the order in which it refuses', () => {
  const names = schedulingRules.map(
    (rule) => rule({ ...cycleInput(undefined, []), policy: undefined, current: [], obsolete: [] }).name,
  )
  assert.deepEqual(names, [
    'ClusterAffinity',
    'ClusterEligibility',
    'NamespaceAffinity',
    'TaintToleration',
    'SamePlacementAntiAffinity',
    'TopologySpreadConstraints',
  ])
})
