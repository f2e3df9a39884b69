// The edge under stress: drains, windows, dropped connections, bytes that are no AMQP, and a quick end.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ServiceBusClient } from '@azure/service-bus'
import fc from 'fast-check'
import { startServiceBus } from '../../infra/local/service-bus/index.ts'
import { quickRetries, receiveOne, withBus } from '../support/service-bus.ts'

const entities = {
  queues: [
    { name: 'q', lockDurationMs: 60_000 },
    { name: 's', requiresSession: true },
  ],
}

test('5 000 messages pass one link in order, and one receive locks no more than the window', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const sender = client.createSender('q')
    for (let from = 0; from < 5_000; from += 500) {
      await sender.sendMessages(Array.from({ length: 500 }, (_, index) => ({ body: from + index })))
    }
    const receiver = client.createReceiver('q')
    const seen: unknown[] = []
    let most = 0
    while (seen.length < 5_000) {
      const got = await receiver.receiveMessages(5_000, { maxWaitTimeInMs: 5_000 })
      assert.ok(got.length > 0, `nothing came after ${seen.length} messages`)
      most = Math.max(most, bus.stats()['q']?.locked ?? 0)
      await Promise.all(got.map((message) => receiver.completeMessage(message)))
      seen.push(...got.map((message) => message.body))
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 5_000 }, (_, index) => index),
    )
    assert.ok(most <= 2_048, `${most} messages were locked at once`)
  }))

test('receives that end in a drain while messages arrive lose none and close no link', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const sender = client.createSender('q')
    const receiver = client.createReceiver('q')
    const seen = new Set<unknown>()
    let sent = 0
    const sending = (async () => {
      for (; sent < 60; sent += 1) await sender.sendMessages({ body: sent })
    })()
    while (seen.size < 60) {
      for (const message of await receiver.receiveMessages(3, { maxWaitTimeInMs: 5 })) {
        seen.add(message.body)
        await receiver.completeMessage(message)
      }
    }
    await sending
    assert.deepEqual([bus.stats()['q']?.active, bus.stats()['q']?.locked, bus.stats()['q']?.deliveries], [0, 0, 60])
  }))

test('many small receives each drain within the time the client allows', () =>
  withBus({ entities }, async ({ client }) => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const receiver = client.createReceiver('q')
        for (let round = 0; round < 3; round += 1) await receiver.receiveMessages(1, { maxWaitTimeInMs: 10 })
        await receiver.close()
      }),
    )
    await client.createSender('q').sendMessages({ body: 1 })
    assert.equal((await receiveOne(client.createReceiver('q'))).body, 1)
  }))

test('a management call takes milliseconds', () =>
  withBus({ entities }, async ({ client }) => {
    const receiver = client.createReceiver('q')
    await receiver.peekMessages(1)
    const times: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const start = performance.now()
      await receiver.peekMessages(1)
      times.push(performance.now() - start)
    }
    const median = times.sort((a, b) => a - b)[10] ?? 0
    assert.ok(median < 10, `the median is ${median} ms`)
  }))

test('a session that is waited for is granted within milliseconds of its first message', () =>
  withBus({ entities }, async ({ client }) => {
    const sender = client.createSender('s')
    await sender.sendMessages({ body: 0, sessionId: 'warm' })
    const times: number[] = []
    await (await client.acceptNextSession('s')).receiveMessages(1)
    for (let round = 0; round < 20; round += 1) {
      const start = performance.now()
      const waiting = client.acceptNextSession('s')
      await sender.sendMessages({ body: round, sessionId: `s${round}` })
      await waiting
      times.push(performance.now() - start)
    }
    const median = times.sort((a, b) => a - b)[10] ?? 0
    assert.ok(median < 25, `the median is ${median} ms`)
  }))

test('a bus that comes back on its port is found again by senders and receivers', async () => {
  const first = await startServiceBus({ entities })
  const client = new ServiceBusClient(first.connectionString, {
    retryOptions: { maxRetries: 10, retryDelayInMs: 50, timeoutInMs: 5_000 },
  })
  const sender = client.createSender('q')
  const receiver = client.createReceiver('q')
  await sender.sendMessages({ body: 1 })
  await receiver.completeMessage(await receiveOne(receiver))
  await first.close()
  const second = await startServiceBus({ entities, port: first.port })
  try {
    /** The client may take the end of its old connection for a failure of the new one, once. */
    await sender.sendMessages({ body: 2 }).catch(() => sender.sendMessages({ body: 2 }))
    assert.equal((await receiveOne(receiver)).body, 2)
  } finally {
    await client.close()
    await second.close()
  }
})

function pour(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}

const saslHeader = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1')
const amqpHeader = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1')

/** An open frame whose list holds an array of four thousand million nothings. */
const endlessArray = Buffer.from('0000001a0200000000531 0c00c01f00000000affffffff40'.replaceAll(' ', ''), 'hex')

test('bytes that are no AMQP end their connection, never the bus', () =>
  withBus({ entities }, async ({ client, bus }) => {
    await client.createSender('q').sendMessages({ body: 'still here' })
    const junk = fc.uint8Array({ maxLength: 200 })
    const prefix = fc.constantFrom(Buffer.alloc(0), saslHeader, amqpHeader, Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await fc.assert(
      fc.asyncProperty(prefix, junk, async (head, tail) => pour(bus.port, Buffer.concat([head, tail]))),
      { numRuns: 100 },
    )
    await pour(bus.port, Buffer.concat([amqpHeader, endlessArray]))
    await pour(bus.port, Buffer.concat([amqpHeader, Buffer.from('ffffffff02000000', 'hex')]))
    assert.equal((await receiveOne(client.createReceiver('q'))).body, 'still here')
    assert.equal(bus.connections(), 1)
  }))

test('more connections than allowed are turned away', () =>
  withBus({ entities, limits: { maxConnections: 1 } }, async ({ client, bus }) => {
    await client.createSender('q').sendMessages({ body: 1 })
    const second = new ServiceBusClient(bus.connectionString, { retryOptions: quickRetries })
    await assert.rejects(second.createSender('q').sendMessages({ body: 2 }))
    assert.equal(bus.connections(), 1)
    await second.close()
  }))

test('the end is quick whatever is open, and may be asked for twice', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const waiting = client.acceptNextSession('s').catch(() => 'ended')
    await client.createSender('q').sendMessages({ body: 1 })
    await receiveOne(client.createReceiver('q'))
    const start = performance.now()
    await Promise.all([bus.close(), bus.close()])
    assert.ok(performance.now() - start < 200)
    assert.equal(bus.connections(), 0)
    assert.equal(await waiting, 'ended')
  }))

test('wrong declarations are refused with the field they are wrong in', async () => {
  await assert.rejects(
    startServiceBus({ entities: { queues: [{ name: 'q', maxDeliveryCount: 0 }] } }),
    /maxDeliveryCount/,
  )
  await assert.rejects(
    startServiceBus({ entities: { queues: [{ name: 'Q' }, { name: 'q' }] } }),
    /'q' is declared twice/,
  )
})
