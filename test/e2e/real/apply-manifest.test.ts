// Manifests on their way to a real API server, call by call as the domain decides: the patches it makes must do there what
// they promise.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import { gvkOf, type KubeObject, type OwnerReference } from '../../../shared/api/kube-object.ts'
import type { ApplyStrategy } from '../../../shared/api/placement.ts'
import { effectiveApplyStrategy } from '../../../shared/domain/rollout/strategy.ts'
import type { WriteRequest } from '../../../shared/domain/work/apply.ts'
import { ownerOf } from '../../../shared/domain/work/ownership.ts'
import {
  type ManifestResult,
  type MemberAnswer,
  type MemberCall,
  processManifest,
} from '../../../shared/domain/work/process.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { type MemberCluster, type MemberRef, MemberRefusal } from '../../../shared/ports/member-cluster.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'

const clock: Clock = { now: Date.now, sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}) }
const clients = kubeMemberClusters({ clock })
let planes: ControlPlanes
let member: MemberCluster
let owner: OwnerReference

async function refOf(object: KubeObject): Promise<MemberRef> {
  const resource = await member.resolve(gvkOf(object))
  assert.ok(resource, `${object.kind} is served`)
  return { resource, namespace: object.metadata.namespace, name: object.metadata.name ?? '' }
}

async function answer(ref: MemberRef, call: MemberCall): Promise<MemberAnswer> {
  try {
    if (call.verb === 'get') return { ok: true, object: await member.get(ref) }
    const { dryRun = false, ...write } = call
    return { ok: true, object: await member.write(ref, write as WriteRequest, { dryRun }) }
  } catch (error) {
    if (error instanceof MemberRefusal) return { ok: false, code: error.code, message: error.message }
    throw error
  }
}

async function place(
  manifest: KubeObject,
  strategy: ApplyStrategy = {},
): Promise<ManifestResult & { calls: MemberCall[] }> {
  const ref = await refOf(manifest)
  const run = processManifest({
    manifest,
    owner,
    strategy: effectiveApplyStrategy(strategy),
    isKnownAppliedWork: (name) => name === owner.name,
  })
  const calls: MemberCall[] = []
  let step = run.next()
  while (!step.done) {
    calls.push(step.value)
    step = run.next(await answer(ref, step.value))
  }
  return { ...step.value, calls }
}

async function somebodyWrites(
  object: KubeObject,
  patch: unknown,
  type: 'merge' | 'strategic' = 'merge',
): Promise<KubeObject> {
  return member.write(await refOf(object), { verb: 'patch', type, patch })
}

const namespace = 'shop'
const meta = (name: string) => ({ name, namespace })
const configMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta(name),
  data,
})

function deployment(name: string, spec: Record<string, unknown>, pod: Record<string, unknown>): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(name),
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...spec },
  }
}

before(async () => {
  planes = await startControlPlanes([{ name: 'member-1', controllers: [] }])
  member = await clients.connect('member-1', planes.cluster('member-1').kubeconfig)
  const create = async (object: KubeObject) => member.write(await refOf(object), { verb: 'create', object })
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  // Any object with a UID can own; the kind is what the domain looks at.
  const anchor = await create(configMap('anchor', {}))
  owner = ownerOf({ name: 'shop-work', uid: anchor.metadata.uid ?? '' })
  await create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'widgets', kind: 'Widget' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          },
        },
      ],
    },
  })
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await member.resolve({ group: 'example.com', version: 'v1', kind: 'Widget' })) return
    await delay(50)
  }
  throw new Error('the API server does not serve widgets')
})

after(async () => {
  clients.close()
  await planes?.stop()
})

test('an object is created, then left alone while nothing changes', async () => {
  const first = await place(configMap('calm', { a: '1' }))
  assert.equal(first.result, 'Applied')
  const second = await place(configMap('calm', { a: '1' }))
  assert.deepEqual(
    second.calls.map(({ verb }) => verb),
    ['get'],
  )
  assert.equal(second.live?.metadata.resourceVersion, first.live?.metadata.resourceVersion)
})

test('what somebody changed is put right, what somebody added stays, what is wanted no more goes', async () => {
  await place(configMap('drift', { a: '1', old: '1' }))
  await somebodyWrites(configMap('drift', {}), { data: { a: '2', theirs: '3' } })
  const { live } = await place(configMap('drift', { a: '1' }))
  assert.deepEqual(live?.['data'], { a: '1', theirs: '3' })
})

