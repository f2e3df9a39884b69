// What the in-memory member adds to the contract: faults on demand, statuses and garbage in the test's own time, counters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, sequentialIds } from '../../../shared/adapters/memory/manual-clock.ts'
import { type MemoryMember, memoryMember, memoryMembers } from '../../../shared/adapters/memory/member-cluster.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { InvalidInputError, TransientError } from '../../../shared/errors.ts'
import { type MemberRef, MemberRefusal } from '../../../shared/ports/member-cluster.ts'

const options = () => ({ clock: new ManualClock(), ids: sequentialIds() })
const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})
const deployment = (image: string, replicas = 2): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, template: { spec: { containers: [{ name: 'web', image }] } } },
})
async function refTo(member: MemoryMember, object: KubeObject): Promise<MemberRef> {
  const [group = '', version = ''] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion]
  const resource = await member.resolve({ group, version, kind: object.kind })
  assert.ok(resource)
  return { resource, namespace: object.metadata.namespace, name: object.metadata.name ?? '' }
}
async function create(member: MemoryMember, object: KubeObject): Promise<KubeObject> {
  return member.write(await refTo(member, object), { verb: 'create', object })
}

test('is down, locked out, failing or refusing as the test says', async () => {
  const member = memoryMember(options())
  member.goDown()
  await assert.rejects(member.probe(), TransientError)
  member.comeBack()
  member.lockOut('the token expired')
  await assert.rejects(
    member.probe(),
    (error) => error instanceof InvalidInputError && error.message === 'the token expired',
  )
  member.lockOut()
  member.failNext(new TransientError('once'), ({ verb }) => verb === 'create')
  const ref = await refTo(member, configMap('a'))
  await assert.rejects(create(member, configMap('a')), /once/)
  await create(member, configMap('a'))
  member.refuse('ConfigMap', 'quota exceeded', 403)
  await assert.rejects(create(member, configMap('b')), (error) => error instanceof MemberRefusal && error.code === 403)
  assert.ok(await member.get(ref), 'reads are not refused')
  member.refuse('ConfigMap')
  await create(member, configMap('b'))
})

test('hangs until it is released', async () => {
  const member = memoryMember(options())
  const release = member.hang()
  let answered = false
  const probe = member.probe().then(() => {
    answered = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(answered, false)
  release()
  await probe
  await member.probe()
})

test('brings workloads to life at once, or when told', async () => {
  const atOnce = memoryMember(options())
  await create(atOnce, deployment('web:1'))
  assert.deepEqual(availability(atOnce), [1, 2, 2, 0])
  const later = memoryMember({ ...options(), workloads: 'on settle' })
  await create(later, deployment('web:1'))
  assert.deepEqual(availability(later), [undefined, undefined, undefined, undefined])
  assert.ok(later.settle() > 0)
  assert.deepEqual(availability(later), [1, 2, 2, 0])
  assert.equal(later.settle(), 0, 'what has its status keeps it')
})

test('keeps an image that never pulls unavailable', async () => {
  const member = memoryMember(options())
  await create(member, deployment('registry.example/never-pulls:1'))
  assert.deepEqual(availability(member), [1, 0, 2, 2])
})

function availability(member: MemoryMember): readonly unknown[] {
  const status: object = Object(member.find('Deployment', 'web', 'default')?.['status'])
  return ['observedGeneration', 'availableReplicas', 'updatedReplicas', 'unavailableReplicas'].map((field) =>
    Reflect.get(status, field),
  )
}

test('collects garbage at once when asked to', async () => {
  const member = memoryMember({ ...options(), garbage: 'at once' })
  const owner = await create(member, configMap('owner'))
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }]
  await create(member, { ...configMap('owned'), metadata: { name: 'owned', namespace: 'default', ownerReferences } })
  await member.delete(await refTo(member, owner), { propagation: 'Foreground' })
  assert.deepEqual(member.list('ConfigMap'), [])
})

test('counts calls and remembers them', async () => {
  const member = memoryMember(options())
  const ref = await refTo(member, configMap('a'))
  await member.write(ref, { verb: 'apply', object: configMap('a'), force: true }, { dryRun: true })
  await member.write(ref, { verb: 'apply', object: configMap('a'), force: true })
  await member.get(ref)
  assert.deepEqual(member.calls, {
    resolve: 1,
    get: 1,
    create: 0,
    update: 0,
    apply: 2,
    patch: 0,
    delete: 0,
    probe: 0,
    list: 0,
    watch: 0,
    dryRuns: 1,
  })
  assert.deepEqual(member.log.at(-1), {
    verb: 'get',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'a',
    dryRun: false,
  })
})

test('somebody else on the member writes under another name, status included', async () => {
  const member = memoryMember(options())
  member.put({ ...deployment('web:1'), status: { availableReplicas: 1 } })
  const found = member.find('Deployment', 'web', 'default')
  assert.deepEqual(found?.['status'], { availableReplicas: 1 })
  assert.deepEqual(
    found?.metadata.managedFields?.map(({ manager }) => manager),
    ['somebody'],
  )
  member.remove('Deployment', 'web', 'default')
  assert.equal(member.find('Deployment', 'web', 'default'), undefined)
})

test('nothing handed out or taken in is shared with the store', async () => {
  const member = memoryMember(options())
  const given = { ...configMap('a'), data: { a: '1' } }
  const made = await create(member, given)
  given.data.a = 'changed'
  made['data'] = 'changed'
  const ref = await refTo(member, given)
  const got = await member.get(ref)
  assert.deepEqual(got?.['data'], { a: '1' })
})

test('a probe shows the profile that was set and the namespaces there are', async () => {
  const member = memoryMember(options())
  member.setProfile({ version: 'v1.30.0', available: { cpu: '1' } })
  const ownerReferences = [
    { apiVersion: 'placement.kubernetes-fleet.io/v1beta1', kind: 'AppliedWork', name: 'work-1', uid: 'u' },
  ]
  member.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app', ownerReferences } })
  const profile = await member.probe()
  assert.equal(profile.version, 'v1.30.0')
  assert.deepEqual(profile.available, { cpu: '1' })
  assert.equal(profile.namespaces['app'], 'work-1')
  assert.equal(profile.namespacesTruncated, false)
})

test('members are found by name, and a kubeconfig must say something', async () => {
  const members = memoryMembers(options())
  assert.equal(await members.connect('a', 'kubeconfig'), members.member('a'))
  assert.notEqual(members.member('a'), members.member('b'))
  await assert.rejects(members.connect('c', ' '), InvalidInputError)
})
