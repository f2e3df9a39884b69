// The main job on real API servers, driven by real kubectl: three clusters join a hub started as a user starts it, and
// everything a placement does in its life is seen on them.
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

const names = ['member-1', 'member-2', 'member-3'] as const
/** Short periods, so that what timers heal is seen soon. */
const settings = { HUBLESS_SWEEP_SCHEDULE: '*/5 * * * * *', HUBLESS_PROBE_SCHEDULE: '*/5 * * * * *' }
const folder = mkdtempSync(join(tmpdir(), 'hubless-fleet-'))
let planes: ControlPlanes
let hub: HubProcess
let kube: Kubectl
let hubArgs: string[] = []

before(async () => {
  planes = await startControlPlanes(names.map((name) => ({ name, workloads: true })))
  hubArgs = [
    '--members',
    '0',
    '--no-example',
    ...planes.clusters.flatMap(({ name, kubeconfigPath }) => ['--member', `${name}=${kubeconfigPath}`]),
  ]
  hub = await startHub(folder, ['--port', '0', ...hubArgs], settings)
  kube = kubectl(hub.kubeconfigPath)
})
after(async () => {
  await hub?.stop('SIGKILL')
  await planes?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const member = (name: string) => kubectl(planes.cluster(name).kubeconfigPath)
const available = (placement: string, seconds = 60) =>
  kube.run(['wait', '--for=condition=ClusterResourcePlacementAvailable', `crp/${placement}`, `--timeout=${seconds}s`])
const statusOf = async (placement: string) => (await kube.json(['get', 'crp', placement]))['status'] as PlacementStatus
const colourOn = async (name: string, namespace = 'shop') =>
  ((await member(name).json(['get', 'configmap', 'settings', '-n', namespace]))['data'] as { colour: string }).colour

const crd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'menus.shop.example' },
  spec: {
    group: 'shop.example',
    scope: 'Namespaced',
    names: { plural: 'menus', singular: 'menu', kind: 'Menu', listKind: 'MenuList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { dish: { type: 'string' } } } },
          },
        },
      },
    ],
  },
}

test('Secrets and MemberClusters make clusters join, healthy and with their properties', async () => {
  for (const name of names) {
    await kube.run(['wait', '--for=create', `membercluster/${name}`, '--timeout=30s'])
    await kube.run(['wait', '--for=condition=Joined', `membercluster/${name}`, '--timeout=30s'])
    const { status } = (await kube.json(['get', 'membercluster', name])) as { status: Record<string, never> }
    assert.equal(status['properties']?.['kubernetes-fleet.io/node-count']?.['value'], '1')
    assert.match(String(status['properties']?.['k8s.io/k8s-version']?.['value']), /^v1\./)
    assert.ok(status['resourceUsage']?.['allocatable']?.['cpu'])
  }
  assert.match(await kube.run(['get', 'memberclusters']), /member-1\s+True/)
})

test('a namespace with a CRD and a custom resource of it is placed on all three and is the same there', async () => {
  await kube.apply([
    aNamespace('shop'),
    aConfigMap('shop', 'settings', { colour: 'blue' }),
    aDeployment('shop', 'web', 'web:1'),
    crd,
  ])
  await kube.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'shop', name: 'payments' },
      stringData: { key: 's3cret' },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'shop.example/v1',
      kind: 'Menu',
      metadata: { namespace: 'shop', name: 'lunch' },
      spec: { dish: 'soup' },
    },
  ])
  const selectors = [
    { group: '', version: 'v1', kind: 'Namespace', name: 'shop' },
    { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', name: 'menus.shop.example' },
  ]
  await kube.apply([aPlacement('shop', 'shop', { resourceSelectors: selectors, policy: { placementType: 'PickAll' } })])
  await available('shop')
  for (const name of names) {
    assert.equal(await colourOn(name), 'blue')
    const menu = await member(name).json(['get', 'menus.shop.example', 'lunch', '-n', 'shop'])
    assert.deepEqual(menu['spec'], { dish: 'soup' })
    const secret = await member(name).json(['get', 'secret', 'payments', '-n', 'shop'])
    assert.deepEqual(secret['data'], { key: Buffer.from('s3cret').toString('base64') })
    const deployment = (await member(name).json(['get', 'deployment', 'web', '-n', 'shop'])) as {
      status: { availableReplicas?: number }
    }
    assert.equal(deployment.status.availableReplicas, 2)
    const owners = (
      (await member(name).json(['get', 'configmap', 'settings', '-n', 'shop']))['metadata'] as {
        ownerReferences: { kind: string }[]
      }
    ).ownerReferences
    assert.deepEqual(
      owners.map(({ kind }) => kind),
      ['AppliedWork'],
    )
  }
  assert.match(await kube.run(['get', 'crp', 'shop']), /shop\s+1\s+True\s+1\s+True/)
})

