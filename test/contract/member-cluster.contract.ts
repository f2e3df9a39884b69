// What every MemberCluster must do, whatever stands behind it. Run on memory, on a simulated cluster and on a real API
// server; what differs between them (time, garbage collection) is in the world each of them brings.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GroupVersionKind, KubeObject } from '../../shared/api/kube-object.ts'
import {
  type MemberChange,
  type MemberCluster,
  type MemberRef,
  MemberRefusal,
} from '../../shared/ports/member-cluster.ts'

export interface MemberWorld {
  readonly member: MemberCluster
  /** A write by another field manager, `somebody`. */
  put(object: KubeObject): Promise<unknown>
  /** Waits for, or brings about, what the cluster does by itself: statuses, garbage collection, namespace ends. */
  eventually(check: () => Promise<boolean>): Promise<void>
  close(): Promise<void>
}

const kinds = {
  Namespace: { group: '', version: 'v1', kind: 'Namespace' },
  ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap' },
  Service: { group: '', version: 'v1', kind: 'Service' },
  Deployment: { group: 'apps', version: 'v1', kind: 'Deployment' },
  CustomResourceDefinition: { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  Widget: { group: 'contract.example.com', version: 'v1', kind: 'Widget' },
} satisfies Record<string, GroupVersionKind>

const crd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.example.com' },
  spec: {
    group: 'contract.example.com',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    scope: 'Cluster',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

const space = 'contract'
const configMap = (name: string, data: Record<string, string>, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: space, ...more },
  data,
})
const deployment = (name: string, image = 'registry.example/web:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: space },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
  },
})

async function refusal(promise: Promise<unknown>): Promise<MemberRefusal> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MemberRefusal, `want a MemberRefusal, got ${String(error)}`)
  return error
}

const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  )

