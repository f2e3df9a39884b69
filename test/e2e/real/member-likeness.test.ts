// The in-memory and the simulated member against a real API server: the same random writes by the hub and by somebody else must leave the
// same objects, refusals and field managers. And the statuses it gives must be those of real controllers.
import assert from 'node:assert/strict'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { startMembers } from '../../../infra/local/clusters/index.ts'
import { kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import { ManualClock, sequentialIds } from '../../../shared/adapters/memory/manual-clock.ts'
import { controlledStatus } from '../../../shared/adapters/memory/member/workload-status.ts'
import { memoryMember } from '../../../shared/adapters/memory/member-cluster.ts'
import { systemClock } from '../../../shared/adapters/memory/system.ts'
import { gvkOf, type KubeObject } from '../../../shared/api/kube-object.ts'
import { type MemberCluster, MemberRefusal, type MemberWrite } from '../../../shared/ports/member-cluster.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'

let planes: ControlPlanes
let real: MemberCluster
const members = kubeMemberClusters({ clock: systemClock, limits: { perSecond: 2_000, burst: 2_000 } })
before(async () => {
  planes = await startControlPlanes([{ name: 'member-1', workloads: true, nodes: 2 }])
  real = await members.connect('member-1', planes.cluster('member-1').kubeconfig)
})
after(async () => {
  members.close()
  await planes.stop()
})

type Step =
  | { readonly by: 'hub'; readonly write: MemberWrite; readonly dryRun: boolean }
  | { readonly by: 'hub delete' }
  | { readonly by: 'somebody'; readonly object: KubeObject }

const value = fc.constantFrom('1', '2')
const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 })
const finalizers = fc.option(fc.uniqueArray(fc.constantFrom('x.example/one', 'x.example/two'), { minLength: 1 }), {
  nil: undefined,
  freq: 4,
})
const configMap = fc.record({ data: entries, labels: entries, finalizers }).map(
  (fields): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'NAME',
      namespace: 'default',
      // Kubernetes does not begin to track an object none of whose fields anybody owns, so each has one.
      labels: { own: 'yes', ...fields.labels },
      ...(fields.finalizers ? { finalizers: fields.finalizers } : {}),
    },
    ...(Object.keys(fields.data).length > 0 ? { data: fields.data } : {}),
  }),
)
const patch = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(value), { minKeys: 1, maxKeys: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    by: fc.constant('hub' as const),
    dryRun: fc.boolean(),
    write: fc.oneof(
      configMap.map((object): MemberWrite => ({ verb: 'create', object })),
      configMap.map((object): MemberWrite => ({ verb: 'update', object })),
      fc.tuple(configMap, fc.boolean()).map(([object, force]): MemberWrite => ({ verb: 'apply', object, force })),
      patch.map((data): MemberWrite => ({ verb: 'patch', type: 'merge', patch: { data } })),
      patch.map((data): MemberWrite => ({ verb: 'patch', type: 'strategic', patch: { data } })),
    ),
  }),
  fc.constant({ by: 'hub delete' as const }),
  configMap.map((object) => ({ by: 'somebody' as const, object })),
)

/** What both must agree on; ids, times and revisions are their own. */
function outcome(object: KubeObject | undefined): unknown {
  if (!object) return 'nothing'
  const { labels, finalizers: held, deletionTimestamp, managedFields = [] } = object.metadata
  const managers = managedFields.map(({ manager, operation, fieldsV1 }) => ({
    manager,
    operation,
    fieldsV1: leaves(fieldsV1),
  }))
  return {
    data: object['data'] ?? {},
    labels: labels ?? {},
    finalizers: (held ?? []).toSorted(),
    deleting: deletionTimestamp !== undefined && deletionTimestamp !== null,
    managers: managers
      .filter(({ fieldsV1 }) => fieldsV1.length > 0)
      .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)),
  }
}

/** Leaf paths of a field set. A map's own entry is left out: the in-memory member knows owners of fields only. */
function leaves(tree: unknown, path = ''): readonly string[] {
  if (typeof tree !== 'object' || tree === null || Object.keys(tree).length === 0)
    return ['/f:data', '/f:metadata/f:labels', '/f:metadata/f:finalizers'].includes(path) ? [] : [path]
  return Object.entries(tree)
    .filter(([part]) => part !== '.')
    .flatMap(([part, inner]) => leaves(inner, `${path}/${part}`))
    .sort()
}

/** Code and reason are the contract; of the words, what a decision or a user may hang on. */
const wordsOf = (message: string) => message.replace(/^object is being deleted: /, '').split(' with ')[0]

async function attempt(action: Promise<KubeObject | undefined>): Promise<unknown> {
  try {
    return outcome(await action)
  } catch (error) {
    if (error instanceof MemberRefusal)
      return { code: error.code, reason: error.reason, message: wordsOf(error.message) }
    throw error
  }
}

interface Address {
  readonly server: string
  readonly ca?: string
  readonly token: string
}

