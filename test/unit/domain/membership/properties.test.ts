// What a probe tells of a cluster: properties, costs, and the profile other tools read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberProfile } from '../../../../shared/api/member-cluster.ts'
import { costsOf, type PriceTable, priceTable } from '../../../../shared/domain/membership/costs.ts'
import { wantedProfile } from '../../../../shared/domain/membership/profile.ts'
import { collectedProperties } from '../../../../shared/domain/membership/properties.ts'
import { cluster, noon, noonText } from '../../../support/fleet-cases.ts'

const prices: PriceTable = { source: 'a list', asOf: '2026-01-01', regions: { here: { small: 0.1, large: 0.4 } } }
const capacity = { cpu: '6', memory: '24Gi' }
const probed: MemberProfile = {
  version: 'v1.36.0',
  ready: true,
  nodeCount: 3,
  capacity,
  allocatable: capacity,
  available: capacity,
  namespaces: {},
  namespacesTruncated: false,
}
const azure = { region: 'here', sizes: { small: 2, large: 1 } }

test('costs are the price of all nodes, shared among cores and among gibibytes', () => {
  assert.deepEqual(costsOf(azure, capacity, prices), { kind: 'known', perCore: '0.100', perGiB: '0.025' })
})

for (const [what, given, amounts, problem] of [
  ['a size without a price', { region: 'here', sizes: { small: 1, huge: 1 } }, capacity, /region here for huge$/],
  ['nodes without a size', { region: 'here', sizes: { undefined: 1 } }, capacity, /for undefined$/],
  ['a region without prices', { region: 'there', sizes: { small: 1 } }, capacity, /no prices for region "there"/],
  ['no region', { sizes: { small: 1 } }, capacity, /no prices for region ""/],
  ['no cores', { region: 'here', sizes: { small: 1 } }, { memory: '1Gi' }, /no cores or no memory/],
  ['a name every object has', { region: 'here', sizes: { constructor: 1 } }, capacity, /for constructor$/],
] as [string, NonNullable<MemberProfile['azure']>, Record<string, string>, RegExp][]) {
  test(`${what} makes the costs unknown, and says so`, () => {
    const costs = costsOf(given, amounts, prices)
    assert.equal(costs.kind, 'unknown')
    assert.match(costs.kind === 'unknown' ? costs.problem : '', problem)
    const { properties, conditions } = collectedProperties({ ...probed, azure: given, capacity: amounts }, noonText, {
      namespaceCollection: false,
      prices,
    })
    assert.ok(Object.keys(properties).every((name) => !name.endsWith('-cost')))
    assert.equal(conditions.find(({ type }) => type.startsWith('AKS'))?.reason, 'CostsCalculationFailed')
  })
}

test('a cluster on Azure tells its sizes and costs under their names', () => {
  const { properties, conditions } = collectedProperties({ ...probed, azure }, noonText, {
    namespaceCollection: true,
    prices,
  })
  assert.deepEqual(Object.fromEntries(Object.entries(properties).map(([name, { value }]) => [name, value])), {
    'kubernetes-fleet.io/node-count': '3',
    'k8s.io/k8s-version': 'v1.36.0',
    'kubernetes.azure.com/vm-sizes/small/count': '2',
    'kubernetes.azure.com/vm-sizes/large/count': '1',
    'kubernetes.azure.com/per-cpu-core-cost': '0.100',
    'kubernetes.azure.com/per-gb-memory-cost': '0.025',
  })
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    [
      'ClusterPropertyCollectionSucceeded True PropertiesCollected',
      'AKSClusterCostPropertiesCollectionSucceeded True CostsCalculationDegraded',
      'NamespaceCollectionSucceeded True Succeeded',
    ],
  )
})

test('a cluster elsewhere has neither, and namespaces are told of only when asked for', () => {
  const { properties, conditions } = collectedProperties(probed, noonText, { namespaceCollection: false })
  assert.deepEqual(Object.keys(properties), ['kubernetes-fleet.io/node-count', 'k8s.io/k8s-version'])
  assert.equal(conditions.length, 1)
  const more = collectedProperties({ ...probed, namespacesTruncated: true }, noonText, { namespaceCollection: true })
  assert.equal(more.conditions.at(-1)?.reason, 'Degraded')
})

test('the price table that comes with the hub says where and when it is from', () => {
  assert.match(priceTable.asOf, /^\d{4}-\d{2}-\d{2}$/)
  assert.ok(priceTable.source.length > 20)
  for (const sizes of Object.values(priceTable.regions))
    for (const [size, price] of Object.entries(sizes)) assert.ok(price > 0 && price < 100, size)
})

test('a profile says how the control plane is', () => {
  const profile = (given: Parameters<typeof cluster>[1], now = noon) => {
    const { status, ...rest } = cluster('a', given)
    const joined = { type: 'Joined', status: 'True' as const, reason: 'MemberClusterJoined', message: '' }
    const stated = { ...rest, status: { ...status, conditions: [joined] } }
    return wantedProfile({ cluster: stated, current: undefined, now, time: noonText, staleMs: 60_000 })
  }
  const healthOf = (wanted: ReturnType<typeof profile>) => wanted?.status.conditions?.[0]
  assert.equal(healthOf(profile({}))?.reason, 'MemberClusterAPIServerHealthy')
  assert.equal(healthOf(profile({ healthy: 'False' }))?.reason, 'MemberClusterAPIServerUnhealthy')
  assert.equal(healthOf(profile({}, noon + 31_000))?.reason, 'MemberAgentHeartbeatLost')
  assert.equal(profile({ deletionTimestamp: noonText }), undefined)
  assert.equal(profile({})?.spec.clusterManager.name, 'KubeFleet')
})

test('a cluster that has not joined has no profile yet, and keeps the one it has', () => {
  const input = { cluster: cluster('a'), now: noon, time: noonText, staleMs: 60_000 }
  assert.equal(wantedProfile({ ...input, current: undefined }), undefined)
  assert.ok(wantedProfile({ ...input, current: {} }))
})
