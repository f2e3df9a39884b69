// The whole host around a real app and the real @azure/functions, over real HTTP; the bus is a stand-in at the SDK's seam.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { HostLogLine } from '../../../infra/local/functions-host/invoker.ts'
import { type FunctionsHost, startFunctionsHost } from '../../../infra/local/functions-host/start-functions-host.ts'
import { FakeBus, received } from '../../support/fake-bus.ts'
import { record } from '../../support/host-app-record.ts'

const entry = fileURLToPath(new URL('../../support/host-app.ts', import.meta.url))
const hostJson = { version: '2.0', extensions: { http: { routePrefix: '' } } }
const settings = { Bus: 'Endpoint=sb://none', ORDERED_QUEUE: 'orders', TICK: '0 0 0 1 1 *' }
const logged: HostLogLine[] = []
let bus: FakeBus
let host: FunctionsHost

async function start(port = 0): Promise<void> {
  bus = new FakeBus()
  host = await startFunctionsHost({
    entry,
    hostJson,
    settings,
    port,
    connectBus: () => bus,
    log: (line) => logged.push(line),
  })
}
before(() => start())
after(() => host.stop({ drainMs: 0 }))

/** Waits for something to become true, a turn of the event loop at a time. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await turn()
  }
}

function gate(name: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  record.gates.set(name, promise)
  return () => {
    record.gates.delete(name)
    resolve()
  }
}

async function open(path: string): Promise<{ sent: ClientRequest; answer: IncomingMessage }> {
  const sent = request(`${host.url}${path}`).end()
  const [answer] = await once(sent, 'response')
  return { sent, answer }
}

test('a request arrives whole and its response leaves whole', async () => {
  const response = await fetch(`${host.url}/echo/7/a%2Fb/c?a=1&a=2`, {
    method: 'POST',
    headers: { 'x-mine': 'yes' },
    body: 'hello',
  })
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('x-seen'), 'yes')
  assert.equal(response.headers.get('x-ms-invocation-id'), null)
  assert.deepEqual(await response.json(), {
    method: 'POST',
    url: `${host.url}/echo/7/a%2Fb/c?a=1&a=2`,
    params: { id: '7', rest: 'a%2Fb/c' },
    all: ['1', '2'],
    body: 'hello',
  })
})

test('a large body comes through in both directions', async () => {
  const body = 'x'.repeat(8 * 1024 * 1024)
  const response = await fetch(`${host.url}/echo/7/big`, { method: 'PUT', body })
  assert.equal(((await response.json()) as { body: string }).body.length, body.length)
})

test('what no function takes is answered by the host', async () => {
  assert.equal((await fetch(`${host.url}/nowhere`)).status, 404)
  const wrong = await fetch(`${host.url}/echo/7/x`, { method: 'DELETE' })
  assert.equal(wrong.status, 405)
  assert.equal(wrong.headers.get('allow'), 'GET, POST, PUT, HEAD')
  assert.equal(await (await fetch(`${host.url}/echo/1/fixed`)).text(), 'literal')
  assert.equal((await fetch(`${host.url}/nothing`)).status, 204)
  const failed = await fetch(`${host.url}/throws`)
  assert.equal(failed.status, 500)
  assert.equal(await failed.text(), '')
  assert.ok(logged.some((line) => line.function === 'throws' && /on purpose/.test(line.message)))
})

test('a body over 100 MB is refused before it is read', async () => {
  const socket = connect(host.port, '127.0.0.1')
  socket.write('POST /echo/7/x HTTP/1.1\r\nhost: x\r\ncontent-length: 104857601\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1.1 413 /)
  socket.destroy()
})

test('chunks arrive as they are made', async () => {
  const release = gate('stream')
  const { answer } = await open('/stream')
  const [first] = await once(answer, 'data')
  assert.equal(String(first), 'one ')
  release()
  const rest: Buffer[] = await answer.toArray()
  assert.equal(Buffer.concat(rest).toString(), 'two three ')
})

test('an invocation that fails in the middle cuts the connection', async () => {
  const release = gate('stream')
  const { answer } = await open('/stream/fails')
  await once(answer, 'data')
  release()
  await assert.rejects(answer.toArray(), /aborted/)
})

test('a client that leaves harms nobody: the handler ends, the next request is served', async () => {
  const release = gate('stream-head')
  const seen = record.calls.length
  const sent = request(`${host.url}/stream`).end()
  sent.on('error', () => {})
  await until('the handler has begun', () => record.calls.length > seen)
  sent.destroy()
  release()
  await until('the invocation is over', () => host.stats()['stream']?.running === 0)
  assert.equal((await fetch(`${host.url}/echo/7/x`)).status, 201)
})

test('a client that leaves at once does not leave an invocation hanging', async () => {
  for (let n = 0; n < 20; n += 1) {
    const sent = request(`${host.url}/echo/7/x`, { agent: false }).end()
    sent.on('error', () => {})
    await once(sent, 'socket')
    sent.destroy()
  }
  await turn()
  await until('all are over', () => host.stats()['echo']?.running === 0)
})

test('a session message: parsed body, camel-cased metadata, completed; a failure is given back', async () => {
  await until('an accept waits', () => bus.pending.length === 1)
  const before = record.calls.length
  bus.send('orders', 's1', { id: 'm1', body: { n: 1 } }, { id: 'm2', body: { fail: true } })
  await until('both are settled', () => bus.log.length === 2)
  assert.deepEqual(bus.log, ['complete s1 m1', 'abandon s1 m2'])
  const call = record.calls[before]
  assert.deepEqual(call?.body, { n: 1 })
  const properties = { attempt: 3, source: 'test' }
  assert.deepEqual(call?.metadata, {
    messageId: 'm1',
    sessionId: 's1',
    lockToken: 'token',
    deliveryCount: 3,
    enqueuedTimeUtc: '2026-01-01T00:00:00.000Z',
    enqueuedTime: '2026-01-01T00:00:00.000Z',
    applicationProperties: properties,
    userProperties: properties,
  })
  assert.equal(host.stats()['ordered']?.failures, 1)
})

test('a queue without sessions goes through the SDK’s own pump', async () => {
  const before = record.calls.length
  await bus.handlers.get('plain')?.processMessage(received('', { id: 'p', body: 'text' }))
  assert.equal(record.calls[before]?.body, 'text')
})

test('a hook may replace the inputs', async () => {
  const before = record.calls.length
  await bus.handlers.get('hooked')?.processMessage(received('', { id: 'h', body: 'original' }))
  assert.equal(record.calls[before]?.body, 'from the hook')
})

test('a stream that goes on for ever does not hold up the stop', async () => {
  const release = gate('stream')
  const { answer } = await open('/stream')
  await once(answer, 'data')
  const started = performance.now()
  const cut = assert.rejects(answer.toArray(), /aborted/)
  await host.stop({ drainMs: 20_000 })
  await cut
  assert.ok(performance.now() - started < 10_000)
  release()
  await start()
})

test('stopping lets a running request end, refuses new ones, and the host starts again', async () => {
  const release = gate('slow')
  const running = fetch(`${host.url}/slow`)
  await until('it runs', () => host.stats()['slow']?.running === 1)
  const terminated = record.terminated
  const stopping = host.stop({ drainMs: 5_000 })
  await turn()
  await assert.rejects(fetch(`${host.url}/echo/7/x`))
  release()
  assert.equal(await (await running).text(), 'done')
  await stopping
  assert.equal(record.terminated, terminated + 1)
  assert.equal(bus.closed, true)
  await start()
  assert.equal((await fetch(`${host.url}/echo/7/x`)).status, 201)
})

test('a taken port, a missing setting and another app are refused', async () => {
  await assert.rejects(startFunctionsHost({ entry, hostJson, settings, port: host.port, connectBus: () => bus }), {
    code: 'EADDRINUSE',
  })
  await assert.rejects(
    startFunctionsHost({ entry, hostJson, settings: { ...settings, Bus: undefined } }),
    /function ordered: the setting Bus is not set/,
  )
  await assert.rejects(startFunctionsHost({ entry: '/other.ts', hostJson, settings }), /already runs/)
})
