// The in-memory member against a real API server: the same random writes by the hub and by somebody else must leave the
// same objects, refusals and field managers. And the statuses it gives must be those of real controllers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
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

async function attempt(action: Promise<KubeObject | undefined>): Promise<unknown> {
  try {
    return outcome(await action)
  } catch (error) {
    if (error instanceof MemberRefusal)
      return { code: error.code, reason: error.reason, message: error.message.split(' with ')[0] }
    throw error
  }
}

/** The code of a refusal, else 200. */
async function somebodyPuts(object: KubeObject): Promise<number> {
  const { server, ca, token } = planes.cluster('member-1')
  const { request } = await import('node:https')
  const send = (method: string, path: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const sent = request(
        `${server}/api/v1/namespaces/default/configmaps${path}?fieldManager=somebody`,
        { method, headers, ca },
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

test('random writes end alike', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      run += 1
      const name = `run-${run}`
      const memory = memoryMember({ clock: new ManualClock(), ids: sequentialIds() })
      const resource = await memory.resolve({ group: '', version: 'v1', kind: 'ConfigMap' })
      assert.ok(resource)
      const ref = { resource, namespace: 'default', name }
      const named = <T>(part: T): T => JSON.parse(JSON.stringify(part).replaceAll('NAME', name))
      for (const each of steps.map(named)) {
        if (each.by === 'somebody') {
          assert.equal(
            codeOf(() => memory.put(each.object)),
            await somebodyPuts(each.object),
            JSON.stringify(each),
          )
        } else if (each.by === 'hub delete') {
          await real.delete(ref, { propagation: 'Background' })
          await memory.delete(ref, { propagation: 'Background' })
        } else {
          const got = await attempt(memory.write(ref, each.write, { dryRun: each.dryRun }))
          assert.deepEqual(
            got,
            await attempt(real.write(ref, each.write, { dryRun: each.dryRun })),
            JSON.stringify(each),
          )
        }
        assert.deepEqual(await attempt(memory.get(ref)), await attempt(real.get(ref)), JSON.stringify(each))
      }
    }),
    { numRuns: 100 },
  )
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
