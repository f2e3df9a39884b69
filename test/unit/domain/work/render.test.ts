import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import type { ClusterResourceOverrideSnapshot, ResourceOverrideSnapshot } from '../../../../shared/api/override.ts'
import { renderManifests } from '../../../../shared/domain/work/render.ts'

const apiVersion = 'placement.kubernetes-fleet.io/v1beta1'
const configMap = (name: string, namespace = 'app'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { from: 'hub' },
})
const envelope = (data: Record<string, unknown>): KubeObject => ({
  apiVersion,
  kind: 'ResourceEnvelope',
  metadata: { name: 'wrap', namespace: 'app' },
  data,
})
const everywhere = { clusterSelectorTerms: [] }

function clusterOverride(name: string, value: unknown): ClusterResourceOverrideSnapshot {
  const rule = { clusterSelector: everywhere, jsonPatchOverrides: [{ op: 'add', path: '/data/from', value }] }
  const overrideSpec = {
    clusterResourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: 'app' }],
    policy: { overrideRules: [rule] },
  }
  return {
    apiVersion,
    kind: 'ClusterResourceOverrideSnapshot',
    metadata: { name },
    spec: { overrideSpec, overrideHash: '' },
  }
}

function resourceOverride(name: string, selected: string, rule: object): ResourceOverrideSnapshot {
  const overrideSpec = {
    resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: selected }],
    policy: { overrideRules: [{ clusterSelector: everywhere, ...rule }] },
  }
  return {
    apiVersion,
    kind: 'ResourceOverrideSnapshot',
    metadata: { name, namespace: 'app' },
    spec: { overrideSpec, overrideHash: '' },
  }
}

function render(
  objects: readonly KubeObject[],
  cluster: ClusterResourceOverrideSnapshot[],
  namespaced: ResourceOverrideSnapshot[],
) {
  return renderManifests({
    objects,
    lists: {
      clusterResourceOverrideSnapshots: cluster.map(({ metadata }) => metadata.name ?? ''),
      resourceOverrideSnapshots: namespaced.map(({ metadata }) => ({ name: metadata.name ?? '', namespace: 'app' })),
    },
    overrides: { cluster, namespaced },
    cluster: { name: 'c-1' },
  })
}

test('objects of an envelope come out of it, remember it, and are overridden one by one', () => {
  const drop = resourceOverride('drop', 'second', { overrideType: 'Delete' })
  const got = render([configMap('plain'), envelope({ a: configMap('first'), b: configMap('second') })], [], [drop])
  assert.ok(got.kind === 'rendered')
  assert.deepEqual(
    got.manifests.map(({ object, envelope: from }) => [object.metadata.name, from?.name]),
    [
      ['plain', undefined],
      ['first', 'wrap'],
    ],
  )
})

test('an override of the namespace itself reaches everything in it, and the namespaced one has the last word', () => {
  const last = resourceOverride('last', 'plain', {
    jsonPatchOverrides: [{ op: 'replace', path: '/data/from', value: 'ro' }],
  })
  const got = render(
    [configMap('plain'), configMap('other'), configMap('far', 'elsewhere')],
    [clusterOverride('wide', 'cro')],
    [last],
  )
  assert.ok(got.kind === 'rendered')
  assert.deepEqual(
    got.manifests.map(({ object }) => (object['data'] as { from: string }).from),
    ['ro', 'cro', 'hub'],
  )
})

test('an override that fails, and one that is gone, keep everything from being applied', () => {
  const bad = resourceOverride('bad', 'plain', { jsonPatchOverrides: [{ op: 'remove', path: '/spec/x' }] })
  const got = render([configMap('other'), configMap('plain')], [], [bad])
  assert.ok(got.kind === 'failed' && got.phase === 'override')
  assert.match(got.message, /ResourceOverrideSnapshot "bad" failed to apply on ConfigMap "plain" in namespace "app"/)

  const lists = { clusterResourceOverrideSnapshots: ['gone'], resourceOverrideSnapshots: [] }
  const missing = renderManifests({
    objects: [],
    lists,
    overrides: { cluster: [], namespaced: [] },
    cluster: { name: 'c' },
  })
  assert.ok(missing.kind === 'failed' && missing.phase === 'override')
  assert.match(missing.message, /gone/)
})

for (const [name, inner] of [
  ['something that is no object', 'text'],
  ['an object of another namespace', configMap('x', 'elsewhere')],
  ['a cluster-scoped object', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }],
] as const) {
  test(`an envelope with ${name} is the sync's failure, and says where`, () => {
    const got = render([envelope({ good: configMap('x'), odd: inner })], [], [])
    assert.ok(got.kind === 'failed' && got.phase === 'sync')
    assert.match(got.message, /data\["odd"\] of ResourceEnvelope app\/wrap/)
  })
}