/** `start` is called once; the suite keeps to a namespace and a CRD of its own. */
export function memberClusterContract(name: string, start: () => Promise<MemberWorld>): void {
  describe(`a member cluster: ${name}`, () => {
    let world: MemberWorld
    let member: MemberCluster
    const refTo = async (kind: keyof typeof kinds, objectName: string): Promise<MemberRef> => {
      const resource = await member.resolve(kinds[kind])
      assert.ok(resource, `${kind} is served`)
      return { resource, name: objectName, ...(resource.namespaced ? { namespace: space } : {}) }
    }
    const create = async (kind: keyof typeof kinds, object: KubeObject) =>
      member.write(await refTo(kind, object.metadata.name ?? ''), { verb: 'create', object })

    before(async () => {
      world = await start()
      member = world.member
      await create('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: space } })
    })
    after(() => world.close())

    test('resolves kinds to where they are served, and unknown ones to nothing', async () => {
      assert.deepEqual(await member.resolve(kinds.Deployment), {
        ...kinds.Deployment,
        resource: 'deployments',
        namespaced: true,
      })
      assert.equal((await member.resolve(kinds.Namespace))?.namespaced, false)
      assert.equal(await member.resolve({ group: 'apps', version: 'v1', kind: 'Nonsense' }), undefined)
      assert.equal(await member.resolve({ group: 'nobody.example.com', version: 'v1', kind: 'Deployment' }), undefined)
      assert.equal(await member.resolve({ group: 'apps', version: '../v1', kind: 'Deployment' }), undefined)
    })

    test('answers undefined for an object that is not there', async () => {
      assert.equal(await member.get(await refTo('ConfigMap', 'nobody')), undefined)
    })

    test('creates an object once, with uid, revision and the field manager of the hub', async () => {
      const made = await create('ConfigMap', configMap('made', { a: '1' }))
      assert.ok(made.metadata.uid)
      assert.ok(made.metadata.resourceVersion)
      assert.ok(made.metadata.creationTimestamp)
      assert.deepEqual(
        made.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
        [['hubless', 'Update']],
      )
      assert.deepEqual((await member.get(await refTo('ConfigMap', 'made')))?.['data'], { a: '1' })
      const again = await refusal(create('ConfigMap', configMap('made', { a: '2' })))
      assert.deepEqual([again.code, again.reason], [409, 'AlreadyExists'])
      assert.equal(again.message, 'configmaps "made" already exists')
    })

    test('refuses to create in a namespace that is not there, naming it', async () => {
      const ref = { ...(await refTo('ConfigMap', 'lost')), namespace: 'nowhere' }
      const object = configMap('lost', {}, { namespace: 'nowhere' })
      const refused = await refusal(member.write(ref, { verb: 'create', object }))
      assert.deepEqual([refused.code, refused.reason], [404, 'NotFound'])
      assert.equal(refused.message, 'namespaces "nowhere" not found')
    })

    test('updates under an optimistic lock and refuses a stale one', async () => {
      const made = await create('ConfigMap', configMap('locked', { a: '1' }))
      const ref = await refTo('ConfigMap', 'locked')
      const updated = await member.write(ref, { verb: 'update', object: { ...made, data: { a: '2' } } })
      assert.notEqual(updated.metadata.resourceVersion, made.metadata.resourceVersion)
      const stale = await refusal(member.write(ref, { verb: 'update', object: { ...made, data: { a: '3' } } }))
      assert.deepEqual([stale.code, stale.reason], [409, 'Conflict'])
      assert.deepEqual((await member.get(ref))?.['data'], { a: '2' })
    })

    test('refuses to update what is not there', async () => {
      const refused = await refusal(
        member.write(await refTo('ConfigMap', 'absent'), { verb: 'update', object: configMap('absent', {}) }),
      )
      assert.deepEqual([refused.code, refused.reason], [404, 'NotFound'])
    })

    test('an update that changes nothing keeps the revision', async () => {
      const made = await create('ConfigMap', configMap('same', { a: '1' }))
      const again = await member.write(await refTo('ConfigMap', 'same'), { verb: 'update', object: made })
      assert.equal(again.metadata.resourceVersion, made.metadata.resourceVersion)
    })

    test('counts generations of the spec, not of metadata', async () => {
      const ref = await refTo('Deployment', 'counted')
      const made = await create('Deployment', deployment('counted'))
      assert.equal(made.metadata.generation, 1)
      const labelled = await member.write(ref, {
        verb: 'patch',
        type: 'merge',
        patch: { metadata: { labels: { a: 'b' } } },
      })
      assert.equal(labelled.metadata.generation, 1)
      const scaled = await member.write(ref, { verb: 'patch', type: 'merge', patch: { spec: { replicas: 3 } } })
      assert.equal(scaled.metadata.generation, 2)
    })

    test('a dry run answers what would be and changes nothing', async () => {
      const ref = await refTo('ConfigMap', 'dry')
      const answer = await member.write(
        ref,
        { verb: 'apply', object: configMap('dry', { a: '1' }), force: true },
        { dryRun: true },
      )
      assert.deepEqual(answer['data'], { a: '1' })
      assert.equal(await member.get(ref), undefined)
      await create('ConfigMap', configMap('dry', { a: '1' }))
      const changed = await member.write(
        ref,
        { verb: 'apply', object: configMap('dry', { a: '2', b: '3' }), force: true },
        { dryRun: true },
      )
      assert.deepEqual(changed['data'], { a: '2', b: '3' })
      assert.deepEqual((await member.get(ref))?.['data'], { a: '1' })
    })

    test('server-side apply creates, merges, and takes back what it no longer names', async () => {
      const ref = await refTo('ConfigMap', 'applied')
      const first = await member.write(ref, {
        verb: 'apply',
        object: configMap('applied', { a: '1', b: '1' }),
        force: false,
      })
      assert.deepEqual(
        first.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
        [['hubless', 'Apply']],
      )
      await world.put({ ...configMap('applied', { a: '1', b: '1', theirs: 'x' }) })
      const second = await member.write(ref, { verb: 'apply', object: configMap('applied', { a: '2' }), force: false })
      assert.deepEqual(second['data'], { a: '2', theirs: 'x' })
    })

    test('server-side apply stops at a field somebody else set, and takes it when forced', async () => {
      const ref = await refTo('ConfigMap', 'contested')
      await world.put(configMap('contested', { a: 'theirs' }))
      const wanted = configMap('contested', { a: 'ours' })
      const refused = await refusal(member.write(ref, { verb: 'apply', object: wanted, force: false }))
      assert.deepEqual([refused.code, refused.reason], [409, 'Conflict'])
      assert.match(refused.message, /Apply failed with 1 conflict: conflict with "somebody".*\.data\.a/)
      const forced = await member.write(ref, { verb: 'apply', object: wanted, force: true })
      assert.deepEqual(forced['data'], { a: 'ours' })
    })

    test('fields that are handed over to an applier are its own: they go when it wants them no more', async () => {
      const ref = await refTo('ConfigMap', 'handed')
      const made = await create('ConfigMap', configMap('handed', { a: 'ours', b: 'ours' }))
      const managedFields = made.metadata.managedFields?.map((entry) => ({ ...entry, operation: 'Apply' }))
      const patch = { metadata: { resourceVersion: made.metadata.resourceVersion, managedFields } }
      await member.write(ref, { verb: 'patch', type: 'merge', patch })
      const applied = await member.write(ref, {
        verb: 'apply',
        object: configMap('handed', { a: 'new' }),
        force: false,
      })
      assert.deepEqual(applied['data'], { a: 'new' })
      assert.equal(applied.metadata.managedFields?.length, 1)
    })

    test('server-side apply merges containers by name and keeps what others added', async () => {
      const ref = await refTo('Deployment', 'sidecar')
      await member.write(ref, { verb: 'apply', object: deployment('sidecar'), force: false })
      const live = await member.get(ref)
      assert.ok(live)
      const theirs = structuredClone(deployment('sidecar'))
      const containers = field(theirs, 'spec', 'template', 'spec', 'containers')
      assert.ok(Array.isArray(containers))
      containers.push({ name: 'proxy', image: 'registry.example/proxy:1' })
      await world.put(theirs)
      const again = await member.write(ref, {
        verb: 'apply',
        object: deployment('sidecar', 'registry.example/web:2'),
        force: false,
      })
      const after = field(again, 'spec', 'template', 'spec', 'containers')
      assert.ok(Array.isArray(after))
      assert.deepEqual(
        after.map((container: unknown) => [field(container, 'name'), field(container, 'image')]),
        [
          ['web', 'registry.example/web:2'],
          ['proxy', 'registry.example/proxy:1'],
        ],
      )
    })

    test('a merge patch removes with null and replaces lists', async () => {
      const ref = await refTo('ConfigMap', 'patched')
      await create('ConfigMap', configMap('patched', { a: '1', b: '2' }))
      const patched = await member.write(ref, { verb: 'patch', type: 'merge', patch: { data: { a: null, c: '3' } } })
      assert.deepEqual(patched['data'], { b: '2', c: '3' })
    })

    test('a strategic patch merges containers by name and deletes on demand', async () => {
      const ref = await refTo('Deployment', 'strategic')
      await create('Deployment', deployment('strategic'))
      const containers = (items: readonly unknown[]) => ({ spec: { template: { spec: { containers: items } } } })
      const grown = await member.write(ref, {
        verb: 'patch',
        type: 'strategic',
        patch: containers([{ name: 'proxy', image: 'registry.example/proxy:1' }]),
      })
      const names = (object: KubeObject) => {
        const list = field(object, 'spec', 'template', 'spec', 'containers')
        return Array.isArray(list) ? list.map((item: unknown) => String(field(item, 'name'))).sort() : []
      }
      assert.deepEqual(names(grown), ['proxy', 'web'])
      const shrunk = await member.write(ref, {
        verb: 'patch',
        type: 'strategic',
        patch: containers([{ name: 'proxy', $patch: 'delete' }]),
      })
      assert.deepEqual(names(shrunk), ['web'])
    })

    test('gives a Service an address', async () => {
      const spec = { ports: [{ port: 80 }], selector: { app: 'web' } }
      await create('Service', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'svc', namespace: space }, spec })
      const ref = await refTo('Service', 'svc')
      await world.eventually(async () => String(field(await member.get(ref), 'spec', 'clusterIP')).startsWith('10.'))
    })

    test('serves a custom kind once its definition is established', async () => {
      assert.equal(await member.resolve(kinds.Widget), undefined)
      await create('CustomResourceDefinition', crd)
      const established = async () => {
        const conditions = field(
          await member.get(await refTo('CustomResourceDefinition', 'widgets.contract.example.com')),
          'status',
          'conditions',
        )
        return (
          Array.isArray(conditions) &&
          conditions.some((each: unknown) => field(each, 'type') === 'Established' && field(each, 'status') === 'True')
        )
      }
      await world.eventually(established)
      await world.eventually(async () => (await member.resolve(kinds.Widget)) !== undefined)
      assert.deepEqual(await member.resolve(kinds.Widget), { ...kinds.Widget, resource: 'widgets', namespaced: false })
      const ref = await refTo('Widget', 'one')
      const widget: KubeObject = {
        apiVersion: 'contract.example.com/v1',
        kind: 'Widget',
        metadata: { name: 'one' },
        spec: { size: 1 },
      }
      await member.write(ref, { verb: 'apply', object: widget, force: false })
      const patched = await member.write(ref, {
        verb: 'patch',
        type: 'merge',
        subresource: 'status',
        patch: { status: { seen: 1 } },
      })
      assert.deepEqual(patched['status'], { seen: 1 })
      assert.equal(patched.metadata.generation, 1)
      const after = await member.write(ref, { verb: 'apply', object: { ...widget, spec: { size: 2 } }, force: false })
      assert.deepEqual(after['status'], { seen: 1 })
      assert.equal(after.metadata.generation, 2)
    })

    test('deletes, and deletes again without complaint', async () => {
      const ref = await refTo('ConfigMap', 'brief')
      await create('ConfigMap', configMap('brief', {}))
      await member.delete(ref, { propagation: 'Background' })
      assert.equal(await member.get(ref), undefined)
      await member.delete(ref, { propagation: 'Background' })
    })

    test('spares a namesake when a uid is given', async () => {
      const made = await create('ConfigMap', configMap('namesake', { keep: 'me' }))
      const ref = await refTo('ConfigMap', 'namesake')
      await member.delete(ref, { uid: 'ffffffff-0000-0000-0000-000000000000', propagation: 'Background' })
      assert.equal((await member.get(ref))?.metadata.uid, made.metadata.uid)
      await member.delete(ref, { ...(made.metadata.uid ? { uid: made.metadata.uid } : {}), propagation: 'Background' })
      assert.equal(await member.get(ref), undefined)
    })

    test('an object with a finalizer stays until the finalizer goes', async () => {
      const ref = await refTo('ConfigMap', 'held')
      await create('ConfigMap', configMap('held', {}, { finalizers: ['contract.example.com/hold'] }))
      await member.delete(ref, { propagation: 'Background' })
      assert.ok((await member.get(ref))?.metadata.deletionTimestamp)
      await member.write(ref, { verb: 'patch', type: 'merge', patch: { metadata: { finalizers: null } } })
      assert.equal(await member.get(ref), undefined)
    })

    test('foreground deletion ends with the owned objects gone first, and spares what has another owner', async () => {
      const owner = await create('ConfigMap', configMap('owner', {}))
      const other = await create('ConfigMap', configMap('other-owner', {}))
      const reference = ({ metadata }: KubeObject, blockOwnerDeletion: boolean) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: metadata.name ?? '',
        uid: metadata.uid ?? '',
        blockOwnerDeletion,
      })
      await create('ConfigMap', configMap('owned', {}, { ownerReferences: [reference(owner, true)] }))
      await create(
        'ConfigMap',
        configMap('shared', {}, { ownerReferences: [reference(owner, true), reference(other, false)] }),
      )
      const ownerRef = await refTo('ConfigMap', 'owner')
      await member.delete(ownerRef, { propagation: 'Foreground' })
      await world.eventually(async () => (await member.get(ownerRef)) === undefined)
      assert.equal(await member.get(await refTo('ConfigMap', 'owned')), undefined)
      const shared = await member.get(await refTo('ConfigMap', 'shared'))
      assert.deepEqual(
        shared?.metadata.ownerReferences?.map(({ name: ownerName }) => ownerName),
        ['other-owner'],
      )
    })

    test('a namespace ends with everything in it, and takes nothing new meanwhile', async () => {
      const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract-ends' } }
      await create('Namespace', object)
      const resource = (await refTo('ConfigMap', 'inside')).resource
      const inside = { resource, namespace: 'contract-ends', name: 'inside' }
      const finalizers = ['contract.example.com/hold']
      await member.write(inside, {
        verb: 'create',
        object: configMap('inside', {}, { namespace: 'contract-ends', finalizers }),
      })
      const ref = await refTo('Namespace', 'contract-ends')
      await member.delete(ref, { propagation: 'Background' })
      assert.ok((await member.get(ref))?.metadata.deletionTimestamp)
      const late = { resource, namespace: 'contract-ends', name: 'late' }
      const refused = await refusal(
        member.write(late, { verb: 'create', object: configMap('late', {}, { namespace: 'contract-ends' }) }),
      )
      assert.equal(refused.code, 403)
      await world.eventually(async () => Boolean((await member.get(inside))?.metadata.deletionTimestamp))
      await member.write(inside, { verb: 'patch', type: 'merge', patch: { metadata: { finalizers: null } } })
      await world.eventually(async () => (await member.get(ref)) === undefined)
      assert.equal(await member.get(inside), undefined)
    })

    test('a watch tells what others changed since the last one, without the objects and without our own changes', async () => {
      const { resource } = await refTo('ConfigMap', 'watched')
      const owner = await create('ConfigMap', configMap('watched-owner', {}))
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'watched-owner', uid: owner.metadata.uid ?? '' }
      await create('ConfigMap', configMap('watched', { a: '1' }, { ownerReferences: [reference] }))
      const heard: MemberChange[] = []
      const look = async (from?: string) =>
        member.watch(resource, { forMs: 0, ...(from !== undefined && { from }) }, (change) => void heard.push(change))
      const first = await look()
      assert.deepEqual([first.lost, heard], [true, []], 'without a beginning there is no past')
      const none = await look(first.resourceVersion)
      assert.deepEqual([none.lost, heard], [false, []])

      await create('ConfigMap', configMap('watched-own', { a: '1' }))
      await world.put(configMap('watched', { a: '2' }, { ownerReferences: [reference] }))
      const second = await look(none.resourceVersion)
      assert.deepEqual(
        heard.map(({ type, metadata }) => [type, metadata.name]),
        [['MODIFIED', 'watched']],
      )
      assert.ok(!('data' in (heard[0] ?? {})) && heard[0]?.metadata.ownerReferences?.[0]?.name === 'watched-owner')
      await member.delete(await refTo('ConfigMap', 'watched-owner'), {
        uid: owner.metadata.uid ?? '',
        propagation: 'Foreground',
      })
      await world.eventually(async () => (await member.get(await refTo('ConfigMap', 'watched'))) === undefined)
      heard.length = 0
      await look(second.resourceVersion)
      assert.deepEqual(
        [...new Set(heard.map(({ metadata }) => metadata.name))],
        ['watched-owner'],
        'what follows from an owner we deleted is left out',
      )
    })

    test('lists the metadata of a kind, of one namespace or all', async () => {
      const { resource } = await refTo('ConfigMap', 'listed')
      await create('ConfigMap', configMap('listed', { a: '1' }))
      const inside = await member.listMetadata(resource, { namespace: space })
      assert.ok(inside.some(({ name: found, resourceVersion }) => found === 'listed' && resourceVersion))
      assert.ok((await member.listMetadata(resource)).length >= inside.length)
      assert.deepEqual(await member.listMetadata(resource, { namespace: 'nobody' }), [])
    })

    test('a probe tells version, readiness, amounts and namespaces with their owners', async () => {
      const profile = await member.probe()
      assert.match(profile.version, /^v\d+\.\d+/)
      assert.equal(profile.ready, true)
      assert.ok(profile.nodeCount >= 1)
      assert.match(profile.capacity['cpu'] ?? '', /^\d+m?$/)
      assert.match(profile.allocatable['memory'] ?? '', /^\d+([KMGT]i)?$/)
      assert.ok('cpu' in profile.available)
      assert.equal(profile.namespaces[space], '')
      assert.equal(profile.namespacesTruncated, false)
    })
  })
}
