// Who is turned away at the door, besides what roles say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { type DoorSettings, refusal } from '../../../shared/app/guard-door.ts'
import { cluster } from '../../support/fleet-cases.ts'
import { door as open } from '../../support/settings.ts'

const guarded: DoorSettings = { ...open, guardRail: { whitelistedUsers: ['ann'], denyMemberClusterLabels: false } }
const user = (name: string, ...groups: string[]) => ({ user: { name, groups } })
const someone = user('bob', 'system:authenticated')
const admin = user('eve', 'system:masters')

const object = (apiVersion: string, kind: string, name: string, namespace?: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
})
const secret = object('v1', 'Secret', 'a-kubeconfig', 'fleet-system')
const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'memberclusters.cluster.kubernetes-fleet.io')
const work = object('placement.kubernetes-fleet.io/v1beta1', 'Work', 'w', 'fleet-member-a')
const pod = object('v1', 'Pod', 'p', 'default')

async function storeWith(...clusters: readonly KubeObject[]) {
  const store = createMemoryObjectStore({ clock: new ManualClock() })
  for (const one of clusters)
    await store.write(
      { group: 'cluster.kubernetes-fleet.io', resource: 'memberclusters' },
      { key: { name: one.metadata.name ?? '' }, expect: 'absent', object: one },
    )
  return store
}

for (const [what, door, asking, written, want] of [
  ['without guard rails anybody whom roles let', open, someone, secret, undefined],
  [
    'a stranger in the namespace of the fleet',
    guarded,
    someone,
    secret,
    /'bob' in .* is not allowed to CREATE .*Secret/,
  ],
  ['an administrator there', guarded, admin, secret, undefined],
  ['a trusted user there', guarded, user('ann'), secret, undefined],
  ['a service account there', guarded, user('sa', 'system:serviceaccounts'), secret, undefined],
  ['a service account at a definition', guarded, user('sa', 'system:serviceaccounts'), crd, /is not allowed to CREATE/],
  ['a stranger elsewhere', guarded, someone, object('v1', 'Secret', 's', 'shop'), undefined],
  ['a stranger with an Event', guarded, someone, object('v1', 'Event', 'e', 'fleet-system'), undefined],
  ['a member at its own work', guarded, user('a'), work, undefined],
  [
    "a member's service account at its own work",
    guarded,
    user('system:serviceaccount:fleet-system:a'),
    work,
    undefined,
  ],
  ["a member at another's work", guarded, user('b'), work, /is not allowed to CREATE/],
  ['a pod', open, someone, pod, undefined],
  ['a pod where none may be', { ...open, workloads: false }, admin, pod, /^Pod default\/p creation is disallowed/],
] as [string, DoorSettings, typeof someone, KubeObject, RegExp | undefined][]) {
  test(`${what} is ${want ? 'turned away' : 'let in'}`, async () => {
    const objects = await storeWith(cluster('a') as unknown as KubeObject)
    const got = await refusal({ objects, door }, { operation: 'CREATE', object: written, old: undefined, asking })
    if (want) assert.match(got ?? '', want)
    else assert.equal(got, undefined)
  })
}

test('a cluster that exports services stays until they are taken back, unless told to skip that', async () => {
  const objects = await storeWith()
  const exported = object('networking.fleet.azure.com/v1alpha1', 'InternalServiceExport', 'web', 'fleet-member-a')
  await objects.write(
    { group: 'networking.fleet.azure.com', resource: 'internalserviceexports' },
    { key: { namespace: 'fleet-member-a', name: 'web' }, expect: 'absent', object: exported },
  )
  const leaving = cluster('a') as unknown as KubeObject
  const remove = (door: DoorSettings, given: KubeObject) =>
    refusal({ objects, door }, { operation: 'DELETE', object: given, old: given, asking: admin })
  assert.match((await remove({ ...open, networking: true }, leaving)) ?? '', /Please delete serviceExport web/)
  assert.equal(await remove(open, leaving), undefined)
  const spec = { ...(leaving['spec'] as object), deleteOptions: { validationMode: 'Skip' } }
  assert.equal(await remove({ ...open, networking: true }, { ...leaving, spec }), undefined)
})
