import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import { effectiveApplyStrategy } from '../../../../shared/domain/rollout/strategy.ts'
import { isNoChange, writeRequest } from '../../../../shared/domain/work/apply.ts'
import { lastAppliedAnnotation } from '../../../../shared/domain/work/clean.ts'
import { goText } from '../../../../shared/domain/work/go-format.ts'
import { ownerOf } from '../../../../shared/domain/work/ownership.ts'
import { differences } from '../../../../shared/domain/work/patch-details.ts'

const owner = ownerOf({ name: 'p-work', uid: 'u' })
const manifest: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', namespace: 'n', resourceVersion: '5', uid: 'hub', labels: { a: 'b' } },
  data: { a: '1' },
}
const strategy = (of: Parameters<typeof effectiveApplyStrategy>[0] = {}) => effectiveApplyStrategy(of)

/** What the member holds after the first apply. */
function stored(object = manifest): KubeObject {
  const request = writeRequest({ manifest: object, live: undefined, owner, strategy: strategy() })
  assert.ok(request.verb === 'create')
  return { ...request.object, metadata: { ...request.object.metadata, uid: 'member', resourceVersion: '7' } }
}

test('what is missing is created, owned, and without anything of the hub', () => {
  const { metadata } = stored()
  assert.deepEqual(metadata.ownerReferences, [owner])
  assert.deepEqual(metadata.labels, { a: 'b' })
  assert.ok(metadata.annotations?.[lastAppliedAnnotation]?.includes('"a":"1"'))
})

test('an unchanged object needs no request', () => {
  assert.ok(isNoChange(writeRequest({ manifest, live: stored(), owner, strategy: strategy() })))
})

test('client-side apply takes back what was changed and removes what is wanted no more', () => {
  const live = { ...stored({ ...manifest, data: { a: '1', old: '1' } }), data: { a: '2', old: '1', theirs: '3' } }
  const request = writeRequest({ manifest, live, owner, strategy: strategy() })
  assert.ok(request.verb === 'patch' && request.type === 'strategic')
  assert.deepEqual((request.patch as { data: unknown }).data, { old: null, a: '1' })
})

test('custom resources get a plain merge that keeps their other owners', () => {
  const custom: KubeObject = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { size: 2 },
  }
  const other = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs' }
  const live = { ...custom, metadata: { name: 'w', ownerReferences: [other, owner] }, spec: { size: 1 } }
  const request = writeRequest({ manifest: custom, live, owner, strategy: strategy({ allowCoOwnership: true }) })
  assert.ok(request.verb === 'patch' && request.type === 'merge')
  const { spec, metadata } = request.patch as { spec: unknown; metadata: { ownerReferences?: unknown } }
  assert.deepEqual(spec, { size: 2 })
  assert.equal(metadata.ownerReferences, undefined)
})

test('only a strategy that minds drift pins the version it has seen', () => {
  const live = { ...stored(), data: { a: '2' } }
  const pinned = writeRequest({ manifest, live, owner, strategy: strategy({ whenToApply: 'IfNotDrifted' }) })
  assert.ok(pinned.verb === 'patch')
  assert.equal((pinned.patch as { metadata: { resourceVersion: string } }).metadata.resourceVersion, '7')
  const free = writeRequest({ manifest, live, owner, strategy: strategy() })
  assert.ok(free.verb === 'patch' && !JSON.stringify(free.patch).includes('resourceVersion'))
})

test('an object too large for its own note is applied by the server instead', () => {
  const large = { ...manifest, data: { a: 'x'.repeat(300_000) } }
  const request = writeRequest({ manifest: large, live: stored(), owner, strategy: strategy() })
  assert.ok(request.verb === 'apply')
  assert.equal(request.object.metadata.annotations?.[lastAppliedAnnotation], '')
})

for (const [managers, force] of [
  [['hubless'], true],
  [['work-api-agent', 'before-first-apply'], true],
  [['hubless', 'kubectl'], false],
] as const) {
  test(`server-side apply over fields of ${managers.join(' and ')} is ${force ? '' : 'not '}forced`, () => {
    const live = {
      ...stored(),
      metadata: { ...stored().metadata, managedFields: managers.map((manager) => ({ manager })) },
    }
    const request = writeRequest({ manifest, live, owner, strategy: strategy({ type: 'ServerSideApply' }) })
    assert.ok(request.verb === 'apply')
    assert.equal(request.force, force)
  })
}

test('values are shown the way Go prints them', () => {
  const value = { b: [1, 'x', null], a: true, n: 1_000_000, f: 0.5, e: 1234567.5, s: 0.00001 }
  assert.equal(goText(value, 'member'), 'map[a:true b:[1 x <nil>] e:1.2345675e+06 f:0.5 n:1e+06 s:1e-05]')
  assert.equal(goText(1_000_000, 'hub'), '1000000')
  assert.equal(goText({}, 'hub') + goText([], 'hub'), 'map[][]')
})

test('what a Secret holds is never shown', () => {
  const secret = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { password: value },
  })
  const text = JSON.stringify(differences(secret('aHVudGVyMg=='), secret('b3RoZXI=')))
  assert.ok(text.includes('/data/password') && !text.includes('aHVudGVyMg') && !text.includes('b3RoZXI'))
})

test('at most 100 differences are told', () => {
  const withData = (value: string): KubeObject => ({
    ...manifest,
    data: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, value])),
  })
  assert.equal(differences(withData('1'), withData('2')).length, 100)
})
