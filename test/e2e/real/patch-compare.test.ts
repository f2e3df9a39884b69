// Single cases held against a real API server: the ways of server-side apply that random play does not reach, patches with
// orders in them, and the words in which bad patches and selectors are refused.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { builtinKinds } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import { applyJsonPatch } from '../../../shared/apiserver/patch/json-patch.ts'
import { PatchError } from '../../../shared/apiserver/patch/patch-error.ts'
import { applyStrategicMergePatch } from '../../../shared/apiserver/patch/strategic-merge.ts'
import type { Schema } from '../../../shared/apiserver/schema/schema.ts'
import { parseFieldSelector } from '../../../shared/apiserver/selector/field.ts'
import { parseLabelSelector } from '../../../shared/apiserver/selector/label.ts'
import { type ApplyInput, applyServerSide } from '../../../shared/apiserver/ssa/apply.ts'
import { trackUpdate } from '../../../shared/apiserver/ssa/track-update.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { type KubeAnswer, type KubeHttp, kubeHttp } from '../../support/kube-http.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const now = '2030-01-01T00:00:00Z'
const applyType = 'application/apply-patch+yaml'

function schemaOf(kind: string): Schema {
  const found = builtinKinds.find((each) => each.kind === kind && each.group !== 'events.k8s.io')
  assert.ok(found?.schema)
  return found.schema
}

const asObject = (answer: KubeAnswer) => {
  assert.ok(answer.code < 300, JSON.stringify(answer.body))
  return answer.body as unknown as KubeObject
}

