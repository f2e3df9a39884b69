// What the fleet knows of real clusters, and what happens to placements when clusters change, as kubectl shows it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { MemberClusterStatus } from '../../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../../shared/api/placement.ts'
import { aNamespace, aPlacement } from '../../support/builders.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'

const names = ['member-1', 'member-2'] as const
const folder = mkdtempSync(join(tmpdir(), 'hubless-membership-'))
let planes: ControlPlanes
let hub: HubProcess
let kube: Kubectl

before(async () => {
  planes = await startControlPlanes(names.map((name) => ({ name })))
  const joining = planes.clusters.flatMap(({ name, kubeconfigPath }) => ['--member', `${name}=${kubeconfigPath}`])
  hub = await startHub(folder, ['--port', '0', '--members', '0', '--no-example', ...joining], {
    HUBLESS_PROBE_SCHEDULE: '*/2 * * * * *',
  })
  kube = kubectl(hub.kubeconfigPath)
  await eventually('have both joined', async () => {
    for (const name of names)
      assert.ok((await status(name)).conditions?.some(({ type, status: said }) => type === 'Joined' && said === 'True'))
  })
})
after(async () => {
  await hub?.stop('SIGKILL')
  await planes?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const status = async (name: string) =>
  (await kube.json(['get', 'membercluster', name]))['status'] as MemberClusterStatus

/** A machine as a cloud provider registers it. */
function machine(name: string, size: string): KubeObject {
  const amounts = { cpu: '4', memory: '16Gi', pods: '110' }
  const labels = { 'node.kubernetes.io/instance-type': size, 'topology.kubernetes.io/region': 'eastus' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { providerID: `azure:///subscriptions/s/virtualMachines/${name}` },
    status: { capacity: amounts, allocatable: amounts },
  }
}

/** Clusters a placement was given, sorted. */
async function clustersOf(placement: string): Promise<string[]> {
  const { items } = (await kube.json([
    'get',
    'clusterresourcebindings',
    '-l',
    `kubernetes-fleet.io/parent-CRP=${placement}`,
  ])) as { items: { spec: { targetCluster: string; state: string } }[] }
  return items
    .filter(({ spec }) => spec.state !== 'Unscheduled')
    .map(({ spec }) => spec.targetCluster)
    .sort()
}

const settles = (placement: string, want: readonly string[]) =>
  eventually(`is ${placement} on ${want.join(' and ')}`, async () =>
    assert.deepEqual(await clustersOf(placement), want),
  )

async function place(name: string, policy?: PlacementPolicy): Promise<void> {
  await kube.apply([aNamespace('shop'), aPlacement(name, 'shop', policy ? { policy } : {})])
}

test('a cluster without nodes shows its amounts as zero', async () => {
  const table = await kube.run(['get', 'memberclusters'])
  for (const name of names) assert.match(table, new RegExp(`^${name} +True .* 0 +0 +0 *$`, 'm'), table)
})

test('machines on Azure are told by size and cost, and the profile by address and authority', async () => {
  await kubectl(planes.cluster('member-1').kubeconfigPath).apply([
    machine('n1', 'Standard_D4s_v5'),
    machine('n2', 'Standard_D4s_v5'),
  ])
  await eventually('are the machines told', async () => {
    const { properties = {}, conditions = [] } = await status('member-1')
    assert.equal(properties['kubernetes.azure.com/vm-sizes/Standard_D4s_v5/count']?.value, '2')
    assert.equal(properties['kubernetes.azure.com/per-cpu-core-cost']?.value, '0.048')
    assert.equal(properties['kubernetes.azure.com/per-gb-memory-cost']?.value, '0.012')
    const told = conditions.find(({ type }) => type === 'AKSClusterCostPropertiesCollectionSucceeded')
    assert.equal(told?.reason, 'CostsCalculationDegraded')
  })
  const profile = (await kube.json(['get', 'clusterprofile', '-n', 'fleet-system', 'member-1'])) as unknown as {
    status: {
      version: { kubernetes: string }
      accessProviders: { cluster: { server: string; 'certificate-authority-data': string } }[]
    }
  }
  const { server, ca } = planes.cluster('member-1')
  const access = profile.status.accessProviders[0]?.cluster
  assert.equal(access?.server, server)
  assert.equal(
    Buffer.from(access?.['certificate-authority-data'] ?? '', 'base64')
      .toString()
      .trim(),
    ca.trim(),
  )
  assert.match(profile.status.version.kubernetes, /^v1\.\d+/)
})

test('a label that comes adds a cluster and one that goes removes none', async () => {
  const affinity: PlacementPolicy['affinity'] = {
    clusterAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        clusterSelectorTerms: [{ labelSelector: { matchLabels: { region: 'west' } } }],
      },
    },
  }
  await place('west', { placementType: 'PickAll', affinity })
  await kube.run(['label', 'membercluster', 'member-1', 'region=west'])
  await settles('west', ['member-1'])
  await kube.run(['label', 'membercluster', 'member-1', 'region-'])
  await kube.run(['label', 'membercluster', 'member-2', 'region=west'])
  await settles('west', ['member-1', 'member-2'])
})

test('a taint keeps new placements away and takes nothing; without it the cluster is taken', async () => {
  await place('all')
  await settles('all', ['member-1', 'member-2'])
  const taints = (list: object[]) =>
    kube.run(['patch', 'membercluster', 'member-2', '--type=merge', '-p', JSON.stringify({ spec: { taints: list } })])
  await taints([{ key: 'drain', effect: 'NoSchedule' }])
  await place('late')
  await settles('late', ['member-1'])
  assert.deepEqual(await clustersOf('all'), ['member-1', 'member-2'])
  await taints([])
  await settles('late', ['member-1', 'member-2'])
})

test('a cluster that leaves is replaced where a number is wanted, and its profile goes', async () => {
  await place('one', { placementType: 'PickN', numberOfClusters: 1 })
  await eventually('is one picked', async () => assert.equal((await clustersOf('one')).length, 1))
  const [gone = ''] = await clustersOf('one')
  const other = names.find((name) => name !== gone) ?? ''
  await kube.run(['delete', 'membercluster', gone, '--timeout=60s'])
  await settles('one', [other])
  await settles('all', [other])
  assert.match((await kube.try(['get', 'clusterprofile', '-n', 'fleet-system', gone])).stderr, /NotFound/)
})
