import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Members, type MembersOptions, startMembers } from '../../../infra/local/clusters/index.ts'
import { nodesOf } from '../../../infra/local/clusters/nodes.ts'
import { kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import { systemClock } from '../../../shared/adapters/memory/system.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { TransientError } from '../../../shared/errors.ts'
import type { MemberCluster } from '../../../shared/ports/member-cluster.ts'

const platforms: Members[] = []
after(async () => {
  for (const platform of platforms) await platform.close()
})
const connections = kubeMemberClusters({ clock: systemClock })

async function start(
  options: MembersOptions,
): Promise<{ platform: Members; member(name: string): Promise<MemberCluster> }> {
  const platform = await startMembers({ readyMs: 10, ...options })
  platforms.push(platform)
  const member = (name: string) => {
    const found = platform.members.find((each) => each.name === name)
    assert.ok(found)
    return connections.connect(name, found.kubeconfig)
  }
  return { platform, member }
}
const apps = (kind: string, resource: string) => ({ group: 'apps', version: 'v1', kind, resource, namespaced: true })

test('a thousand clusters are there at once, and only those called take memory', async () => {
  const { platform, member } = await start({ count: 1_000 })
  assert.equal(platform.members.length, 1_000)
  assert.equal(platform.members[999]?.name, 'member-1000')
  assert.equal(platform.stats().awake, 0)
  const profile = await (await member('member-7')).probe()
  assert.equal(profile.nodeCount, 3)
  assert.deepEqual(platform.stats().awake, 1)
})

test('names must fit a path and be used once', async () => {
  for (const names of [['a', 'a'], ['A'], ['a/b'], ['']])
    await assert.rejects(startMembers({ names }), /must be a name of its own/)
})

test('clusters keep what is theirs', async () => {
  const { member } = await start({ names: ['east', 'west'] })
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'only-east' } }
  const resource = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false }
  const ref = { resource, name: 'only-east' }
  await (await member('east')).write(ref, { verb: 'create', object })
  assert.equal(await (await member('west')).get(ref), undefined)
})

test('workloads become available after a while, but for images that never pull', async () => {
  const { platform, member } = await start({ names: ['east'] })
  const east = await member('east')
  const cases = [
    ['Deployment', 'deployments', 'web:1', { availableReplicas: 2, unavailableReplicas: 0 }],
    ['Deployment', 'deployments', 'never-pulls:1', { availableReplicas: 0, unavailableReplicas: 2 }],
    ['StatefulSet', 'statefulsets', 'web:1', { availableReplicas: 2, currentReplicas: 2 }],
    ['DaemonSet', 'daemonsets', 'web:1', { numberAvailable: 3, desiredNumberScheduled: 3 }],
  ] as const
  for (const [index, [kind, resource, image]] of cases.entries()) {
    const name = `app-${index}`
    const labels = { app: name }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } }
    const replicas = kind === 'DaemonSet' ? {} : { replicas: 2 }
    const service = kind === 'StatefulSet' ? { serviceName: name } : {}
    const spec = { ...replicas, ...service, selector: { matchLabels: labels }, template }
    const object = { apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'default' }, spec }
    await east.write({ resource: apps(kind, resource), namespace: 'default', name }, { verb: 'create', object })
  }
  await until(() => platform.stats().statuses >= cases.length)
  for (const [index, [kind, resource, , want]] of cases.entries()) {
    const found = await east.get({ resource: apps(kind, resource), namespace: 'default', name: `app-${index}` })
    const status: object = Object(found?.['status'])
    assert.equal(Reflect.get(status, 'observedGeneration'), found?.metadata.generation)
    for (const [field, value] of Object.entries(want))
      assert.equal(Reflect.get(status, field), value, `${kind} ${field}`)
  }
})

test('a cluster that is down breaks connections and comes back as it was', async () => {
  const { platform, member } = await start({ names: ['east'] })
  const east = await member('east')
  await east.probe()
  platform.setDown('east', true)
  await assert.rejects(east.probe(), TransientError)
  platform.setDown('east', false)
  assert.equal((await east.probe()).ready, true)
  assert.throws(() => platform.setDown('nowhere', true), /no cluster nowhere/)
})

test('serves only its clusters, and refuses a wrong token', async () => {
  const { platform } = await start({ names: ['east'] })
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${platform.port}${path}`, { headers })
    await response.body?.cancel()
    return response.status
  }
  assert.equal(await get('/'), 404)
  assert.equal(await get('/clusters/nowhere/api/v1/namespaces'), 404)
  assert.equal(await get('/clusters/east/api/v1/namespaces'), 200, 'kubectl sends no token over plain HTTP')
  assert.equal(await get('/clusters/east/api/v1/namespaces', { authorization: 'Bearer wrong' }), 401)
})

test('a watch streams what happens and ends with the platform', async () => {
  const { platform, member } = await start({ names: ['east'] })
  const east = await member('east')
  await east.probe()
  const response = await fetch(
    `http://127.0.0.1:${platform.port}/clusters/east/api/v1/namespaces/default/configmaps?watch=1`,
  )
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  assert.ok(reader)
  const resource = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true }
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen', namespace: 'default' } }
  await east.write({ resource, namespace: 'default', name: 'seen' }, { verb: 'create', object })
  let text = ''
  while (!text.includes('"seen"')) text += (await reader.read()).value ?? assert.fail('the watch ended early')
  assert.match(text, /"type":"ADDED"/)
  await platform.close()
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
    throw new Error('ended')
  })
  platforms.splice(platforms.indexOf(platform), 1)
})

test('nodes depend on the index alone and differ between clusters', () => {
  const now = '2026-01-01T00:00:00Z'
  const sizes = [0, 1, 2].map((index) => Object(nodesOf(index, now, () => 'u')[0]?.['status']).capacity.cpu)
  assert.deepEqual(sizes, ['4', '8', '16'])
  assert.deepEqual(
    nodesOf(4, now, () => 'u'),
    nodesOf(4, now, () => 'u'),
  )
})

async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!check()) {
    assert.ok(Date.now() < deadline, 'it has not come about in 5 s')
    await delay(5)
  }
}