/** Owners without the moment of their last change, which differs between the two sides. */
const owners = (object: KubeObject) =>
  (object.metadata.managedFields ?? [])
    .map(({ time, ...entry }) =>
      JSON.stringify({ ...entry, timed: time !== undefined, fieldsV1: sorted(entry['fieldsV1']) }),
    )
    .sort()

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, sorted(item)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe('patches and selectors agree with a real API server', () => {
  let planes: ControlPlanes
  let http: KubeHttp
  let names = 0
  const fresh = () => {
    names += 1
    return `case-${names}`
  }
  const create = async (path: string, body: Record<string, unknown>, manager: string) =>
    asObject(await http.call('POST', `${path}?fieldManager=${manager}`, body))
  const configMap = (name: string, data: Record<string, string>, metadata = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...metadata },
    data,
  })
  const ours = (kind: string, input: Pick<ApplyInput, 'live' | 'config' | 'manager'> & Partial<ApplyInput>) =>
    applyServerSide({
      schema: schemaOf(kind),
      kind,
      apiVersion: kind === 'ConfigMap' ? 'v1' : 'apps/v1',
      statusSubresource: kind !== 'ConfigMap',
      force: false,
      now,
      ...input,
    })

  before(async () => {
    planes = await startControlPlanes([{ name: 'cases', controllers: [] }])
    http = kubeHttp(planes.cluster('cases'))
  })
  after(async () => {
    http?.[Symbol.dispose]()
    await planes?.stop()
  })

  test('fields of an untracked object belong to before-first-apply', async () => {
    const name = fresh()
    await create(configMaps, configMap(name, { a: '1', b: '1' }), 'creator')
    const reset = { metadata: { managedFields: [{}] } }
    const merge = 'application/merge-patch+json'
    const untracked = asObject(await http.call('PATCH', `${configMaps}/${name}?fieldManager=x`, reset, merge))
    assert.equal(untracked.metadata.managedFields, undefined)
    const later = asObject(
      await http.call('PATCH', `${configMaps}/${name}?fieldManager=y`, { data: { c: '1' } }, merge),
    )
    assert.equal(later.metadata.managedFields, undefined)
    const tracked = trackUpdate({
      old: untracked,
      next: later,
      manager: 'y',
      schema: schemaOf('ConfigMap'),
      apiVersion: 'v1',
      now,
    })
    assert.equal(tracked.metadata.managedFields, undefined)
    const config = configMap(name, { a: '1', d: '1' })
    const outcome = ours('ConfigMap', { live: later, config, manager: 'm' })
    const real = asObject(await http.call('PATCH', `${configMaps}/${name}?fieldManager=m`, config, applyType))
    assert.equal(outcome.kind, 'applied')
    if (outcome.kind === 'applied') assert.deepEqual(owners(outcome.object), owners(real))
    assert.match(JSON.stringify(owners(real)), /before-first-apply/)
  })

  test('more than ten updaters are folded into ancient-changes', async () => {
    const name = fresh()
    let live = await create(configMaps, configMap(name, { a: '1' }), 'creator')
    for (let index = 0; index < 14; index += 1) {
      const manager = `updater-${index}`
      const patch = { data: { [`k${index}`]: '1' } }
      const type = 'application/merge-patch+json'
      const real = asObject(await http.call('PATCH', `${configMaps}/${name}?fieldManager=${manager}`, patch, type))
      const next = { ...real, metadata: { ...real.metadata, managedFields: live.metadata.managedFields } }
      const tracked = trackUpdate({ old: live, next, manager, schema: schemaOf('ConfigMap'), apiVersion: 'v1', now })
      assert.deepEqual(owners(tracked), owners(real), `after ${manager}`)
      live = real
    }
    assert.match(JSON.stringify(owners(live)), /ancient-changes/)
  })

  test('kubectl takes over what its client-side apply wrote, and refreshes the annotation', async () => {
    const name = fresh()
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
    const last = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', annotations: {} },
      data: { a: '1', b: '1' },
    }
    const body = configMap(name, { a: '1', b: '1' }, { annotations: { [annotation]: `${JSON.stringify(last)}\n` } })
    const live = await create(configMaps, body, 'kubectl-client-side-apply')
    for (const manager of ['someone', 'kubectl']) {
      const config = configMap(name, { a: '2', b: '1' })
      const outcome = ours('ConfigMap', { live, config, manager })
      const answer = await http.call('PATCH', `${configMaps}/${name}?fieldManager=${manager}`, config, applyType)
      if (answer.code === 409) {
        assert.equal(manager, 'someone')
        assert.equal(outcome.kind, 'conflicts')
        if (outcome.kind === 'conflicts') assert.equal(outcome.message, answer.body['message'])
        continue
      }
      assert.equal(manager, 'kubectl')
      const real = asObject(answer)
      assert.equal(outcome.kind, 'applied')
      if (outcome.kind !== 'applied') continue
      assert.deepEqual(owners(outcome.object), owners(real))
      assert.equal(outcome.object.metadata.annotations?.[annotation], real.metadata.annotations?.[annotation])
    }
  })

  test('an apply of the status owns the status alone', async () => {
    const name = fresh()
    const pod = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { selector: { matchLabels: { app: 'x' } }, template: pod }
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' }, spec }
    const live = await create(deployments, deployment, 'creator')
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default', labels: { ignored: 'yes' } },
      spec: { replicas: 9 },
      status: { replicas: 1, conditions: [{ type: 'Available', status: 'True' }] },
    }
    const outcome = ours('Deployment', { live, config, manager: 'controller', subresource: 'status', force: true })
    const path = `${deployments}/${name}/status?fieldManager=controller&force=true`
    const real = asObject(await http.call('PATCH', path, config, applyType))
    const mine = outcome.kind === 'applied' ? (outcome.object.metadata.managedFields ?? []) : []
    const theirs = real.metadata.managedFields ?? []
    const status = (entries: readonly Record<string, unknown>[]) =>
      sorted(entries.find((entry) => entry['subresource'] === 'status')?.['fieldsV1'])
    assert.deepEqual(status(mine), status(theirs))
  })

  test('configurations that do not fit are refused in the same words', async () => {
    const name = fresh()
    const live = await create(configMaps, configMap(name, { a: '1' }), 'creator')
    const configs: Record<string, unknown>[] = [
      { ...configMap(name, {}), bogus: 1 },
      { ...configMap(name, {}), data: ['a'] },
      { ...configMap(name, {}), kind: 'Secret' },
      { ...configMap(name, {}), apiVersion: 'v2' },
      configMap(name, {}, { managedFields: [{ manager: 'x' }] }),
      configMap(name, {}, { finalizers: ['a/b', 'a/b'] }),
    ]
    for (const config of configs) {
      const answer = await http.call('PATCH', `${configMaps}/${name}?fieldManager=m`, config, applyType)
      assert.ok(answer.code >= 400, JSON.stringify(answer.body))
      assert.throws(
        () => ours('ConfigMap', { live, config, manager: 'm' }),
        (error) => {
          assert.ok(error instanceof InvalidInputError)
          assert.equal(error.message, answer.body['message'])
          return true
        },
      )
    }
  })

  test('strategic patches with orders in them', async () => {
    const containers = ['a', 'b', 'c'].map((each) => ({
      name: each,
      image: `${each}:1`,
      env: [{ name: 'E', value: '1' }],
    }))
    const pod = {
      metadata: { labels: { app: 'x' } },
      spec: { containers, tolerations: [{ key: 'k', operator: 'Exists' }] },
    }
    const spec = { selector: { matchLabels: { app: 'x' } }, strategy: { type: 'RollingUpdate' }, template: pod }
    const inPod = (podSpec: unknown) => ({ spec: { template: { spec: podSpec } } })
    const patches: Record<string, unknown>[] = [
      inPod({ containers: [{ name: 'b', $patch: 'delete' }] }),
      inPod({ containers: [{ $patch: 'replace' }, { name: 'z', image: 'z' }] }),
      inPod({
        $setElementOrder: [],
        containers: [{ name: 'd', image: 'd' }],
        '$setElementOrder/containers': ['c', 'd', 'a', 'b'].map((name) => ({ name })),
      }),
      inPod({
        containers: [{ name: 'd', image: 'd' }],
        '$setElementOrder/containers': ['c', 'd', 'a', 'b'].map((name) => ({ name })),
      }),
      inPod({ '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }] }),
      inPod({
        containers: [
          {
            name: 'a',
            env: [
              { name: 'E', $patch: 'delete' },
              { name: 'F', value: '2' },
            ],
          },
        ],
      }),
      inPod({ containers: [{ name: 'a', resources: { $patch: 'replace', limits: { cpu: '1' } } }] }),
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: { maxSurge: 1 } } } },
      inPod({ containers: [{ image: 'no name' }] }),
      inPod({ containers: [{ name: 'b', $patch: 'bogus' }] }),
      inPod({ tolerations: [{ key: 'other', operator: 'Exists' }] }),
      { metadata: { finalizers: ['example.com/a'], '$deleteFromPrimitiveList/finalizers': ['example.com/z'] } },
      { metadata: { labels: { $patch: 'replace', only: 'this' } } },
      { metadata: { labels: null } },
      inPod({ containers: 'none' }),
    ]
    const path = deployments
    for (const patch of patches) {
      const name = fresh()
      const metadata = { name, namespace: 'default', labels: { l: '1' }, finalizers: ['example.com/z'] }
      const live = await create(path, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }, 'creator')
      const type = 'application/strategic-merge-patch+json'
      const answer = await http.call('PATCH', `${path}/${name}?dryRun=All`, patch, type)
      const what = JSON.stringify(patch)
      let mine: Record<string, unknown>
      try {
        mine = applyStrategicMergePatch(schemaOf('Deployment'), live, patch)
      } catch (error) {
        assert.ok(error instanceof PatchError, what)
        assert.ok(answer.code >= 400, `we refuse (${error.message}) what is accepted: ${what}`)
        continue
      }
      const put = await http.call('PUT', `${path}/${name}?dryRun=All`, mine)
      assert.equal(
        put.code < 300,
        answer.code < 300,
        `${what}\nreal ${JSON.stringify(answer.body).slice(0, 300)}\nours ${JSON.stringify(put.body).slice(0, 300)}`,
      )
      if (answer.code >= 300) continue
      const content = ({ body }: KubeAnswer) => ({
        spec: body['spec'],
        labels: asObject({ code: 200, body }).metadata.labels,
        finalizers: asObject({ code: 200, body }).metadata.finalizers,
      })
      assert.deepEqual(content(put), content(answer), what)
    }
  })

  // A copy from nowhere is left out: the real server takes it for a copy of null, the standard and we refuse it.
  test('JSON patches apply or fail alike', async () => {
    const patches: unknown[] = [
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '2' },
      ],
      [{ op: 'test', path: '/data/a', value: '2' }],
      [{ op: 'test', path: '/data/missing', value: null }],
      [{ op: 'test', path: '/missing/deep', value: null }],
      [{ op: 'remove', path: '/data/missing' }],
      [{ op: 'replace', path: '/data/missing', value: 'x' }],
      [{ op: 'add', path: '/data/new', value: 'x' }],
      [{ op: 'add', path: '/missing/new', value: 'x' }],
      [{ op: 'add', path: '/metadata/finalizers/0', value: 'example.com/first' }],
      [{ op: 'add', path: '/metadata/finalizers/-', value: 'example.com/last' }],
      [{ op: 'add', path: '/metadata/finalizers/7', value: 'example.com/far' }],
      [{ op: 'remove', path: '/metadata/finalizers/0' }],
      [{ op: 'remove', path: '/metadata/finalizers/5' }],
      [{ op: 'move', from: '/data/a', path: '/data/b' }],
      [{ op: 'move', from: '/data/missing', path: '/data/b' }],
      [{ op: 'copy', from: '/data/a', path: '/data/b' }],
      [{ op: 'add', path: '/data/x~1y', value: 'bad key' }],
      [
        { op: 'add', path: '/metadata/labels', value: { 'a.b/c': 'd' } },
        { op: 'replace', path: '/metadata/labels/a.b~1c', value: 'e' },
      ],
      [{ op: 'bogus', path: '/data/a' }],
      { op: 'add' },
    ]
    for (const patch of patches) {
      const name = fresh()
      const live = await create(configMaps, configMap(name, { a: '1' }, { finalizers: ['example.com/z'] }), 'creator')
      const answer = await http.call('PATCH', `${configMaps}/${name}?dryRun=All`, patch, 'application/json-patch+json')
      const what = JSON.stringify(patch)
      let mine: Record<string, unknown>
      try {
        mine = applyJsonPatch(live, patch)
      } catch (error) {
        assert.ok(error instanceof PatchError, what)
        assert.ok(answer.code >= 400, `we refuse (${error.message}) what is accepted: ${what}`)
        continue
      }
      const put = await http.call('PUT', `${configMaps}/${name}?dryRun=All`, mine)
      assert.equal(put.code < 300, answer.code < 300, `${what}: ${JSON.stringify(answer.body)}`)
      if (answer.code >= 300) continue
      assert.deepEqual(put.body['data'], answer.body['data'], what)
      assert.deepEqual(asObject(put).metadata.finalizers, asObject(answer).metadata.finalizers, what)
      assert.deepEqual(asObject(put).metadata.labels, asObject(answer).metadata.labels, what)
    }
  })

  test('selectors are refused in the same words', async () => {
    const labels = [
      'a in',
      'a in (',
      'a in (b',
      'a in b',
      'a,,b',
      ',a',
      'a=b=c',
      'a=(b)',
      '!a=b',
      'a b',
      'a>x',
      'a<1.5',
      '=a',
      '!',
      'a in (b,c',
      'a notin',
      'a!',
      '-a=b',
      'a=-b',
      'a in (-b)',
      'x/y/z',
      'UPPER.Case/x',
      '/x',
      'x/',
      'a==',
      'a!=',
      'a in ()',
      'a in (,)',
      'in',
      'in in (in)',
      'a>1',
      `a=${'x'.repeat(64)}`,
      'a in (b c)',
      '()',
      'a=b,',
      'a,b notin (c),!d',
    ]
    for (const selector of labels) {
      const answer = await http.call('GET', `${configMaps}?labelSelector=${encodeURIComponent(selector)}&limit=1`)
      assert.equal(
        refusal(() => parseLabelSelector(selector)),
        answer.code === 200 ? undefined : answer.body['message'],
        selector,
      )
    }
    const fields = [
      'a',
      'metadata.name',
      'metadata.name=a=b',
      'metadata.name=a\\x',
      'metadata.name=a\\',
      'spec.x=1',
      'metadata.name!=a',
      'metadata.name==a,metadata.namespace=b',
      '=a',
      'metadata.name=a\\,b',
      ',',
    ]
    for (const selector of fields) {
      const answer = await http.call('GET', `${configMaps}?fieldSelector=${encodeURIComponent(selector)}&limit=1`)
      const mine = refusal(() => parseFieldSelector(selector))
      assert.equal(mine === undefined, answer.code === 200, `${selector}: ${mine} / ${JSON.stringify(answer.body)}`)
      // Kinds word the refusal of an unknown field in different ways; ours is the one most of them use.
      if (mine === undefined || mine.startsWith('field label not supported')) continue
      assert.ok(
        String(answer.body['message']).includes(mine),
        `${selector}: ours ${mine}, real ${answer.body['message']}`,
      )
    }
  })
})

function refusal(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    assert.ok(error instanceof InvalidInputError)
    return error.message
  }
}
