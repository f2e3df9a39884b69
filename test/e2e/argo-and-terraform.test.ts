// What Argo CD and Terraform's kubernetes_manifest ask a cluster, in their order and with their headers, asked of the hub
// as `npm start` runs it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { z } from 'zod'
import { gnosticNames } from '../support/gnostic-names.ts'
import { type HubProcess, startHub } from '../support/hub-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'hubless-clients-'))
let hub: HubProcess

before(async () => {
  hub = await startHub(join(folder, 'data'), ['--port', '0', '--members', '0', '--no-example'], {
    HUBLESS_WATCH_MS: '3000',
  })
  await json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
  await untilServed('/apis/demo.io/v1/widgets')
})
after(async () => {
  await hub?.stop()
  rmSync(folder, { recursive: true })
})

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.demo.io' },
  spec: {
    group: 'demo.io',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { size: { type: 'integer', default: 1 }, port: { 'x-kubernetes-int-or-string': true } },
              },
            },
          },
        },
      },
    ],
  },
}

function send(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(`${hub.url}${path}`, { method, headers, ...content })
}

async function json(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
  const answer = await send(method, path, { accept: 'application/json', 'content-type': type }, body)
  const text = await answer.text()
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

async function untilServed(path: string): Promise<void> {
  const end = Date.now() + 30_000
  while ((await send('GET', path)).status !== 200) assert.ok(Date.now() < end, `${path} is never served`)
}

const Groups = z.object({
  groups: z.array(z.object({ versions: z.array(z.object({ groupVersion: z.string() })) })),
})
const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), verbs: z.array(z.string()) })),
})
const List = z.object({
  kind: z.string(),
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
})
const WatchEvent = z.object({
  type: z.string(),
  object: z.looseObject({ metadata: z.looseObject({ name: z.string().optional(), resourceVersion: z.string() }) }),
})

interface Kind {
  readonly path: string
  readonly groupVersion: string
  readonly kind: string
  readonly verbs: readonly string[]
}

async function discovered(): Promise<readonly Kind[]> {
  const { groups } = Groups.parse(await json('GET', '/apis'))
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map((version) => version.groupVersion))]
  const found: Kind[] = []
  for (const groupVersion of versions) {
    const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
    const { resources } = Resources.parse(await json('GET', root))
    for (const { name, kind, verbs } of resources)
      if (!name.includes('/')) found.push({ path: `${root}/${name}`, groupVersion, kind, verbs })
  }
  return found
}

const OpenApi = z.object({
  swagger: z.literal('2.0'),
  paths: z.record(z.string(), z.unknown()),
  definitions: z.record(
    z.string(),
    z.looseObject({
      'x-kubernetes-group-version-kind': z
        .array(z.object({ group: z.string(), version: z.string(), kind: z.string() }))
        .optional(),
    }),
  ),
})

it('Argo CD fills its cluster cache: version, discovery, binary OpenAPI, a list and a watch of every kind', async () => {
  const version = z.object({ major: z.string(), minor: z.string(), gitVersion: z.string().regex(/^v\d+\.\d+\.\d+/) })
  version.parse(await json('GET', '/version'))
  const kinds = (await discovered()).filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'))
  assert.ok(
    kinds.some(({ kind }) => kind === 'Widget') && kinds.some(({ kind }) => kind === 'ClusterResourcePlacement'),
  )

  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  const answer = await send('GET', '/openapi/v2', { accept })
  assert.equal(answer.status, 200)
  const binary = gnosticNames(await answer.bytes())
  const document = OpenApi.parse(await json('GET', '/openapi/v2'))
  assert.equal(binary.swagger, '2.0')
  assert.deepEqual([...binary.definitions].sort(), Object.keys(document.definitions).sort())
  assert.deepEqual([...binary.paths].sort(), Object.keys(document.paths).sort())

  const widget = { apiVersion: 'demo.io/v1', kind: 'Widget', metadata: { name: 'seen' }, spec: {} }
  const streams = await Promise.all(
    kinds.map(async ({ path, kind }) => {
      const list = List.parse(await json('GET', `${path}?limit=500`))
      assert.equal(list.kind, `${kind}List`, path)
      const { resourceVersion } = list.metadata
      const stream = await send('GET', `${path}?allowWatchBookmarks=true&resourceVersion=${resourceVersion}&watch=true`)
      assert.equal(stream.status, 200, path)
      return { kind, from: Number(resourceVersion), stream }
    }),
  )
  await json('POST', '/apis/demo.io/v1/namespaces/default/widgets', widget)
  for (const { kind, from, stream } of streams) {
    const lines = (await stream.text()).split('\n').filter((line) => line.trim() !== '')
    const events = lines.map((line) => WatchEvent.parse(JSON.parse(line)))
    assert.ok(
      events.every(({ object }) => Number(object.metadata.resourceVersion) >= from),
      `${kind}: nothing older than the list is told`,
    )
    assert.equal(events.at(-1)?.type, 'BOOKMARK', `${kind}: the end of a watch says where to go on`)
    if (kind === 'Widget')
      assert.deepEqual(
        events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => [type, object.metadata.name]),
        [['ADDED', 'seen']],
      )
  }
})

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
  },
})

