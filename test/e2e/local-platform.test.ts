// The platform as a user starts it: how soon what belonged to something deleted is gone, and that large objects are kept.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type LocalPlatform, startPlatform } from '../../infra/local/platform.ts'
import { endProcess } from '../support/end-process.ts'
import { eventually } from '../support/eventually.ts'

/** From the owner's end to the end of the last that depended on it, in milliseconds. */
const goneMs = 2_000

let platform: LocalPlatform
before(async () => {
  platform = await startPlatform({ settings: { HUBLESS_LOG: 'silent' } })
})
after(async () => {
  await platform?.stop()
  endProcess()
})

interface Owned {
  readonly metadata: { readonly name: string; readonly uid: string }
}

async function create(path: string, apiVersion: string, kind: string, name: string, more: object): Promise<Owned> {
  const { metadata = {}, ...rest } = more as { metadata?: object }
  const body = JSON.stringify({ apiVersion, kind, metadata: { name, ...metadata }, ...rest })
  const answer = await fetch(`${platform.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  const text = await answer.text()
  assert.equal(answer.status, 201, text)
  return JSON.parse(text)
}

const ownedBy = (apiVersion: string, kind: string, { metadata: { name, uid } }: Owned) => ({
  metadata: { ownerReferences: [{ apiVersion, kind, name, uid }] },
})

/** Deletes the first and gives the time until all are gone, as asked over HTTP every 10 ms. */
async function goneAfter(first: string, others: readonly string[]): Promise<number> {
  const answer = await fetch(`${platform.url}${first}`, { method: 'DELETE' })
  assert.equal(answer.status, 200, await answer.text())
  const started = performance.now()
  for (const path of [first, ...others]) {
    const look = async () => assert.equal((await fetch(`${platform.url}${path}`)).status, 404, path)
    await eventually(`${path} gone`, look, 20_000, 10)
  }
  return performance.now() - started
}

test('a chain of three kinds follows its owner', async (context) => {
  const [core, apps] = ['/api/v1/namespaces/default', '/apis/apps/v1/namespaces/default']
  const owner = await create(`${core}/configmaps`, 'v1', 'ConfigMap', 'owner', {})
  const secret = await create(`${core}/secrets`, 'v1', 'Secret', 'one', ownedBy('v1', 'ConfigMap', owner))
  const account = ownedBy('v1', 'Secret', secret)
  const second = await create(`${core}/serviceaccounts`, 'v1', 'ServiceAccount', 'two', account)
  await create(`${apps}/controllerrevisions`, 'apps/v1', 'ControllerRevision', 'three', {
    ...ownedBy('v1', 'ServiceAccount', second),
    revision: 1,
  })
  const chain = [`${core}/secrets/one`, `${core}/serviceaccounts/two`, `${apps}/controllerrevisions/three`]
  const ms = await goneAfter(`${core}/configmaps/owner`, chain)
  context.diagnostic(`gone after ${Math.round(ms)} ms`)
  assert.ok(ms < goneMs, `it took ${ms} ms`)
})

test('an object of 1.5 MiB that nothing compresses is kept whole in the tables', async () => {
  let state = 7
  const bytes = Buffer.alloc(1_150_000, 0)
  for (let at = 0; at < bytes.length; at += 1) {
    state = (state * 48_271) % 2_147_483_647
    bytes[at] = state % 251
  }
  const noise = bytes.toString('base64')
  assert.ok(noise.length > 1_500_000)
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await create(definitions, 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'blobs.demo.io', {
    spec: {
      group: 'demo.io',
      scope: 'Cluster',
      names: { plural: 'blobs', kind: 'Blob' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  const blobs = '/apis/demo.io/v1/blobs'
  const made = await eventually('the kind is served', () =>
    create(blobs, 'demo.io/v1', 'Blob', 'large', { spec: { noise } }),
  )
  const get = async () => (await fetch(`${platform.url}${blobs}/large`)).json() as Promise<{ spec: { noise: string } }>
  assert.equal((await get()).spec.noise, noise)
  const changed = JSON.stringify({ ...made, spec: { noise: `${noise}!` } })
  const headers = { 'content-type': 'application/json' }
  const updated = await fetch(`${platform.url}${blobs}/large`, { method: 'PUT', body: changed, headers })
  assert.equal(updated.status, 200, (await updated.text()).slice(0, 500))
  assert.equal((await get()).spec.noise, `${noise}!`)
  assert.equal((await fetch(`${platform.url}${blobs}/large`, { method: 'DELETE' })).status, 200)
  assert.equal((await fetch(`${platform.url}${blobs}/large`)).status, 404)
})
