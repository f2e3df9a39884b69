// Sessions: one owner at a time, order within, and a session given up is free at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus'
import { errorCode, quickRetries, receiveOne, rejectionCode, withBus } from '../support/service-bus.ts'

const entities = { queues: [{ name: 's', requiresSession: true, lockDurationMs: 5_000 }, { name: 'plain' }] }
const noRenewal = { maxAutoLockRenewalDurationInMs: 0 } as const
const to = (sessionId: string, ...bodies: unknown[]) => bodies.map((body) => ({ body, sessionId }))

test('a session entity takes no message without session, alone or in a batch', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const sender = client.createSender('s')
    await assert.rejects(sender.sendMessages({ body: 1 }), /SessionId was not set/)
    await assert.rejects(sender.sendMessages([{ body: 1, sessionId: 'a' }, { body: 2 }]), /SessionId was not set/)
    assert.equal(bus.stats()['s']?.active, 0)
  }))

test('a session is received in order by its one owner, with state that stays', () =>
  withBus({ entities }, async ({ client }) => {
    await client.createSender('s').sendMessages(to('a', 1, 2, 3))
    const receiver = await client.acceptSession('s', 'a', noRenewal)
    assert.ok(receiver.sessionLockedUntilUtc.getTime() > Date.now())
    assert.equal(await rejectionCode(client.acceptSession('s', 'a')), 'SessionCannotBeLocked')
    const got = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2_000 })
    assert.deepEqual(
      got.map((message) => [message.body, message.sessionId]),
      [
        [1, 'a'],
        [2, 'a'],
        [3, 'a'],
      ],
    )
    for (const message of got) await receiver.completeMessage(message)
    assert.equal(await receiver.getSessionState(), null)
    await receiver.setSessionState({ step: 2 })
    assert.ok((await receiver.renewSessionLock()).getTime() > Date.now())
    await receiver.close()
    const again = await client.acceptSession('s', 'a')
    assert.deepEqual(await again.getSessionState(), { step: 2 })
    await again.setSessionState(null)
    assert.equal(await again.getSessionState(), null)
  }))

test('nobody waits longer for a session than it asked to', () =>
  withBus({ entities }, async ({ bus }) => {
    const retryOptions = { maxRetries: 0, timeoutInMs: 1_000 }
    const client = new ServiceBusClient(bus.connectionString, { retryOptions })
    const start = performance.now()
    const code = await rejectionCode(client.acceptNextSession('s'))
    await client.close()
    assert.equal(code, 'ServiceTimeout')
    assert.ok(performance.now() - start < 2_000)
  }))

test('who waits for a session gets the first that has something, in the order of waiting', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const order: string[] = []
    const first = client.acceptNextSession('s').then((receiver) => order.push(`first ${receiver.sessionId}`))
    await client.createSender('plain').sendMessages({ body: 'warm' })
    const second = client.acceptNextSession('s').then((receiver) => order.push(`second ${receiver.sessionId}`))
    await receiveOne(client.createReceiver('plain'))
    const sender = client.createSender('s')
    await sender.sendMessages(to('x', 1))
    await first
    await sender.sendMessages(to('y', 1))
    await second
    assert.deepEqual(order, ['first x', 'second y'])
    assert.equal(bus.stats()['s']?.active, 2)
  }))

test('the next session is the one whose oldest message is oldest', () =>
  withBus({ entities }, async ({ client }) => {
    const sender = client.createSender('s')
    await sender.sendMessages(to('b', 1))
    await sender.sendMessages(to('a', 1))
    await sender.sendMessages(to('b', 2))
    const first = await client.acceptNextSession('s')
    const second = await client.acceptNextSession('s')
    assert.deepEqual([first.sessionId, second.sessionId], ['b', 'a'])
  }))

test('a session lock that runs out ends the receiver, and its message is counted', () =>
  withBus({ entities }, async ({ client, clock }) => {
    await client.createSender('s').sendMessages(to('a', 1))
    const receiver = await client.acceptSession('s', 'a', noRenewal)
    const message = await receiveOne(receiver)
    clock.advance(5_000)
    const other = await client.acceptNextSession('s', noRenewal)
    assert.equal((await receiveOne(other)).deliveryCount, 1)
    assert.equal(await rejectionCode(receiver.completeMessage(message)), 'SessionLockLost')
    assert.equal(await rejectionCode(receiver.setSessionState(1)), 'SessionLockLost')
  }))

test('the client keeps a session for longer than one lock', () =>
  withBus(
    { entities: { queues: [{ name: 'short', requiresSession: true, lockDurationMs: 700 }] } },
    async ({ client }) => {
      await client.createSender('short').sendMessages(to('a', 1))
      const receiver = await client.acceptSession('short', 'a')
      const message = await receiveOne(receiver)
      assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 1_600 }), [])
      await receiver.completeMessage(message)
    },
  ))

