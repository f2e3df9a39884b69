// The AppliedWork on a member: it says what the placement has there, holds what only reports differences, and its end is
// held up by nobody else's objects.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApplyStrategy } from '../../shared/api/placement.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

const placement = (applyStrategy?: ApplyStrategy) =>
  aPlacement('shop', 'shop', {
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '100%', maxSurge: '100%', unavailablePeriodSeconds: 1 },
      ...(applyStrategy && { applyStrategy }),
    },
  })

async function shopWorld(applyStrategy?: ApplyStrategy): Promise<World> {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings'), aConfigMap('shop', 'extra'))
  await world.apply(placement(applyStrategy))
  await world.run()
  return world
}

function toldOn(world: World): unknown {
  const work = world.member('one').find('AppliedWork', 'shop-work')
  const { appliedResources } = (work?.['status'] ?? {}) as { appliedResources?: { kind: string; uid: string }[] }
  return appliedResources?.map(({ kind, uid }) => [kind, uid])
}

test('it lists the objects that were applied, with their identity there', async () => {
  const world = await shopWorld()
  const uidOf = (kind: string, name: string, namespace?: string) =>
    world.member('one').find(kind, name, namespace)?.metadata.uid
  const extra = ['ConfigMap', uidOf('ConfigMap', 'extra', 'shop')]
  const settings = ['ConfigMap', uidOf('ConfigMap', 'settings', 'shop')]
  const namespace = ['Namespace', uidOf('Namespace', 'shop')]
  assert.deepEqual(toldOn(world), [namespace, extra, settings])
  const revision = () => world.member('one').find('AppliedWork', 'shop-work')?.metadata.resourceVersion
  const before = revision()
  await world.tick()
  assert.equal(revision(), before, 'the same is not written again')
  await world.remove(aConfigMap('shop', 'extra'))
  await world.run()
  assert.deepEqual(toldOn(world), [namespace, settings])
  await world.apply(placement({ type: 'ReportDiff' }))
  await world.run()
  assert.deepEqual(toldOn(world), [])
})

test('what leaves the selection of a placement that only reports stays until it applies again', async () => {
  const world = await shopWorld()
  await world.apply(placement({ type: 'ReportDiff' }))
  await world.run()
  await world.remove(aConfigMap('shop', 'extra'))
  await world.run()
  await world.tick()
  assert.ok(world.member('one').find('ConfigMap', 'extra', 'shop'))
  assert.deepEqual((await world.status('shop'))?.placementStatuses?.[0]?.diffedPlacements, undefined)
  await world.apply(placement())
  await world.run()
  assert.equal(world.member('one').find('ConfigMap', 'extra', 'shop'), undefined)
  assert.ok(world.member('one').find('ConfigMap', 'settings', 'shop'))
})

test('a removal waits for finalizers, but after five minutes not for objects that others own too', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'reader' },
    rules: [],
  }
  const selector = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', name: 'reader' }
  const roles = aPlacement('roles', '', { resourceSelectors: [selector] })
  await world.apply(role, roles)
  await world.run()
  const member = world.member('one')
  const { metadata } = member.find('ClusterRole', 'reader') ?? role
  const { metadata: other } = member.put(aNamespace('other'))
  const coOwner = { apiVersion: 'v1', kind: 'Namespace', name: 'other', uid: other.uid ?? '' }
  const ownerReferences = [...('ownerReferences' in metadata ? (metadata.ownerReferences ?? []) : []), coOwner]
  member.put({ ...role, metadata: { ...metadata, finalizers: ['example.com/held'], ownerReferences } })
  member.remove('ClusterRole', 'reader')
  await world.remove(roles)
  await world.run(60_000)
  assert.ok(member.find('AppliedWork', 'roles-work')?.metadata.deletionTimestamp, 'the finalizer is honoured')
  await world.run(5 * 60_000)
  assert.equal(member.find('AppliedWork', 'roles-work'), undefined)
  assert.equal(await world.placements.read('roles'), undefined)
  assert.deepEqual(member.find('ClusterRole', 'reader')?.metadata.finalizers, ['example.com/held'])
})
