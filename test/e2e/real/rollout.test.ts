// Revisions rolling through real clusters, with workloads that really become ready or never do: what a budget allows at a
// time, where a bad revision stops, how the one that mends it gets past, and what is left to somebody else.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { PlacementSpec, PlacementStatus } from '../../../shared/api/placement.ts'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../../support/builders.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type KubeHttp, kubeHttp } from '../../support/kube-http.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'

const names = ['member-1', 'member-2', 'member-3'] as const
const folder = mkdtempSync(join(tmpdir(), 'hubless-rollout-'))
let planes: ControlPlanes
let hub: HubProcess
let kube: Kubectl
let members: readonly KubeHttp[]

before(async () => {
  planes = await startControlPlanes(names.map((name) => ({ name, workloads: true })))
  members = names.map((name) => kubeHttp(planes.cluster(name)))
  const joining = planes.clusters.flatMap(({ name, kubeconfigPath }) => ['--member', `${name}=${kubeconfigPath}`])
  hub = await startHub(folder, ['--port', '0', '--members', '0', '--no-example', ...joining])
  kube = kubectl(hub.kubeconfigPath)
})
after(async () => {
  for (const member of members ?? []) member[Symbol.dispose]()
  await hub?.stop('SIGKILL')
  await planes?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const good = (revision: number) => `registry.example/web:${revision}`
const bad = 'registry.example/never-pulls:1'

function rolling(maxUnavailable: number | string, unavailablePeriodSeconds = 1): PlacementSpec['strategy'] {
  return { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0, unavailablePeriodSeconds } }
}

interface Seen {
  readonly image: string
  readonly ready: boolean
}

/** The deployment on each member. */
async function look(namespace: string): Promise<readonly Seen[]> {
  const answers = await Promise.all(
    members.map((member) => member.call('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/web`)),
  )
  return answers.map(({ body }) => {
    const { spec, status, metadata } = body as {
      metadata?: { generation: number }
      spec?: { replicas: number; template: { spec: { containers: { image: string }[] } } }
      status?: { observedGeneration?: number; availableReplicas?: number; updatedReplicas?: number }
    }
    const { observedGeneration, availableReplicas, updatedReplicas } = status ?? {}
    const ready =
      metadata !== undefined &&
      observedGeneration === metadata.generation &&
      availableReplicas === spec?.replicas &&
      updatedReplicas === spec?.replicas
    return { image: spec?.template.spec.containers[0]?.image ?? 'none', ready }
  })
}

/** Looks until the deployments are as wanted; answers how few were ready at any moment. */
async function fewestReadyUntil(namespace: string, what: string, isSo: (all: readonly Seen[]) => boolean) {
  let fewest: number = names.length
  await eventually(
    what,
    async () => {
      const all = await look(namespace)
      fewest = Math.min(fewest, all.filter(({ ready }) => ready).length)
      assert.ok(isSo(all), JSON.stringify(all))
    },
    90_000,
    50,
  )
  return fewest
}

const allAt = (image: string) => (all: readonly Seen[]) => all.every((one) => one.image === image && one.ready)
const statusOf = async (name: string) => (await kube.json(['get', 'crp', name]))['status'] as PlacementStatus
const images = async (namespace: string) => (await look(namespace)).map(({ image }) => image)

/** A namespace with a deployment, everywhere and ready. */
async function placed(name: string, strategy: PlacementSpec['strategy']): Promise<void> {
  await kube.apply([aNamespace(name), aDeployment(name, 'web', good(1))])
  await kube.apply([aPlacement(name, name, { strategy })])
  await eventually('ready everywhere', async () => assert.ok(allAt(good(1))(await look(name))), 90_000)
  await kube.run(['wait', '--for=condition=ClusterResourcePlacementAvailable', `crp/${name}`, '--timeout=60s'])
}

/** Resolves when the hub says that some cluster does not become available and how many others wait. */
async function isStuck(name: string, waiting: number): Promise<void> {
  await eventually(
    'stuck',
    async () => {
      const entries = (await statusOf(name)).placementStatuses ?? []
      const says = (type: string, reason: string) =>
        entries.filter(({ conditions }) => conditions?.some((one) => one.type === type && one.reason === reason)).length
      const told = [says('Available', 'NotAllWorkAreAvailable'), says('RolloutStarted', 'RolloutNotStartedYet')]
      assert.deepEqual(told, [names.length - waiting, waiting], JSON.stringify(entries))
    },
    60_000,
  )
}

test('a good revision takes one cluster after the other', async () => {
  await placed('steady', rolling(1))
  await kube.apply([aDeployment('steady', 'web', good(2))])
  const fewest = await fewestReadyUntil('steady', 'at the new revision', allAt(good(2)))
  assert.ok(fewest >= 2, `${fewest} of 3 clusters were ready, one may be unavailable`)
})

test('a bad revision stops at its budget and says so; the revision that mends it reaches all', async () => {
  await kube.apply([aDeployment('steady', 'web', bad)])
  await isStuck('steady', 2)
  assert.deepEqual((await images('steady')).sort(), [bad, good(2), good(2)])
  const [failed] =
    (await statusOf('steady')).placementStatuses?.flatMap(({ failedPlacements = [] }) => failedPlacements) ?? []
  assert.deepEqual([failed?.kind, failed?.condition.reason], ['Deployment', 'ManifestNotAvailableYet'])
  await kube.apply([aDeployment('steady', 'web', good(3))])
  const fewest = await fewestReadyUntil('steady', 'mended', allAt(good(3)))
  assert.ok(fewest >= 2, `${fewest} of 3 clusters were ready, one may be unavailable`)
})

test('a percentage is rounded up: a third of three clusters and a bit are two', async () => {
  await placed('percent', rolling('34%'))
  await kube.apply([aDeployment('percent', 'web', bad)])
  await isStuck('percent', 1)
  assert.equal((await images('percent')).filter((image) => image === bad).length, 2)
})

test('what cannot be told about counts as ready after the unavailable period', async () => {
  const cronJob = (schedule: string): KubeObject => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace: 'waiting', name: 'web' },
    spec: {
      schedule,
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'web', image: good(1) }] } } },
      },
    },
  })
  const seconds = 4
  await kube.apply([aNamespace('waiting'), cronJob('0 0 1 1 *')])
  await kube.apply([aPlacement('waiting', 'waiting', { strategy: rolling(1, seconds) })])
  const moved = async () => {
    const path = '/apis/batch/v1/namespaces/waiting/cronjobs/web'
    const specs = await Promise.all(members.map((member) => member.call('GET', path)))
    return specs.map(({ body }) => (body['spec'] as { schedule: string } | undefined)?.schedule)
  }
  await eventually('everywhere', async () => assert.deepEqual(new Set(await moved()), new Set(['0 0 1 1 *'])), 60_000)
  await kube.run(['wait', '--for=condition=ClusterResourcePlacementAvailable', 'crp/waiting', '--timeout=60s'])
  await kube.apply([cronJob('0 0 2 2 *')])
  const at = new Map<number, number>()
  await eventually(
    'moved',
    async () => {
      for (const [index, schedule] of (await moved()).entries())
        if (schedule === '0 0 2 2 *' && !at.has(index)) at.set(index, Date.now())
      assert.equal(at.size, names.length)
    },
    60_000,
    50,
  )
  const [first = 0, second = 0, third = 0] = [...at.values()].sort((a, b) => a - b)
  for (const gap of [second - first, third - second])
    assert.ok(gap >= (seconds - 1) * 1_000, `${gap} ms between two clusters, the period is ${seconds} s`)
})