test('closing a receiver frees its session at once, and what it held is not counted', () =>
  withBus({ entities }, async ({ client }) => {
    await client.createSender('s').sendMessages(to('a', 1, 2))
    const receiver = await client.acceptNextSession('s')
    await receiveOne(receiver)
    await receiver.close()
    const next = await client.acceptNextSession('s')
    const message = await receiveOne(next)
    assert.deepEqual([message.body, message.deliveryCount], [1, 0])
  }))

test('a client that is cut off frees its sessions', () =>
  withBus({ entities }, async ({ client, bus }) => {
    await client.createSender('s').sendMessages(to('a', 1))
    const doomed = new ServiceBusClient(bus.connectionString, { retryOptions: quickRetries })
    const held = await doomed.acceptSession('s', 'a')
    await receiveOne(held)
    const waiting = client.acceptNextSession('s')
    cutOff(doomed)
    const next = await waiting
    assert.deepEqual([next.sessionId, (await receiveOne(next)).deliveryCount], ['a', 0])
    await doomed.close()
  }))

/** Destroys the socket under a client, as a killed process would. */
function cutOff(client: ServiceBusClient): void {
  const inner = client as unknown as {
    readonly _connectionContext: {
      readonly connection: { readonly _connection: { readonly socket: { destroy(error: Error): void } } }
    }
  }
  inner._connectionContext.connection._connection.socket.destroy(new Error('cut off'))
}

test('a wait whose client went away keeps no session', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const doomed = new ServiceBusClient(bus.connectionString, { retryOptions: quickRetries })
    const given = doomed.acceptNextSession('s').then(
      () => 'granted',
      () => 'gone',
    )
    await doomed.createSender('plain').sendMessages({ body: 'the attach went before this' })
    cutOff(doomed)
    assert.equal(await given, 'gone')
    await client.createSender('s').sendMessages(to('a', 1))
    assert.equal((await client.acceptNextSession('s')).sessionId, 'a')
    await doomed.close()
  }))

test('a subscriber of a session sees its messages in order, and may defer', () =>
  withBus({ entities }, async ({ client, bus }) => {
    await client.createSender('s').sendMessages(to('a', ...Array.from({ length: 50 }, (_, index) => index)))
    const receiver = await client.acceptSession('s', 'a')
    const seen: unknown[] = []
    const done = Promise.withResolvers<void>()
    let deferred: ServiceBusReceivedMessage | undefined
    const subscription = receiver.subscribe(
      {
        async processMessage(message) {
          seen.push(message.body)
          if (message.body === 10) {
            deferred = message
            await receiver.deferMessage(message)
          } else await receiver.completeMessage(message)
          if (seen.length === 50) done.resolve()
        },
        async processError({ error }) {
          done.reject(error)
        },
      },
      { autoCompleteMessages: false },
    )
    await done.promise
    await subscription.close()
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, index) => index),
    )
    assert.equal(bus.stats()['s']?.deferred, 1)
    assert.ok(deferred?.sequenceNumber !== undefined)
    const [back] = await receiver.receiveDeferredMessages(deferred.sequenceNumber)
    assert.equal(back?.body, 10)
    if (back !== undefined) await receiver.completeMessage(back)
    assert.equal(bus.stats()['s']?.deferred, 0)
  }))

test('plain receivers on session entities and session receivers on plain ones are refused', () =>
  withBus({ entities }, async ({ client }) => {
    await assert.rejects(client.createReceiver('s').receiveMessages(1, { maxWaitTimeInMs: 500 }), /non-sessionful/)
    const code = await client.acceptSession('plain', 'a').then(
      () => 'none',
      (error: unknown) => errorCode(error),
    )
    assert.equal(code, 'SessionCannotBeLocked')
  }))

test('100 sessions at once, each in order', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const sessions = Array.from({ length: 100 }, (_, index) => `s${index}`)
    const sender = client.createSender('s')
    for (let body = 0; body < 10; body += 1) {
      await Promise.all(sessions.map((sessionId) => sender.sendMessages({ sessionId, body })))
    }
    const violations: string[] = []
    await Promise.all(
      sessions.map(async () => {
        const receiver = await client.acceptNextSession('s')
        for (let wanted = 0; wanted < 10; wanted += 1) {
          const message = await receiveOne(receiver)
          if (message.body !== wanted) violations.push(`${receiver.sessionId}: ${message.body} instead of ${wanted}`)
          await receiver.completeMessage(message)
        }
        await receiver.close()
      }),
    )
    assert.deepEqual(violations, [])
    assert.deepEqual([bus.stats()['s']?.active, bus.stats()['s']?.locked], [0, 0])
  }))