test('a change makes a new snapshot and reaches every member', async () => {
  const index = (await statusOf('shop')).observedResourceIndex
  await kube.apply([aConfigMap('shop', 'settings', { colour: 'green' })])
  await eventually('green everywhere', async () => {
    for (const name of names) assert.equal(await colourOn(name), 'green')
  })
  await eventually('Available at the new index', async () => {
    const status = await statusOf('shop')
    assert.notEqual(status.observedResourceIndex, index)
    assert.equal(status.conditions?.find(({ type }) => type === 'ClusterResourcePlacementAvailable')?.status, 'True')
  })
})

test('PickN takes the clusters its labels require and follows the reference when labels move', async () => {
  await kube.run(['label', 'membercluster', 'member-1', 'member-2', 'region=west'])
  await kube.apply([aNamespace('pickn'), aConfigMap('pickn', 'settings', { colour: 'blue' })])
  const clusterSelectorTerms = [{ labelSelector: { matchLabels: { region: 'west' } } }]
  const policy = (numberOfClusters: number) => ({
    placementType: 'PickN' as const,
    numberOfClusters,
    affinity: { clusterAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms } } },
  })
  await kube.apply([aPlacement('pickn', 'pickn', { policy: policy(2) })])
  await available('pickn')
  const clusters = async () =>
    ((await statusOf('pickn')).placementStatuses ?? []).map(({ clusterName }) => clusterName).sort()
  assert.deepEqual(await clusters(), ['member-1', 'member-2'])
  // Placed is placed; a third one is taken once three are wanted and its label fits.
  await kube.run(['label', 'membercluster', 'member-2', 'region-'])
  await kube.run(['label', 'membercluster', 'member-3', 'region=west'])
  await kube.apply([aPlacement('pickn', 'pickn', { policy: policy(3) })])
  await eventually('all three', async () => assert.deepEqual(await clusters(), [...names]))
  await available('pickn')
  assert.equal(await colourOn('member-3', 'pickn'), 'blue')
})

test('PickFixed with an unknown cluster gives a readable reason', async () => {
  await kube.apply([aNamespace('fixed'), aConfigMap('fixed', 'settings')])
  await kube.apply([
    aPlacement('fixed', 'fixed', { policy: { placementType: 'PickFixed', clusterNames: ['member-1', 'nowhere'] } }),
  ])
  await eventually('told', async () => {
    const description = await kube.run(['describe', 'crp', 'fixed'])
    assert.match(description, /"nowhere" is not found/)
  })
  assert.match((await member('member-1').run(['get', 'namespace', 'fixed', '-o', 'name'])).trim(), /namespace\/fixed/)
})

test('what somebody edits or deletes on a member is told and repaired within one sweep', async () => {
  await member('member-2').run(['patch', 'configmap', 'settings', '-n', 'shop', '-p', '{"data":{"colour":"red"}}'])
  await member('member-3').run(['delete', 'configmap', 'settings', '-n', 'shop'])
  await eventually(
    'repaired',
    async () => {
      assert.equal(await colourOn('member-2'), 'green')
      assert.equal(await colourOn('member-3'), 'green')
    },
    15_000,
  )
})

