// What a KubeFleet user looks at with kubectl besides placements: bindings, snapshots, works, events; and overrides and
// envelopes taking effect on real API servers.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { aConfigMap, aNamespace, aPlacement } from '../../support/builders.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'
import { aResourceEnvelope, aResourceOverride } from '../../support/override-builders.ts'

const names = ['member-1', 'member-2'] as const
const folder = mkdtempSync(join(tmpdir(), 'hubless-objects-'))
let planes: ControlPlanes
let hub: HubProcess
let kube: Kubectl

before(async () => {
  planes = await startControlPlanes(names.map((name) => ({ name })))
  const members = planes.clusters.flatMap(({ name, kubeconfigPath }) => ['--member', `${name}=${kubeconfigPath}`])
  hub = await startHub(folder, ['--port', '0', '--members', '0', '--no-example', ...members])
  kube = kubectl(hub.kubeconfigPath)
  for (const name of names) {
    await kube.run(['wait', '--for=create', `membercluster/${name}`, '--timeout=30s'])
    await kube.run(['wait', '--for=condition=Joined', `membercluster/${name}`, '--timeout=30s'])
  }
  await kube.apply([
    aNamespace('shop'),
    aConfigMap('shop', 'settings', { colour: 'blue' }),
    aResourceEnvelope('shop', 'inside', aConfigMap('shop', 'wrapped', { colour: 'blue' })),
    aPlacement('shop', 'shop', { statusReportingScope: 'NamespaceAccessible' }),
  ])
  await kube.run(['wait', '--for=condition=ClusterResourcePlacementAvailable', 'crp/shop', '--timeout=60s'])
})
after(async () => {
  await hub?.stop('SIGKILL')
  await planes?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function colourOn(name: string, configMap: string): Promise<string> {
  const member = kubectl(planes.cluster(name).kubeconfigPath)
  return ((await member.json(['get', 'configmap', configMap, '-n', 'shop']))['data'] as { colour: string }).colour
}

test('kubectl get shows bindings, snapshots, works and member clusters by their short names, with their columns', async () => {
  const shown = await kube.run(['get', 'crb,crs,csps,works,imc', '-A'])
  assert.match(shown, /NAME\s+WORKSYNCHRONIZED\s+RESOURCESAPPLIED\s+AGE/)
  assert.match(shown, /clusterresourcebinding\S*\/shop-member-1-\S+\s+True\s+True/)
  assert.match(shown, /clusterresourcesnapshot\S*\/shop-0-snapshot\s+1/)
  assert.match(shown, /clusterschedulingpolicysnapshot\S*\/shop-0\s+1/)
  assert.match(shown, /fleet-member-member-2\s+work\S*\/shop-work\s/)
  assert.match(shown, /fleet-member-member-2\s+work\S*\/shop-work-envelope-[0-9a-f]{16}\s/)
  assert.match(shown, /fleet-member-member-1\s+internalmembercluster\S*\/member-1\s/)
  const chosen = await kube.run(['get', 'crb', '-l', 'kubernetes-fleet.io/parent-CRP=shop', '-o', 'name'])
  assert.equal(chosen.trim().split('\n').length, names.length)
  const described = await kube.run(['describe', 'work', 'shop-work', '-n', 'fleet-member-member-1'])
  assert.match(described, /Colour:\s+blue/)
  const refused = await kube.try(['delete', 'crb', '--all', '--wait=false'])
  assert.match(refused.stderr, /MethodNotAllowed|does not allow this method/)
})

test('kubectl describe tells how the rollout went', async () => {
  await eventually('are the events there', async () => {
    const described = await kube.run(['describe', 'crp', 'shop'])
    for (const reason of ['RolloutStarted', 'Applied', 'Available', 'RolloutCompleted'])
      assert.match(described, new RegExp(`Normal\\s+Placement${reason}\\s`))
  })
})

test('the status is readable in the namespace, and kubectl wait works on it', async () => {
  const mirror = await kube.json(['get', 'crps', 'shop', '-n', 'shop'])
  const { conditions } = mirror['sourceStatus'] as { conditions: { type: string; status: string }[] }
  assert.ok(conditions.some(({ type, status }) => type.endsWith('Available') && status === 'True'))
  await kube.run(['wait', '--for=condition=ClusterResourcePlacementStatusSynced', 'crp/shop', '--timeout=20s'])
})

test('overrides change one cluster, also inside envelopes, and leave no trace when they go', async () => {
  const patches = [{ op: 'replace' as const, path: '/data/colour', value: '$' + '{MEMBER-CLUSTER-NAME}' }]
  const one = { on: { region: 'west' }, patches }
  await kube.run(['label', 'membercluster', 'member-2', 'region=west'])
  await kube.apply([
    aResourceOverride('paint', 'shop', 'settings', one),
    aResourceOverride('wrap', 'shop', 'wrapped', one),
  ])
  await eventually('is member-2 overridden', async () => {
    assert.deepEqual(
      [await colourOn('member-2', 'settings'), await colourOn('member-2', 'wrapped')],
      ['member-2', 'member-2'],
    )
  })
  assert.equal(await colourOn('member-1', 'settings'), 'blue')
  assert.match(await kube.run(['get', 'resourceoverridesnapshots', '-n', 'shop']), /paint-0/)
  await kube.run(['delete', 'resourceoverride', 'paint', 'wrap', '-n', 'shop', '--timeout=30s'])
  await eventually('are the overrides undone', async () => {
    assert.deepEqual([await colourOn('member-2', 'settings'), await colourOn('member-2', 'wrapped')], ['blue', 'blue'])
  })
  assert.equal((await kube.run(['get', 'resourceoverridesnapshots', '-n', 'shop', '-o', 'name'])).trim(), '')
})

test('what cannot work is refused when it is applied, under a dry run too', async () => {
  const selector = { group: 'nowhere.example', version: 'v1', kind: 'Thing', name: 'x' }
  const wrong = JSON.stringify(aPlacement('wrong', 'x', { resourceSelectors: [selector] }))
  for (const flags of [[], ['--dry-run=server']]) {
    const { code, stderr } = await kube.try(['create', ...flags, '-f', '-'], wrong)
    assert.equal(code, 1)
    assert.match(stderr, /is invalid: .*no such kind is known/)
  }
})
