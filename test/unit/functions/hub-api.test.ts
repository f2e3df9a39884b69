// Requests of the function app reach the API server as they are, and its answers go back as they are.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { HttpRequest } from '@azure/functions'
import { answerWith } from '../../../functions/http/hub-api.ts'
import { createWorld } from '../apiserver/world.ts'

function request(method: string, path: string, body?: string, headers: Record<string, string> = {}): HttpRequest {
  return new HttpRequest({
    method,
    url: `http://hub${path}`,
    headers,
    ...(body !== undefined && { body: { string: body } }),
  })
}

it('a body, repeated query parameters and escapes arrive; code, headers and body return', async () => {
  const world = createWorld()
  const path = '/api/v1/namespaces/default/configmaps'
  const body = '{"metadata":{"name":"a"},"data":{"k":"v"},"bogus":1}'
  const made = await answerWith(world, request('POST', path, body, { 'content-type': 'application/json' }))
  assert.equal(made.status, 201)
  assert.match(JSON.stringify(made.headers), /unknown field/)
  const selector = '?labelSelector=a%20in%20(b%2Cc)&dryRun=All&dryRun=All'
  const list = await answerWith(world, request('GET', `${path}${selector}`))
  assert.equal(list.status, 200)
  const escaped = await answerWith(
    world,
    request('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode'),
  )
  assert.match(await text(escaped.body), /clusterroles.rbac.authorization.k8s.io \\"system:node\\" not found/)
})

it('a watch is a stream whose first byte comes at once', async () => {
  const world = createWorld()
  const answer = await answerWith(world, request('GET', '/api/v1/configmaps?watch=true'))
  assert.ok(answer.body instanceof ReadableStream)
  const reader = answer.body.getReader()
  const { value } = await reader.read()
  assert.equal(new TextDecoder().decode(value as Uint8Array), '\n')
  await reader.cancel()
})

async function text(body: unknown): Promise<string> {
  assert.ok(body instanceof ReadableStream)
  return await new Response(body).text()
}