test('a placement rolled out by somebody else keeps what it has', async () => {
  await kube.apply([aNamespace('outside'), aConfigMap('outside', 'settings', { colour: 'blue' })])
  await kube.apply([
    aPlacement('outside', 'outside', { strategy: { type: 'External' } }),
    aPlacement('beside', 'outside', { strategy: rolling(1) }),
  ])
  const bindings = async () =>
    (
      (await kube.json(['get', 'clusterresourcebindings', '-l', 'kubernetes-fleet.io/parent-CRP=outside'])) as {
        items: { spec: { state: string; resourceSnapshotName: string } }[]
      }
    ).items.map(({ spec }) => [spec.state, spec.resourceSnapshotName])
  const colours = async () => {
    const path = '/api/v1/namespaces/outside/configmaps/settings'
    const all = await Promise.all(members.map((member) => member.call('GET', path)))
    return all.map(({ body }) => (body['data'] as { colour: string } | undefined)?.colour)
  }
  await eventually('placed beside', async () => assert.deepEqual(await colours(), ['blue', 'blue', 'blue']), 60_000)
  await kube.apply([aConfigMap('outside', 'settings', { colour: 'green' })])
  await eventually('changed beside', async () => assert.deepEqual(await colours(), ['green', 'green', 'green']), 60_000)
  assert.deepEqual(
    await bindings(),
    names.map(() => ['Scheduled', '']),
  )
  const status = await statusOf('outside')
  assert.equal(
    status.conditions?.find(({ type }) => type.endsWith('RolloutStarted'))?.reason,
    'RolloutControlledByExternalController',
  )
})