test('containers merge by name: ours change and go, an injected one stays', async () => {
  const image = (name: string, tag: string) => ({ name, image: `example/${name}:${tag}` })
  await place(deployment('mesh', {}, { containers: [image('web', '1'), image('log', '1')] }))
  const injected = { spec: { template: { spec: { containers: [image('proxy', '9')] } } } }
  await somebodyWrites(deployment('mesh', {}, {}), injected, 'strategic')
  const { result, error, live } = await place(deployment('mesh', {}, { containers: [image('web', '2')] }))
  assert.equal(result, 'Applied', error)
  assert.ok(live)
  const { containers } = (live['spec'] as { template: { spec: { containers: { name: string; image: string }[] } } })
    .template.spec
  assert.deepEqual(containers.map(({ image: is }) => is).sort(), ['example/proxy:9', 'example/web:2'])
})

test('one of several exclusive members takes the place of another', async () => {
  const containers = [{ name: 'web', image: 'example/web:1' }]
  const before = { containers, volumes: [{ name: 'data', emptyDir: {} }] }
  await place(deployment('switch', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2 } } }, before))
  const later = { containers, volumes: [{ name: 'data', configMap: { name: 'anchor' } }] }
  const { result, error, live } = await place(deployment('switch', { strategy: { type: 'Recreate' } }, later))
  assert.equal(result, 'Applied', error)
  assert.ok(live)
  const spec = live['spec'] as { strategy: unknown; template: { spec: { volumes: { emptyDir?: unknown }[] } } }
  assert.deepEqual(spec.strategy, { type: 'Recreate' })
  assert.equal(spec.template.spec.volumes[0]?.emptyDir, undefined)
})

test('a second protocol on the same port reaches a Service', async () => {
  const service = (...protocols: string[]): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('dns'),
    spec: {
      selector: { app: 'dns' },
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol })),
    },
  })
  await place(service('TCP'))
  const { result, error, live } = await place(service('TCP', 'UDP'))
  assert.equal(result, 'Applied', error)
  assert.ok(live)
  assert.equal((live['spec'] as { ports: unknown[] }).ports.length, 2)
  assert.deepEqual(
    (await place(service('TCP', 'UDP'))).calls.map(({ verb }) => verb),
    ['get'],
  )
})

test('custom resources merge, lists as a whole', async () => {
  const widget = (spec: Record<string, unknown>): KubeObject => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: meta('w'),
    spec,
  })
  await place(widget({ size: 1, colour: 'red', parts: ['a', 'b'] }))
  await somebodyWrites(widget({}), { spec: { size: 5, theirs: true } })
  const { live } = await place(widget({ size: 2, parts: ['c'] }))
  assert.deepEqual(live?.['spec'], { size: 2, parts: ['c'], theirs: true })
})

test('server-side apply conflicts with another manager, unless it is told to win', async () => {
  const strategy = { type: 'ServerSideApply' } as const
  await place(configMap('ssa', { a: '1' }), strategy)
  await planesKubectlApply('ssa', { a: '2' })
  const refused = await place(configMap('ssa', { a: '1' }), strategy)
  assert.equal(refused.result, 'ManifestApplyFailed')
  assert.match(refused.error ?? '', /conflict/i)
  const forced = await place(configMap('ssa', { a: '1' }), { ...strategy, serverSideApplyConfig: { force: true } })
  assert.deepEqual(forced.live?.['data'], { a: '1' })
})

/** Another field manager takes the field over by force. */
async function planesKubectlApply(name: string, data: Record<string, string>): Promise<void> {
  const { kubectl } = await import('../../support/kubectl.ts')
  const somebody = kubectl(planes.cluster('member-1').kubeconfigPath)
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=somebody', '-f', '-']
  const { code, stderr } = await somebody.try(args, JSON.stringify(configMap(name, data)))
  assert.equal(code, 0, stderr)
}

test('drift is told and left alone where the strategy says so; a new manifest goes over it', async () => {
  const strategy = { whenToApply: 'IfNotDrifted' } as const
  await place(configMap('kept', { a: '1' }), strategy)
  await somebodyWrites(configMap('kept', {}), { data: { a: '2', theirs: '3' } })
  const drifted = await place(configMap('kept', { a: '1' }), strategy)
  assert.equal(drifted.result, 'FoundDrifts')
  assert.deepEqual(drifted.drifts, [{ path: '/data/a', valueInMember: '2', valueInHub: '1' }])
  const full = await place(configMap('kept', { a: '1' }), { ...strategy, comparisonOption: 'FullComparison' })
  assert.deepEqual(
    full.drifts?.map(({ path }) => path),
    ['/data/a', '/data/theirs'],
  )
  assert.equal((await place(configMap('kept', { a: '9' }), strategy)).result, 'Applied')
})