test('a manifest one member refuses is told in its own words, and the others are not affected', async () => {
  // A quota without room for ConfigMaps: that member's API server refuses this one object.
  await kube.apply([aNamespace('refused')])
  await kube.apply([aPlacement('refused', 'refused')])
  await available('refused')
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace: 'refused', name: 'none' },
    spec: { hard: { 'count/configmaps': '0' } },
    status: {},
  }
  await member('member-2').apply([quota])
  await member('member-2').run([
    'patch',
    'resourcequota',
    'none',
    '-n',
    'refused',
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"hard":{"count/configmaps":"0"},"used":{"count/configmaps":"0"}}}',
  ])
  await kube.apply([aConfigMap('refused', 'settings', { colour: 'blue' })])
  await eventually('told', async () => {
    const status = await statusOf('refused')
    const entry = status.placementStatuses?.find(({ clusterName }) => clusterName === 'member-2')
    assert.equal(entry?.failedPlacements?.[0]?.name, 'settings', JSON.stringify(entry))
    assert.match(entry?.failedPlacements?.[0]?.condition.message ?? '', /exceeded quota: none/)
  })
  for (const name of ['member-1', 'member-3'])
    assert.equal(await eventually('placed', () => colourOn(name, 'refused')), 'blue')
  await member('member-2').run(['delete', 'resourcequota', 'none', '-n', 'refused'])
  await available('refused')
})

test('a member whose API server is down holds nobody up, is told about, and converges when it is back', async () => {
  await planes.cluster('member-3').stopApiServer()
  await kube.apply([aConfigMap('shop', 'settings', { colour: 'violet' })])
  await eventually('the others moved on', async () => {
    for (const name of ['member-1', 'member-2']) assert.equal(await colourOn(name), 'violet')
  })
  await eventually('told', async () => {
    const entry = (await statusOf('shop')).placementStatuses?.find(({ clusterName }) => clusterName === 'member-3')
    const said = entry?.conditions?.find(({ type }) => type === 'WorkSynchronized')
    assert.equal(said?.status, 'False', JSON.stringify(entry?.conditions))
    assert.match(said?.message ?? '', /member-3.*cannot be reached/)
  })
  await kube.run([
    'wait',
    '--for=jsonpath={.status.agentStatus[0].conditions[?(@.type=="Healthy")].status}=False',
    'membercluster/member-3',
    '--timeout=30s',
  ])
  await planes.cluster('member-3').startApiServer()
  await eventually('violet there too', async () => assert.equal(await colourOn('member-3'), 'violet'), 60_000)
  await available('shop')
})

test('a hub that is killed and started again goes on where it was', async () => {
  await kube.apply([aNamespace('crash')])
  const change = kube.apply([aConfigMap('crash', 'settings', { colour: 'blue' }), aPlacement('crash', 'crash')])
  await change
  await hub.stop('SIGKILL')
  hub = await startHub(folder, ['--port', '0', ...hubArgs], settings)
  kube = kubectl(hub.kubeconfigPath)
  await available('crash', 60)
  for (const name of names) assert.equal(await colourOn(name, 'crash'), 'blue')
})

test('a deleted placement leaves the members clean', async () => {
  await kube.run(['delete', 'crp', 'crash', 'pickn', 'fixed', 'refused', '--timeout=30s'])
  for (const name of names)
    await eventually(
      'clean',
      async () => {
        const left = (await member(name).run(['get', 'namespaces', '-o', 'name'])).split('\n')
        assert.deepEqual(
          left.filter((line) => /crash|pickn|fixed|refused/.test(line)),
          [],
        )
        assert.deepEqual(
          (await member(name).run(['get', 'appliedworks', '-o', 'name'])).trim(),
          'appliedwork.placement.kubernetes-fleet.io/shop-work',
        )
      },
      60_000,
    )
})

test('a member that leaves keeps its objects; its MemberCluster goes', async () => {
  await kube.run(['delete', 'membercluster', 'member-2', '--timeout=30s'])
  assert.equal(await colourOn('member-2'), 'violet')
  await eventually('no longer placed there', async () => {
    const clusters = ((await statusOf('shop')).placementStatuses ?? []).map(({ clusterName }) => clusterName)
    assert.deepEqual(clusters.sort(), ['member-1', 'member-3'])
  })
})

test('no credential is in anything the hub printed', () => {
  for (const { token } of planes.clusters) assert.ok(!hub.output().includes(token))
})
