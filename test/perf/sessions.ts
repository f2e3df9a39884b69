// Measures the host's session listener over the embedded bus: many sessions with one message each, few with many, and
// what an idle host costs. Sender, bus and host share this process.
import { fileURLToPath } from 'node:url'
import { ServiceBusClient } from '@azure/service-bus'
import { entities } from '../../infra/local/entities.ts'
import { startFunctionsHost } from '../../infra/local/functions-host/start-functions-host.ts'
import { startServiceBus } from '../../infra/local/service-bus/index.ts'
import { delivered } from '../support/session-app-record.ts'

const bus = await startServiceBus({ entities })
const client = new ServiceBusClient(bus.connectionString)
const sender = client.createSender('apply-work')
const host = await startFunctionsHost({
  entry: fileURLToPath(new URL('../support/session-app.ts', import.meta.url)),
  hostJson: 'host.json',
  settings: { ServiceBusConnection: bus.connectionString },
})

async function measure(sessions: number, each: number): Promise<void> {
  delivered.messages.length = 0
  delivered.mostAtOnce = 0
  const total = sessions * each
  const all = new Promise<void>((resolve) => {
    delivered.changed = () => delivered.messages.length >= total && resolve()
  })
  const started = performance.now()
  await Promise.all(
    Array.from({ length: sessions }, (_, n) =>
      sender.sendMessages(Array.from({ length: each }, (_, m) => ({ body: { m }, sessionId: `s${n}` }))),
    ),
  )
  const sent = performance.now() - started
  await all
  const ms = performance.now() - started
  console.log(
    `${sessions} sessions of ${each}: ${((total * 1_000) / ms).toFixed(0)} messages/s, sending took ${sent.toFixed(0)} of ${ms.toFixed(0)} ms, ${delivered.mostAtOnce} at once`,
  )
}

await measure(20, 5)
await measure(64, 1)
await measure(500, 1)
await measure(20, 50)
await measure(64, 20)

const before = process.cpuUsage()
const idleMs = 10_000
await new Promise((resolve) => setTimeout(resolve, idleMs))
const { user, system } = process.cpuUsage(before)
console.log(`idle: ${((user + system) / 10 / idleMs).toFixed(2)} % of a core`)
const stopping = performance.now()
await host.stop()
console.log(`stopped in ${(performance.now() - stopping).toFixed(0)} ms`)
process.exit()
