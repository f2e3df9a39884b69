// When what was placed counts as available, kind by kind, on a cluster with controllers and nodes: each kind in a
// placement of its own, told apart by what its placement says.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { PlacementStatus } from '../../../shared/api/placement.ts'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../../support/builders.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'
import { aResourceEnvelope } from '../../support/override-builders.ts'

const folder = mkdtempSync(join(tmpdir(), 'hubless-workloads-'))
let planes: ControlPlanes
let hub: HubProcess
let kube: Kubectl
let member: Kubectl

before(async () => {
  planes = await startControlPlanes([{ name: 'member-1', workloads: true }])
  const { kubeconfigPath } = planes.cluster('member-1')
  const args = ['--port', '0', '--members', '0', '--no-example', '--member', `member-1=${kubeconfigPath}`]
  hub = await startHub(folder, args)
  kube = kubectl(hub.kubeconfigPath)
  member = kubectl(kubeconfigPath)
  await kube.apply(cases.map(({ name }) => aNamespace(name)))
  await kube.apply(cases.flatMap(({ objects }) => objects))
  await kube.apply(cases.map(({ name, select = [] }) => placementOf(name, select)))
})
after(async () => {
  await hub?.stop('SIGKILL')
  await planes?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The namespace, and cluster-scoped objects by kind and name. */
function placementOf(name: string, select: readonly KubeObject[]): KubeObject {
  const selectors = [aNamespace(name), ...select].map(({ apiVersion, kind, metadata }) => {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    return { group, version, kind, name: metadata.name ?? '' }
  })
  return aPlacement(name, name, { resourceSelectors: selectors })
}

/** A pod of this image never starts. */
const broken = 'registry.example/never-pulls:1'
const labels = { app: 'web' }
const template = (image = 'registry.example/web:1', more = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }], ...more },
})
const object = (apiVersion: string, kind: string, namespace: string | undefined, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web', ...(namespace && { namespace }) },
  ...rest,
})
const statefulSet = (namespace: string, image?: string) =>
  object('apps/v1', 'StatefulSet', namespace, {
    spec: { replicas: 2, serviceName: 'web', selector: { matchLabels: labels }, template: template(image) },
  })
const daemonSet = (namespace: string, image?: string) =>
  object('apps/v1', 'DaemonSet', namespace, { spec: { selector: { matchLabels: labels }, template: template(image) } })
const service = (namespace: string, spec: object) => object('v1', 'Service', namespace, { spec })
const budget = (namespace: string, minAvailable: number) =>
  object('policy/v1', 'PodDisruptionBudget', namespace, { spec: { minAvailable, selector: { matchLabels: labels } } })
