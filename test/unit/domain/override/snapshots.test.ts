import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  newestOfEach,
  type OverrideSource,
  overrideHash,
  planOverrideSnapshots,
  type SnapshotLike,
} from '../../../../shared/domain/override/snapshots.ts'

const spec = { clusterResourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: 'app' }] }
const override: OverrideSource = {
  apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
  kind: 'ClusterResourceOverride',
  metadata: { name: 'o', uid: 'u' },
  spec,
}

function snapshot(index: number, latest: boolean, of: unknown = { index }): SnapshotLike {
  return {
    metadata: {
      name: `o-${index}`,
      labels: {
        'kubernetes-fleet.io/parent-resource-override': 'o',
        'kubernetes-fleet.io/is-latest-snapshot': String(latest),
        'kubernetes-fleet.io/override-index': String(index),
      },
    },
    spec: { overrideSpec: of, overrideHash: overrideHash(of) },
  }
}

test('a new override gets its first snapshot, owned and marked', () => {
  const { create, relabel, remove } = planOverrideSnapshots(override, [])
  assert.equal(create?.metadata.name, 'o-0')
  assert.equal(create?.kind, 'ClusterResourceOverrideSnapshot')
  assert.equal(create?.metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot'], 'true')
  assert.equal(create?.metadata.ownerReferences?.[0]?.uid, 'u')
  assert.deepEqual([relabel, remove], [[], []])
})

test('an unchanged override keeps its snapshot, and gets a lost mark back', () => {
  assert.deepEqual(planOverrideSnapshots(override, [snapshot(4, true, spec)]), {
    create: undefined,
    relabel: [],
    remove: [],
  })
  const { create, relabel } = planOverrideSnapshots(override, [snapshot(3, true), snapshot(4, false, spec)])
  assert.equal(create, undefined)
  assert.deepEqual(
    relabel.map(({ snapshot: { metadata }, latest }) => [metadata.name, latest]),
    [
      ['o-3', false],
      ['o-4', true],
    ],
  )
})

test('a change makes the next snapshot and takes the mark off the old one', () => {
  const { create, relabel } = planOverrideSnapshots(override, [snapshot(9, false), snapshot(10, true)])
  assert.equal(create?.metadata.name, 'o-11')
  assert.deepEqual(
    relabel.map(({ snapshot: { metadata }, latest }) => [metadata.name, latest]),
    [['o-10', false]],
  )
})

test('old snapshots go, but not those a binding points to', () => {
  const many = Array.from({ length: 12 }, (_, index) => snapshot(index, index === 11))
  const { remove } = planOverrideSnapshots(override, many, new Set(['o-1']))
  assert.deepEqual(
    remove.map(({ metadata }) => metadata.name),
    ['o-0', 'o-2'],
  )
})

test('while one snapshot takes over from another the newer one counts', () => {
  const other = { ...snapshot(9, true), metadata: { ...snapshot(9, true).metadata, namespace: 'elsewhere' } }
  const kept = newestOfEach([snapshot(9, true), snapshot(10, true), other])
  assert.deepEqual(
    kept.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
    ['/o-10', 'elsewhere/o-9'],
  )
})