test('an object that was there is taken over only as far as the strategy allows', async () => {
  const theirs = configMap('there', { a: 'theirs' })
  await member.write(await refOf(theirs), { verb: 'create', object: theirs })
  const ours = configMap('there', { a: 'ours' })
  assert.equal((await place(ours, { whenToTakeOver: 'Never' })).result, 'NotTakenOver')
  const refused = await place(ours, { whenToTakeOver: 'IfNoDiff' })
  assert.equal(refused.result, 'FailedToTakeOver')
  assert.deepEqual(
    refused.diffs?.map(({ path }) => path),
    ['/data/a'],
  )
  const report = await place(ours, { type: 'ReportDiff', whenToTakeOver: 'Never' })
  assert.equal(report.result, 'FoundDiff')
  const { result, live } = await place(ours)
  assert.equal(result, 'Applied')
  assert.deepEqual(live?.['data'], { a: 'ours' })
  assert.equal(live?.metadata.ownerReferences?.length, 1)
})

test('what the API server fills in by itself is no difference', async () => {
  const plain = deployment('defaults', {}, { containers: [{ name: 'web', image: 'example/web:1' }] })
  await place(plain)
  assert.equal((await place(plain, { type: 'ReportDiff' })).result, 'NoDiffFound')
  assert.deepEqual(
    (await place(plain)).calls.map(({ verb }) => verb),
    ['get'],
  )
})

test('a manifest the API server refuses fails with its words', async () => {
  const { result, error } = await place(deployment('broken', {}, { containers: [] }))
  assert.equal(result, 'ManifestApplyFailed')
  assert.match(error ?? '', /containers/)
})

test('server-side apply removes what is wanted no more, also what was created or patched by the hub before', async () => {
  const strategy = { type: 'ServerSideApply' } as const
  for (const first of [strategy, {}]) {
    const name = `gone-${first === strategy ? 'ssa' : 'csa'}`
    await place(configMap(name, { a: '1', b: '1' }), first)
    await place(configMap(name, { a: '1', b: '1' }), strategy)
    const { live, result, error } = await place(configMap(name, { a: '1' }), strategy)
    assert.equal(result, 'Applied', error)
    assert.deepEqual(live?.['data'], { a: '1' })
    assert.deepEqual(
      live?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
      [['hubless', 'Apply']],
    )
  }
})

test('server-side apply goes on where a controller writes the status', async () => {
  const strategy = { type: 'ServerSideApply' } as const
  const web = (tag: string) => deployment('watched', {}, { containers: [{ name: 'web', image: `example/web:${tag}` }] })
  await place(web('1'), strategy)
  const status = ['patch', 'deployment', 'watched', '-n', namespace, '--subresource=status', '--type=merge']
  const { kubectl } = await import('../../support/kubectl.ts')
  const somebody = kubectl(planes.cluster('member-1').kubeconfigPath)
  await somebody.run([...status, '--field-manager=controller', '-p', '{"status":{"replicas":1}}'])
  const { result, error, live } = await place(web('2'), strategy)
  assert.equal(result, 'Applied', error)
  assert.match(JSON.stringify(live?.['spec']), /example\/web:2/)
  // What somebody else set is still not taken from them.
  const theirs = ['patch', 'deployment', 'watched', '-n', namespace, '--field-manager=somebody']
  await somebody.run([...theirs, '-p', '{"spec":{"replicas":3}}'])
  const scaled = await place(
    deployment('watched', { replicas: 2 }, { containers: [{ name: 'web', image: 'example/web:2' }] }),
    strategy,
  )
  assert.match(scaled.error ?? '', /conflict.*somebody.*replicas/s)
})

test('what KubeFleet placed is applied further without conflicts', async () => {
  const theirs = configMap('moved', { a: '1', b: '1' })
  const kubefleet = { ...theirs, metadata: { ...theirs.metadata, ownerReferences: [owner] } }
  const { kubectl } = await import('../../support/kubectl.ts')
  const somebody = kubectl(planes.cluster('member-1').kubeconfigPath)
  const apply = ['apply', '--server-side', '--field-manager=work-api-agent', '-f', '-']
  await somebody.run(apply, JSON.stringify(kubefleet))
  await somebody.run(['label', 'configmap', 'moved', '-n', namespace, '--field-manager=somebody', 'theirs=1'])
  const { result, error, live } = await place(configMap('moved', { a: '2' }), { type: 'ServerSideApply' })
  assert.equal(result, 'Applied', error)
  assert.deepEqual(live?.['data'], { a: '2' })
  assert.deepEqual(live?.metadata.labels, { theirs: '1' })
})
