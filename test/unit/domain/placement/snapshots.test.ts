// What enters a snapshot, and when a new one is made.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PlacementPolicy } from '../../../../shared/api/placement.ts'
import type { ResourceSnapshot } from '../../../../shared/api/placement-record.ts'
import { cleanObject } from '../../../../shared/domain/placement/clean-object.ts'
import { decidePolicySnapshot, policyHash } from '../../../../shared/domain/placement/policy-snapshot.ts'
import {
  countEnvelopes,
  decideResourceSnapshot,
  groupHash,
  splitResources,
} from '../../../../shared/domain/placement/resource-snapshot.ts'
import { policySnapshotObject, resourceSnapshotObjects } from '../../../../shared/domain/placement/snapshot-objects.ts'
import { noon, noonText } from '../../../support/fleet-cases.ts'

describe('cleaning an object', () => {
  test('takes out what the cluster wrote and keeps what the user wrote', () => {
    const cleaned = cleanObject({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'a',
        namespace: 'n',
        uid: 'u',
        resourceVersion: '5',
        generation: 2,
        creationTimestamp: noonText,
        managedFields: [{}],
        ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }],
        finalizers: ['keep/me'],
        labels: { b: '2', a: '1' },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      },
      data: { z: '1', a: '2' },
      status: { seen: true },
    })
    assert.equal(
      JSON.stringify(cleaned),
      '{"apiVersion":"v1","data":{"a":"2","z":"1"},"kind":"ConfigMap","metadata":{"finalizers":["keep/me"],"labels":{"a":"1","b":"2"},"name":"a","namespace":"n"}}',
    )
  })

  const service = (spec: object) =>
    cleanObject({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec })['spec']

  test('takes addresses and node ports from a Service, unless it is headless', () => {
    assert.deepEqual(
      service({
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1'],
        healthCheckNodePort: 3,
        ports: [{ port: 1, nodePort: 2 }],
      }),
      { ports: [{ port: 1 }] },
    )
    assert.deepEqual(service({ clusterIP: 'None', clusterIPs: ['None'] }), { clusterIP: 'None', clusterIPs: ['None'] })
  })

  test('takes generated selectors from a Job, unless it selects by hand', () => {
    const job = (spec: object) =>
      cleanObject({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec })['spec']
    const generated = {
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
      template: { metadata: { creationTimestamp: null, labels: { 'controller-uid': 'u', 'job-name': 'j' } } },
    }
    assert.deepEqual(job(generated), {
      selector: { matchLabels: {} },
      template: { metadata: { labels: { 'job-name': 'j' } } },
    })
    assert.deepEqual(job({ ...generated, manualSelector: true }), { ...generated, manualSelector: true })
  })

  test('survives a spec that is no map', () => {
    assert.equal(
      cleanObject({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: 'odd' })['spec'],
      'odd',
    )
  })
})

describe('splitting', () => {
  test('fills pieces in order and gives a large object one of its own', () => {
    const object = (size: number) => 'x'.repeat(size - 2)
    const sizes = splitResources([object(4), object(5), object(20), object(3)], 10).map((piece) =>
      piece.map((item) => item.length + 2),
    )
    assert.deepEqual(sizes, [[4, 5], [20], [3]])
  })

  test('does not enter the hash', () => {
    const objects = [{ a: 1 }, { b: 2 }]
    assert.equal(groupHash(splitResources(objects, 1).flat()), groupHash(objects))
  })
})

