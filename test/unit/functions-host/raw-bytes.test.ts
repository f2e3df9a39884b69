// The host's port against bytes no HTTP library sends. `HUBLESS_FUZZ_RUNS` asks for more cases, `HUBLESS_FUZZ_SEED` for the
// same ones again.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type FunctionsHost, startFunctionsHost } from '../../../infra/local/functions-host/start-functions-host.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeBus } from '../../support/fake-bus.ts'
import { sendRaw } from '../../support/fuzz/raw-connection.ts'
import { rawCase } from '../../support/fuzz/raw-requests.ts'

const runs = Number(process.env['HUBLESS_FUZZ_RUNS'] ?? 200)
const seed = Number(process.env['HUBLESS_FUZZ_SEED'] ?? Date.now() % 2 ** 31)
/** Connections at a time, and how many cases lie between two ordinary requests. */
const together = 10

let host: FunctionsHost
const faults: string[] = []
const note = (error: unknown) => void faults.push(error instanceof Error ? (error.stack ?? error.message) : `${error}`)

before(async () => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  host = await startFunctionsHost({
    entry: fileURLToPath(new URL('../../support/host-app.ts', import.meta.url)),
    hostJson: { version: '2.0', extensions: { http: { routePrefix: '' } } },
    settings: { Bus: 'Endpoint=sb://none', ORDERED_QUEUE: 'orders', TICK: '0 0 0 1 1 *' },
    connectBus: () => new FakeBus(),
    log: () => {},
  })
})
after(() => host.stop({ drainMs: 0 }))

test(`the port answers or closes, whatever bytes come, and serves the next request (seed ${seed})`, async (context) => {
  const cases = fc.sample(rawCase, { seed, numRuns: runs })
  const codes = new Map<number, number>()
  for (let from = 0; from < cases.length; from += together) {
    const some = cases.slice(from, from + together)
    for (const code of await Promise.all(some.map((each) => sendRaw(host.port, each))))
      codes.set(code, (codes.get(code) ?? 0) + 1)
    const next = await fetch(`${host.url}/echo/7/x`, {
      method: 'POST',
      body: 'hello',
      signal: AbortSignal.timeout(2_000),
    })
    assert.equal(((await next.json()) as { body: string }).body, 'hello')
    assert.deepEqual(faults, [], `after ${JSON.stringify(some)}`)
  }
  context.diagnostic(`codes ${JSON.stringify(Object.fromEntries([...codes].sort()))}`)
  assert.ok((codes.get(201) ?? 0) > 0 && (codes.get(400) ?? 0) > 0, 'some are served, some refused')
  await eventually(
    'every invocation over',
    () => {
      const running = Object.entries(host.stats()).filter(([, stats]) => stats.running > 0)
      assert.deepEqual(running, [])
    },
    5_000,
    20,
  )
})

test('a body in chunks arrives whole, and nothing of it is taken for another request', async () => {
  const other = 'GET /bodies HTTP/1.1\r\nhost: x\r\nx-ms-invocation-id: mine\r\n\r\n'
  // The library gives handlers no body of a GET.
  const expected = { POST: `POST ${other}`, PATCH: `PATCH ${other}`, DELETE: `DELETE ${other}`, GET: 'GET ' }
  for (const [method, text] of Object.entries(expected)) {
    const sent = request(`${host.url}/bodies`, { method, headers: { 'transfer-encoding': 'chunked' } }).end(other)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 200, method)
    assert.equal(Buffer.concat(await answer.toArray()).toString(), text)
  }
})
