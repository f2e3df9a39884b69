// The host's session listener, the real SDK and the embedded Service Bus together: order, concurrency, redelivery, idling.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus'
import { entities } from '../../infra/local/entities.ts'
import { type FunctionsHost, startFunctionsHost } from '../../infra/local/functions-host/start-functions-host.ts'
import { type ServiceBus, startServiceBus } from '../../infra/local/service-bus/index.ts'
import { endProcess } from '../support/end-process.ts'
import { delivered } from '../support/session-app-record.ts'

let bus: ServiceBus
let host: FunctionsHost
let client: ServiceBusClient
let sender: ServiceBusSender

before(async () => {
  bus = await startServiceBus({ entities })
  client = new ServiceBusClient(bus.connectionString)
  sender = client.createSender('apply-work')
  host = await startFunctionsHost({
    entry: fileURLToPath(new URL('../support/session-app.ts', import.meta.url)),
    hostJson: 'host.json',
    settings: { ServiceBusConnection: bus.connectionString },
  })
})
after(async () => {
  await host.stop()
  await client.close()
  await bus.close()
  endProcess()
})

/** Resolves when so many messages have come since the last call of `expect`. */
async function arrival(count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`${delivered.messages.length} of ${count} messages came`)), 20_000)
  const check = (): void => {
    if (delivered.messages.length >= count) resolve()
  }
  delivered.changed = check
  check()
  await promise.finally(() => clearTimeout(timer))
}

test('messages of a session come in order, sessions side by side, each message once', async () => {
  const sessions = Array.from({ length: 20 }, (_, n) => `cluster-${n}`)
  for (let turn = 0; turn < 5; turn += 1) {
    for (const sessionId of sessions) await sender.sendMessages({ body: { cluster: sessionId, turn }, sessionId })
  }
  await arrival(100)
  for (const session of sessions) {
    const turns = delivered.messages
      .filter((one) => one.session === session)
      .map(({ message }) => (message as { turn: number }).turn)
    assert.deepEqual(turns, [0, 1, 2, 3, 4])
  }
  assert.equal(host.stats()['apply-work']?.failures, 0)
})

test('a message whose handler throws comes again, with a higher count, before the next of its session', async () => {
  delivered.messages.length = 0
  await sender.sendMessages([
    { body: { fail: true }, sessionId: 'broken' },
    { body: { fine: true }, sessionId: 'broken' },
  ])
  await arrival(11)
  assert.deepEqual(
    delivered.messages.map(({ attempt }) => attempt),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1],
  )
  assert.deepEqual(delivered.messages.at(-1)?.message, { fine: true })
  const receiver = client.createReceiver('apply-work', { subQueueType: 'deadLetter' })
  const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 })
  assert.equal(dead?.deadLetterReason, 'MaxDeliveryCountExceeded')
  await receiver.close()
})