const crd: KubeObject = {
  ...object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', undefined),
  metadata: { name: 'menus.workloads.example' },
  spec: {
    group: 'workloads.example',
    scope: 'Namespaced',
    names: { plural: 'menus', singular: 'menu', kind: 'Menu', listKind: 'MenuList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
const rbac = 'rbac.authorization.k8s.io'
const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'view' }
const selector = { podSelector: {} }
const ports = [{ port: 80 }]

interface Case {
  readonly name: string
  readonly objects: readonly KubeObject[]
  /** Cluster-scoped ones among them. */
  readonly select?: readonly KubeObject[]
  readonly want: 'available' | 'not yet' | 'untrackable'
}

const clusterScoped = [
  object(`${rbac}/v1`, 'ClusterRole', undefined, { rules: [] }),
  object(`${rbac}/v1`, 'ClusterRoleBinding', undefined, { roleRef, subjects: [] }),
  object('scheduling.k8s.io/v1', 'PriorityClass', undefined, { value: 1 }),
  object('storage.k8s.io/v1', 'StorageClass', undefined, { provisioner: 'example.com/none' }),
  object('storage.k8s.io/v1', 'CSIDriver', undefined, { spec: {} }),
  object('networking.k8s.io/v1', 'IngressClass', undefined, { spec: { controller: 'example.com/none' } }),
]

const cases: readonly Case[] = [
  { name: 'deployment', objects: [aDeployment('deployment', 'web')], want: 'available' },
  { name: 'deployment-broken', objects: [aDeployment('deployment-broken', 'web', broken)], want: 'not yet' },
  { name: 'deployment-none', objects: [aDeployment('deployment-none', 'web', broken, 0)], want: 'available' },
  { name: 'stateful-set', objects: [statefulSet('stateful-set')], want: 'available' },
  { name: 'stateful-set-broken', objects: [statefulSet('stateful-set-broken', broken)], want: 'not yet' },
  { name: 'daemon-set', objects: [daemonSet('daemon-set')], want: 'available' },
  { name: 'daemon-set-broken', objects: [daemonSet('daemon-set-broken', broken)], want: 'not yet' },
  { name: 'service', objects: [service('service', { ports })], want: 'available' },
  { name: 'service-headless', objects: [service('service-headless', { ports, clusterIP: 'None' })], want: 'available' },
  {
    name: 'service-node-port',
    objects: [service('service-node-port', { ports, type: 'NodePort' })],
    want: 'available',
  },
  {
    name: 'service-balancer',
    objects: [service('service-balancer', { ports, type: 'LoadBalancer' })],
    want: 'not yet',
  },
  {
    name: 'service-external',
    objects: [service('service-external', { type: 'ExternalName', externalName: 'web.example' })],
    want: 'untrackable',
  },
  {
    name: 'budget-allows',
    objects: [aDeployment('budget-allows', 'web'), budget('budget-allows', 1)],
    want: 'available',
  },
  {
    name: 'budget-forbids',
    objects: [aDeployment('budget-forbids', 'web'), budget('budget-forbids', 2)],
    want: 'available',
  },
  { name: 'definition', objects: [crd], select: [crd], want: 'available' },
  {
    name: 'data-and-rules',
    objects: [
      aConfigMap('data-and-rules', 'web'),
      object('v1', 'Secret', 'data-and-rules', { stringData: { key: 'value' } }),
      object('v1', 'ServiceAccount', 'data-and-rules'),
      object('v1', 'LimitRange', 'data-and-rules', { spec: { limits: [] } }),
      object('v1', 'ResourceQuota', 'data-and-rules', { spec: { hard: { pods: '1' } } }),
      object(`${rbac}/v1`, 'Role', 'data-and-rules', { rules: [] }),
      object(`${rbac}/v1`, 'RoleBinding', 'data-and-rules', { roleRef, subjects: [] }),
      object('networking.k8s.io/v1', 'NetworkPolicy', 'data-and-rules', { spec: selector }),
      object('apps/v1', 'ControllerRevision', 'data-and-rules', { revision: 1, data: {} }),
    ],
    want: 'available',
  },
  {
    name: 'pod',
    // Pods of a namespace are never selected; an envelope brings one along.
    objects: [aResourceEnvelope('pod', 'wrapped', object('v1', 'Pod', 'pod', { spec: template().spec }))],
    want: 'untrackable',
  },
  { name: 'cluster-scoped', objects: clusterScoped, select: clusterScoped, want: 'available' },
  ...(
    [
      ['job', 'batch/v1', 'Job', { spec: { template: template(undefined, { restartPolicy: 'Never' }) } }],
      [
        'cron-job',
        'batch/v1',
        'CronJob',
        {
          spec: {
            schedule: '0 0 1 1 *',
            jobTemplate: { spec: { template: template(undefined, { restartPolicy: 'Never' }) } },
          },
        },
      ],
      ['replica-set', 'apps/v1', 'ReplicaSet', { spec: { selector: { matchLabels: labels }, template: template() } }],
      [
        'ingress',
        'networking.k8s.io/v1',
        'Ingress',
        { spec: { defaultBackend: { resource: { kind: 'A', name: 'a' } } } },
      ],
      [
        'autoscaler',
        'autoscaling/v2',
        'HorizontalPodAutoscaler',
        { spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } },
      ],
      [
        'volume-claim',
        'v1',
        'PersistentVolumeClaim',
        { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      ],
    ] as const
  ).map(
    ([name, apiVersion, kind, rest]): Case => ({
      name,
      objects: [object(apiVersion, kind, name, rest)],
      want: 'untrackable',
    }),
  ),
]

const reasons = {
  available: ['True', 'AllWorkAreAvailable'],
  'not yet': ['False', 'NotAllWorkAreAvailable'],
  untrackable: ['True', 'NotAllWorkAreAvailabilityTrackable'],
} as const

async function entryOf(name: string) {
  const status = (await kube.json(['get', 'crp', name]))['status'] as PlacementStatus
  return status.placementStatuses?.[0]
}

async function isTold(name: string, want: Case['want'], seconds = 60): Promise<void> {
  await eventually(
    `${name} ${want}`,
    async () => {
      const entry = await entryOf(name)
      const available = entry?.conditions?.find(({ type }) => type === 'Available')
      assert.deepEqual([available?.status, available?.reason], reasons[want], JSON.stringify(entry))
    },
    seconds * 1_000,
    500,
  )
}

for (const { name, want } of cases)
  test(`${name} is ${want}`, async () => {
    await isTold(name, want)
    if (want !== 'not yet') return
    const [failed, ...more] = (await entryOf(name))?.failedPlacements ?? []
    assert.deepEqual(
      [failed?.name, failed?.condition.type, failed?.condition.reason, more.length],
      ['web', 'Available', 'ManifestNotAvailableYet', 0],
    )
  })

test('a service with a load balancer becomes available once it has an address', async () => {
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } })
  await member.run(['patch', 'service', 'web', '-n', 'service-balancer', '--subresource=status', '-p', status])
  await isTold('service-balancer', 'available')
})

test('workloads with a broken image become available once it is mended', async () => {
  await kube.apply([
    aDeployment('deployment-broken', 'web'),
    statefulSet('stateful-set-broken'),
    daemonSet('daemon-set-broken'),
  ])
  // A stateful set never replaces a pod that did not start: that takes a hand on the member.
  const image = '--for=jsonpath={.spec.template.spec.containers[0].image}=registry.example/web:1'
  await member.run(['wait', image, 'statefulset/web', '-n', 'stateful-set-broken', '--timeout=60s'])
  const seen = '--for=jsonpath={.status.observedGeneration}=2'
  await member.run(['wait', seen, 'statefulset/web', '-n', 'stateful-set-broken', '--timeout=60s'])
  await member.run(['delete', 'pod', 'web-0', '-n', 'stateful-set-broken', '--wait=false'])
  for (const name of ['deployment-broken', 'stateful-set-broken', 'daemon-set-broken']) await isTold(name, 'available')
})

test('a custom resource cannot be told about', async () => {
  await kube.apply([aNamespace('custom'), object('workloads.example/v1', 'Menu', 'custom')])
  await kube.apply([placementOf('custom', [])])
  await isTold('custom', 'untrackable')
})
