import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hublessKinds } from '../../../../shared/api/hubless-kinds.ts'
import { kindOf, kinds } from '../../../../shared/api/kinds.ts'
import { crdOf } from '../../../../shared/apiserver/fleet/crd.ts'
import { fleetKinds } from '../../../../shared/apiserver/fleet/fleet-kinds.ts'

const served = (kind: string, version: string) => {
  const found = fleetKinds.find((each) => each.kind === kind && each.version === version)
  assert.ok(found, `${kind} ${version} is served`)
  return found
}

test('every version of every kind is served, the stable one first, all from one partition', () => {
  assert.equal(
    fleetKinds.length,
    [...kinds, ...hublessKinds].reduce((sum, kind) => sum + kind.versions.length, 0),
  )
  const versions = fleetKinds.filter((each) => each.kind === 'ClusterResourceOverride').map((each) => each.version)
  assert.deepEqual(versions, ['v1', 'v1beta1', 'v1alpha1'])
  for (const kind of kinds) {
    const storages = new Set(
      fleetKinds
        .filter((each) => each.kind === kind.kind)
        .map((each) => `${each.storage.group}/${each.storage.resource}`),
    )
    assert.deepEqual([...storages], [`${kind.group}/${kind.plural}`])
  }
})

test('objects are stored in v1beta1, cluster profiles in v1alpha1', () => {
  assert.equal(served('MemberCluster', 'v1').storageApiVersion, 'cluster.kubernetes-fleet.io/v1beta1')
  assert.equal(served('ClusterProfile', 'v1alpha1').storageApiVersion, 'multicluster.x-k8s.io/v1alpha1')
})

test('a placement has defaults, bounds and rules in its schema', () => {
  const spec = served('ClusterResourcePlacement', 'v1beta1').schema?.properties?.['spec']
  assert.deepEqual(spec?.required, ['resourceSelectors'])
  assert.equal(spec?.['x-kubernetes-validations']?.length, 6)
  assert.equal(spec?.properties?.['revisionHistoryLimit']?.default, 10)
  assert.equal(spec?.properties?.['policy']?.properties?.['placementType']?.default, 'PickAll')
  assert.equal(spec?.properties?.['resourceSelectors']?.maxItems, 100)
  const namespaced = served('ResourcePlacement', 'v1beta1').schema?.properties?.['spec']
  assert.equal(namespaced?.['x-kubernetes-validations']?.length, 4)
})

test('v1 lacks the fields that only v1beta1 has', () => {
  const strategy = (version: string) =>
    Object.keys(
      served('ClusterResourcePlacement', version).schema?.properties?.['spec']?.properties?.['strategy']?.properties ??
        {},
    )
  assert.ok(strategy('v1beta1').includes('reportBackStrategy'))
  assert.ok(!strategy('v1').includes('reportBackStrategy'))
  assert.ok(!('deleteOptions' in (served('MemberCluster', 'v1').schema?.properties?.['spec']?.properties ?? {})))
})

test('the definition of AppliedWork is complete enough to be installed on a member', () => {
  const crd = JSON.parse(JSON.stringify(crdOf(kindOf('AppliedWork')))) as Record<string, unknown>
  assert.deepEqual(crd['metadata'], { name: 'appliedworks.placement.kubernetes-fleet.io' })
  const versions = (crd['spec'] as { versions: { storage: boolean; served: boolean }[] }).versions
  assert.equal(versions.filter((version) => version.storage).length, 1)
  assert.ok(versions.every((version) => version.served))
})

test('a kind that is not ours is refused by name', () => {
  assert.throws(() => kindOf('Deployment'), /Deployment is not a kind of the fleet's API/)
})