describe('a resource snapshot', () => {
  const content = (hash: string) => ({ hash, payload: hash, resources: [], envelopeCount: 0 })
  const debounce = { minimumIntervalMs: 30_000, collectionMs: 15_000 }
  const decide = (snapshots: readonly ResourceSnapshot[], hash: string, seconds = 0, historyLimit = 3) =>
    decideResourceSnapshot({
      placement: 'web',
      snapshots,
      content: content(hash),
      historyLimit,
      now: noon + seconds * 1000,
      debounce,
    })
  const first = decide([], 'a')

  test('is made at once the first time', () => {
    assert.deepEqual([first.current.name, first.current.index, first.waitMs], ['web-0-snapshot', 0, 0])
  })

  test('stays while the content is the same', () => {
    const again = decide(first.snapshots, 'a', 100)
    assert.deepEqual([again.changed, again.snapshots], [false, first.snapshots])
  })

  test('is held back from first sight and from the last snapshot, whichever ends later', () => {
    const young = decide(first.snapshots, 'b', 5)
    assert.deepEqual([young.waitMs, young.current.index, young.changed], [25_000, 0, true])
    const old = decide(first.snapshots, 'b', 100)
    assert.deepEqual([old.waitMs, old.current.index], [15_000, 0])
    const waiting = decide(old.snapshots, 'c', 110)
    assert.deepEqual([waiting.waitMs, waiting.changed], [5_000, false])
    const due = decide(waiting.snapshots, 'c', 115)
    assert.deepEqual([due.waitMs, due.current.name, due.current.candidateSince], [0, 'web-1-snapshot', undefined])
  })

  test('keeps as many as the history limit, itself included', () => {
    let { snapshots } = first
    for (const [round, hash] of ['b', 'c', 'd'].entries()) {
      ;({ snapshots } = decide(decide(snapshots, hash, 1000 * (round + 1)).snapshots, hash, 1000 * (round + 1) + 100))
    }
    assert.deepEqual(
      snapshots.map(({ index }) => index),
      [1, 2, 3],
    )
  })

  test('is not held back behind what an earlier placement of the name left', () => {
    const left = first.snapshots.map((snapshot) => ({ ...snapshot, hash: '' }))
    assert.deepEqual([decide(left, 'b', 1).waitMs, decide(left, 'b', 1).current.index], [0, 1])
  })

  test('becomes Kubernetes objects: one that carries the count, others by subindex', () => {
    const owner = { kind: 'ResourcePlacement' as const, metadata: { name: 'web', namespace: 'shop', uid: 'u' } }
    const contents = ['a', 'b', 'c'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }))
    const objects = resourceSnapshotObjects(owner, first.current, contents, true, 1)
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name]),
      [
        ['ResourceSnapshot', 'shop', 'web-0-snapshot'],
        ['ResourceSnapshot', 'shop', 'web-0-0'],
        ['ResourceSnapshot', 'shop', 'web-0-1'],
      ],
    )
    assert.equal(objects[0]?.metadata.annotations?.['kubernetes-fleet.io/number-of-resource-snapshots'], '3')
    assert.equal(objects[1]?.metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot'], undefined)
  })

  test('of nothing is one object with an empty list', () => {
    const owner = { kind: 'ClusterResourcePlacement' as const, metadata: { name: 'web' } }
    const [master, ...others] = resourceSnapshotObjects(owner, first.current, [], true)
    assert.deepEqual([master?.['spec'], others], [{ selectedResources: [] }, []])
  })

  test('counts envelopes of the fleet only', () => {
    const kinds = ['placement.kubernetes-fleet.io/v1beta1', 'example.com/v1'].map((apiVersion) => ({
      apiVersion,
      kind: 'ResourceEnvelope',
    }))
    assert.equal(countEnvelopes(kinds), 1)
  })
})

describe('a policy snapshot', () => {
  const decide = (policy: PlacementPolicy | undefined, snapshots = decidePolicySnapshot(base(undefined)).snapshots) =>
    decidePolicySnapshot({ ...base(policy), snapshots })
  const base = (policy: PlacementPolicy | undefined) => ({
    placement: 'web',
    generation: 4,
    policy,
    snapshots: [],
    historyLimit: 2,
    now: noonText,
  })

  test('no policy and an explicit PickAll differ', () => {
    assert.notEqual(policyHash(undefined), policyHash({ placementType: 'PickAll' }))
    // SHA-256 of `null`, as KubeFleet hashes it.
    assert.equal(policyHash(undefined), '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b')
  })

  test('member order of the policy does not matter', () => {
    const one: PlacementPolicy = { placementType: 'PickN', tolerations: [{ key: 'a', operator: 'Exists' }] }
    const other: PlacementPolicy = { tolerations: [{ operator: 'Exists', key: 'a' }], placementType: 'PickN' }
    assert.equal(policyHash(one), policyHash(other))
  })

  test('scaling makes no new snapshot', () => {
    const { snapshots } = decide({ placementType: 'PickN', numberOfClusters: 2 })
    const scaled = decide({ placementType: 'PickN', numberOfClusters: 5 }, snapshots)
    assert.deepEqual([scaled.current.index, scaled.current.numberOfClusters, scaled.changed], [1, 5, true])
    assert.equal(scaled.current.policy?.numberOfClusters, 2)
  })

  test('another policy makes one, and old ones go', () => {
    const { snapshots } = decide({ placementType: 'PickN', numberOfClusters: 2 })
    const next = decide({ placementType: 'PickAll' }, snapshots)
    assert.deepEqual(
      next.snapshots.map(({ name }) => name),
      ['web-1', 'web-2'],
    )
  })

  test('only a newer generation is noted on the same snapshot', () => {
    const { snapshots, current } = decide(undefined)
    const same = decidePolicySnapshot({ ...base(undefined), snapshots })
    assert.deepEqual([same.changed, same.current], [false, current])
    const newer = decidePolicySnapshot({ ...base(undefined), generation: 9, snapshots })
    assert.deepEqual([newer.changed, newer.current.placementGeneration, newer.current.index], [true, 9, 0])
  })

  test('becomes a Kubernetes object with the hash as bytes', () => {
    const { current } = decide({ placementType: 'PickN', numberOfClusters: 2 })
    const object = policySnapshotObject({ kind: 'ClusterResourcePlacement', metadata: { name: 'web' } }, current, true)
    assert.equal(object.kind, 'ClusterSchedulingPolicySnapshot')
    assert.equal(object.metadata.annotations?.['kubernetes-fleet.io/number-of-clusters'], '2')
    const { policyHash: bytes } = object['spec'] as { policyHash: string }
    assert.equal(Buffer.from(bytes, 'base64').toString(), current.hash)
  })
})
