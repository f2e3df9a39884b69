// @kubernetes/client-node's client for any kind, on a built-in and on a custom kind: it finds paths through discovery.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import {
  ApiException,
  ApiextensionsV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node'
import { type ServedApi, serveApi } from '../support/serve-api.ts'

let served: ServedApi
let client: KubernetesObjectApi

interface Thing extends KubernetesObject {
  spec?: { size?: number; tags?: string[]; note?: string }
  data?: Record<string, string>
}

before(async () => {
  served = await serveApi()
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'hub', server: served.url, skipTLSVerify: true }, { name: 'me' })
  client = KubernetesObjectApi.makeApiClient(config)
  const spec = {
    type: 'object',
    properties: {
      size: { type: 'integer', _default: 1 },
      note: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
    },
  }
  await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.demo.io' },
      spec: {
        group: 'demo.io',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
          },
        ],
      },
    },
  })
  const end = Date.now() + 20_000
  while ((await fetch(`${served.url}/apis/demo.io/v1`)).status !== 200) assert.ok(Date.now() < end, 'never served')
})
after(async () => {
  await served?.close()
})

const codeOf = async (promise: Promise<unknown>): Promise<number> => {
  try {
    await promise
    return 200
  } catch (error) {
    if (!(error instanceof ApiException)) throw error
    return error.code
  }
}

for (const [apiVersion, kind, content, changed] of [
  ['v1', 'ConfigMap', { data: { a: '1', b: '2' } }, { data: { a: '9', b: null } }],
  ['demo.io/v1', 'Thing', { spec: { tags: ['x'], note: 'n' } }, { spec: { size: 7, note: null } }],
] as const) {
  it(`creates, reads, lists, patches, replaces and deletes a ${kind}`, async () => {
    const head = { apiVersion, kind, metadata: { name: 'one', namespace: 'default', labels: { of: 'test' } } }
    const created = await client.create<Thing>(structuredClone({ ...head, ...content }) as Thing)
    assert.ok(created.metadata?.uid)
    assert.equal(await codeOf(client.create({ ...head, ...content } as Thing)), 409)

    const read = await client.read<Thing>(head)
    assert.deepEqual([read.data, read.spec], [created.data, created.spec])
    if (kind === 'Thing') assert.equal(read.spec?.size, 1, 'with the default of its schema')

    const listed = await client.list<Thing>(
      apiVersion,
      kind,
      'default',
      undefined,
      undefined,
      undefined,
      undefined,
      'of=test',
    )
    assert.deepEqual(
      listed.items.map((item) => item.metadata?.name),
      ['one'],
    )

    const patch = { ...head, ...changed } as unknown as Thing
    const merge = PatchStrategy.MergePatch
    const patched = await client.patch<Thing>(patch, undefined, undefined, undefined, undefined, merge)
    assert.deepEqual(
      patched.data ?? patched.spec,
      kind === 'Thing' ? { size: 7, tags: ['x'] } : { a: '9' },
      'null takes a field away',
    )
    // Without a strategy this client patches strategically, which custom kinds do not know.
    assert.equal(await codeOf(client.patch<Thing>(patch)), kind === 'Thing' ? 415 : 200)
    const apply = PatchStrategy.ServerSideApply
    const applied = await client.patch<Thing>({ ...head, ...content } as Thing, undefined, undefined, 'me', true, apply)
    assert.ok(applied.metadata?.resourceVersion)

    const latest = await client.read<Thing>(head)
    const next = { ...latest, ...(kind === 'Thing' ? { spec: { size: 3 } } : { data: { c: '3' } }) }
    const replaced = await client.replace<Thing>(next)
    assert.deepEqual(replaced.spec ?? replaced.data, kind === 'Thing' ? { size: 3 } : { c: '3' })
    assert.equal(await codeOf(client.replace<Thing>(next)), 409, 'a version that is no longer current')

    assert.equal((await client.delete(head)).status, 'Success')
    assert.equal(await codeOf(client.read(head)), 404)
    assert.deepEqual(served.errors, [])
  })
}
