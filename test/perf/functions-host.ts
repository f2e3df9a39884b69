// Measures what the local host adds to a request: the test app's `literal` function through the host, beside a bare
// node:http server that answers the same. Client, host and library share this process.
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { startFunctionsHost } from '../../infra/local/functions-host/start-functions-host.ts'
import { FakeBus } from '../support/fake-bus.ts'

const agent = new Agent({ keepAlive: true })

function get(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/echo/1/fixed', agent }, (answer) => answer.on('end', resolve).resume())
      .on('error', reject)
      .end()
  })
}

async function measure(name: string, port: number, atOnce: number): Promise<void> {
  const run = async (total: number): Promise<number> => {
    const started = performance.now()
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let n = 0; n < total / atOnce; n += 1) await get(port)
      }),
    )
    return performance.now() - started
  }
  await run(1_000)
  const total = 4_000
  const ms = await run(total)
  const rate = ((total * 1_000) / ms).toFixed(0)
  console.log(
    `${name.padEnd(12)} ${String(atOnce).padStart(3)} at once ${rate.padStart(7)} /s, ${((ms * atOnce) / total).toFixed(3)} ms each`,
  )
}

const host = await startFunctionsHost({
  entry: fileURLToPath(new URL('../support/host-app.ts', import.meta.url)),
  hostJson: { version: '2.0', extensions: { http: { routePrefix: '' } } },
  settings: { Bus: 'none', ORDERED_QUEUE: 'orders', TICK: '0 0 0 1 1 *' },
  connectBus: () => new FakeBus(),
})
const bare = createServer((_request, response) => response.end('literal')).listen(0, '127.0.0.1')
const barePort = await new Promise<number>((resolve) =>
  bare.once('listening', () => resolve((bare.address() as AddressInfo).port)),
)
for (const atOnce of [1, 16]) {
  await measure('bare server', barePort, atOnce)
  await measure('host', host.port, atOnce)
}
agent.destroy()
bare.close()
await host.stop()
