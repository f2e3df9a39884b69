// Watches over real HTTP, through the local functions host and the real @azure/functions: who leaves frees its place, who
// stops reading is cut off, and nothing is kept for either.
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type FunctionsHost, startFunctionsHost } from '../../../infra/local/functions-host/start-functions-host.ts'
import { eventually } from '../../support/eventually.ts'
import { served } from '../../support/watch-app-record.ts'

const path = '/api/v1/namespaces/default/configmaps'
let host: FunctionsHost
/** Answers being written in this process, on both sides of the host's hop. */
const responses = new Set<ServerResponse>()
subscribe('http.server.request.start', (message) => {
  const { response } = message as { response: ServerResponse }
  responses.add(response)
  response.once('close', () => responses.delete(response))
})

before(async () => {
  const entry = fileURLToPath(new URL('../../support/watch-app.ts', import.meta.url))
  const hostJson = { version: '2.0', extensions: { http: { routePrefix: '' } } }
  host = await startFunctionsHost({ entry, hostJson, settings: {}, log: () => {} })
})
after(() => host.stop({ drainMs: 0 }))

async function watch(query = ''): Promise<IncomingMessage> {
  const [answer] = await once(request(`${host.url}${path}?watch=true${query}`).end(), 'response')
  return answer
}

async function write(name: string, bytes: number): Promise<void> {
  const body = JSON.stringify({ metadata: { name }, data: { text: 'x'.repeat(bytes) } })
  const answer = await fetch(`${host.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(answer.status, 201, await answer.text())
}

test('watchers beyond the limit are told when to come back; one that leaves makes room at once', async () => {
  const open = [await watch(), await watch(), await watch()]
  const refused = await watch()
  assert.equal(refused.statusCode, 429)
  assert.equal(refused.headers['retry-after'], '5')
  open[0]?.destroy()
  await eventually('room for another watch', async () => {
    const next = await watch()
    assert.equal(next.statusCode, 200)
    next.destroy()
  })
  for (const each of open) each.destroy()
})

test('a watcher that stops reading loses its connection and its place, and its events are not kept', async () => {
  const { port } = new URL(host.url)
  const silent = connect({ port: Number(port), host: '127.0.0.1' })
  silent.on('error', () => {})
  silent.write(`GET ${path}?watch=true HTTP/1.1\r\nhost: x\r\n\r\n`)
  await once(silent, 'data')
  silent.pause()
  const reading = await watch()
  let read = 0
  reading.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  let waiting = 0
  for (let index = 0; index < 120; index += 1) {
    await write(`big-${index}`, 200_000)
    waiting = Math.max(waiting, ...[...responses].map(({ writableLength }) => writableLength))
  }
  await eventually('everything read', () => assert.ok(read > 24_000_000, `the other watcher read ${read} bytes`))
  assert.ok(waiting < 1_000_000, `${waiting} bytes waited for one watcher`)
  silent.resume()
  await once(silent, 'close')
  reading.destroy()
  await eventually('room for three', async () => {
    const open = [await watch(), await watch(), await watch()]
    for (const each of open) each.destroy()
    assert.deepEqual(
      open.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    )
  })
  assert.deepEqual(served.errors, [])
})

test('a slow watcher that does read sees everything, once and in order, also where it owed too much and came again', async () => {
  const seen: string[] = []
  let revision = '1'
  for (let round = 0; round < 20 && seen.length < 120; round += 1) {
    const slow = await watch(`&resourceVersion=${revision}&timeoutSeconds=5`)
    let text = ''
    slow.setEncoding('utf8')
    for await (const chunk of slow) {
      text += chunk
      await delay(1)
      if (seen.length + text.split('\n').filter((line) => line !== '').length > 120) break
    }
    for (const line of text.split('\n').filter((each) => each.startsWith('{') && each.endsWith('}'))) {
      const { metadata } = (JSON.parse(line) as { object: { metadata: { name: string; resourceVersion: string } } })
        .object
      seen.push(metadata.name)
      revision = metadata.resourceVersion
    }
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 120 }, (_unused, index) => `big-${index}`),
  )
})