/** The code of a refusal, else 200. */
async function somebodyPuts({ server, ca, token }: Address, object: KubeObject): Promise<number> {
  const request = server.startsWith('https') ? secureRequest : plainRequest
  const send = (method: string, path: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const sent = request(
        `${server}/api/v1/namespaces/default/configmaps${path}?fieldManager=somebody`,
        { method, headers, ...(ca === undefined ? {} : { ca }) },
        (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify(object))
    })
  const replaced = await send('PUT', `/${object.metadata.name}`)
  const code = replaced === 404 ? await send('POST', '') : replaced
  return code < 300 ? 200 : code
}

function codeOf(action: () => unknown): number {
  try {
    action()
    return 200
  } catch (error) {
    return error instanceof MemberRefusal ? error.code : 500
  }
}

/** A stand-in for a real member: one for each run of random writes, or one for all. */
interface StandIn {
  readonly member: MemberCluster
  /** The code of a refusal of somebody's write, else 200. */
  put(object: KubeObject): Promise<number>
}

const resource = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true }

async function bothTake(each: Step, name: string, standIn: StandIn): Promise<void> {
  const ref = { resource, namespace: 'default', name }
  const text = JSON.stringify(each)
  if (each.by === 'somebody') {
    assert.equal(await standIn.put(each.object), await somebodyPuts(planes.cluster('member-1'), each.object), text)
  } else if (each.by === 'hub delete') {
    await Promise.all([real, standIn.member].map((member) => member.delete(ref, { propagation: 'Background' })))
  } else {
    const options = { dryRun: each.dryRun }
    const got = await attempt(standIn.member.write(ref, each.write, options))
    assert.deepEqual(got, await attempt(real.write(ref, each.write, options)), text)
  }
  assert.deepEqual(await attempt(standIn.member.get(ref)), await attempt(real.get(ref)), text)
}

async function assertAlike(prefix: string, standInOf: () => StandIn, numRuns: number): Promise<void> {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      run += 1
      const name = `${prefix}-${run}`
      const standIn = standInOf()
      for (const each of steps) await bothTake(JSON.parse(JSON.stringify(each).replaceAll('NAME', name)), name, standIn)
    }),
    { numRuns },
  )
}

test('random writes to the in-memory member and to a real one end alike', async () => {
  await assertAlike(
    'memory',
    () => {
      const member = memoryMember({ clock: new ManualClock(), ids: sequentialIds() })
      return { member, put: async (object) => codeOf(() => member.put(object)) }
    },
    100,
  )
})

test('random writes to a simulated member and to a real one end alike', async () => {
  const platform = await startMembers({ names: ['sim'] })
  try {
    const kubeconfig = platform.members[0]?.kubeconfig ?? ''
    const { clusters, users } = JSON.parse(kubeconfig)
    const address: Address = { server: clusters[0].cluster.server, token: users[0].user.token }
    const member = await members.connect('sim', kubeconfig)
    await assertAlike('simulated', () => ({ member, put: (object) => somebodyPuts(address, object) }), 100)
  } finally {
    await platform.close()
  }
})

test('workloads end in the status real controllers give', async () => {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  const workload = (kind: string, name: string, spec: object): KubeObject => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec:
      kind === 'Job'
        ? { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }
        : { selector: { matchLabels: labels }, template, ...spec },
  })
  const stuck = { template: { ...template, spec: { containers: [{ name: 'web', image: 'never-pulls:1' }] } } }
  const cases: readonly (readonly [KubeObject, readonly string[]])[] = [
    [
      workload('Deployment', 'd', { replicas: 2 }),
      ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'],
    ],
    [
      workload('Deployment', 'd-stuck', { replicas: 2, ...stuck }),
      ['observedGeneration', 'replicas', 'updatedReplicas', 'unavailableReplicas'],
    ],
    [
      workload('StatefulSet', 's', { replicas: 2, serviceName: 's' }),
      ['observedGeneration', 'replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas'],
    ],
    [
      workload('DaemonSet', 'ds', {}),
      [
        'observedGeneration',
        'currentNumberScheduled',
        'desiredNumberScheduled',
        'updatedNumberScheduled',
        'numberAvailable',
        'numberReady',
        'numberMisscheduled',
      ],
    ],
    [
      workload('ReplicaSet', 'rs', { replicas: 1 }),
      ['observedGeneration', 'replicas', 'readyReplicas', 'availableReplicas', 'fullyLabeledReplicas'],
    ],
    [workload('Job', 'j', {}), ['succeeded']],
  ]
  for (const [object, fields] of cases) {
    const resource = await real.resolve(gvkOf(object))
    assert.ok(resource)
    const ref = { resource, namespace: 'default', name: object.metadata.name ?? '' }
    const made = await real.write(ref, { verb: 'create', object })
    const facts = { now: '2026-01-01T00:00:00Z', nodes: 2 }
    const pick = (status: unknown) =>
      Object.fromEntries(fields.map((field) => [field, Reflect.get(Object(status), field) ?? 0]))
    const want = pick(controlledStatus({ ...made, status: {} }, facts))
    const deadline = Date.now() + 20_000
    let got = pick((await real.get(ref))?.['status'])
    while (JSON.stringify(got) !== JSON.stringify(want) && Date.now() < deadline) {
      await delay(100)
      got = pick((await real.get(ref))?.['status'])
    }
    assert.deepEqual(got, want, `${object.kind} ${object.metadata.name}`)
  }
})