const Applied = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(z.looseObject({ manager: z.string(), operation: z.string() })) }),
  spec: z.looseObject({}),
})

it('Argo CD compares on the server: a dry-run apply shows defaults and owners, and stores nothing', async () => {
  for (const [path, body, expected] of [
    ['/apis/apps/v1/namespaces/default/deployments/web', deployment('web'), { replicas: 1 }],
    [
      '/apis/demo.io/v1/namespaces/default/widgets/web',
      { apiVersion: 'demo.io/v1', kind: 'Widget', metadata: { name: 'web', namespace: 'default' }, spec: {} },
      { size: 1 },
    ],
  ] as const) {
    const query = 'dryRun=All&fieldManager=argocd-controller&force=true'
    const applied = Applied.parse(await json('PATCH', `${path}?${query}`, body, 'application/apply-patch+yaml'))
    for (const [field, value] of Object.entries(expected)) assert.equal(applied.spec[field], value)
    assert.deepEqual(
      applied.metadata.managedFields.map(({ manager, operation }) => [manager, operation]),
      [['argocd-controller', 'Apply']],
    )
    assert.equal((await send('GET', path)).status, 404)
  }
})

it('Terraform plans and applies a kubernetes_manifest: groups, definitions of every kind, schemas, then an apply', async () => {
  Groups.parse(await json('GET', '/apis'))
  const { definitions } = OpenApi.parse(await json('GET', '/openapi/v2'))
  assert.ok(Object.hasOwn(definitions, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'))
  const described = new Set(
    Object.values(definitions)
      .flatMap((each) => each['x-kubernetes-group-version-kind'] ?? [])
      .map(({ group, version, kind }) => `${group === '' ? '' : `${group}/`}${version} ${kind}`),
  )
  const manageable = (await discovered()).filter(({ verbs }) => verbs.includes('create') && verbs.includes('get'))
  assert.deepEqual(
    manageable.map(({ groupVersion, kind }) => `${groupVersion} ${kind}`).filter((name) => !described.has(name)),
    [],
  )

  const crds = List.parse(await json('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'))
  const own = crds.items.find(({ metadata }) => metadata.name === 'widgets.demo.io')
  const schemas = z.object({ versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: z.unknown() }) })) })
  assert.deepEqual(
    schemas.parse(own?.['spec']).versions[0]?.schema.openAPIV3Schema,
    definition.spec.versions[0]?.schema.openAPIV3Schema,
  )

  const path = '/apis/demo.io/v1/namespaces/default/widgets/planned'
  const body = {
    apiVersion: 'demo.io/v1',
    kind: 'Widget',
    metadata: { name: 'planned', namespace: 'default' },
    spec: { port: 'http' },
  }
  const apply = (query: string) =>
    json('PATCH', `${path}?fieldManager=Terraform&${query}`, body, 'application/apply-patch+yaml')
  const planned = Applied.parse(await apply('dryRun=All'))
  assert.equal((await send('GET', path)).status, 404, 'a plan stores nothing')
  const stored = Applied.parse(await apply('force=false'))
  assert.deepEqual(stored.spec, planned.spec, 'what was planned is what became')
  assert.deepEqual(stored.spec, { port: 'http', size: 1 })
  await json('DELETE', path)
  assert.equal((await send('GET', path)).status, 404)
})
