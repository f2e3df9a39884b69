// What a client can send and receive: the Azure SDK, unmodified, against the embedded bus.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { receiveOne, rejectionCode, withBus } from '../support/service-bus.ts'

const entities = { queues: [{ name: 'q' }] }

test('a message keeps its body, its properties and their types', () =>
  withBus({ entities }, async ({ client, bus }) => {
    const when = new Date(1_700_000_000_000)
    await client.createSender('q').sendMessages({
      body: { deep: [1, 'two', null] },
      messageId: 'id-1',
      correlationId: 'c-1',
      subject: 's',
      to: 'somewhere',
      replyTo: 'back',
      contentType: 'application/json',
      applicationProperties: { text: 'x', int: 5, big: 5_000_000_000, double: 1.5, yes: true, when, nothing: null },
    })
    const receiver = client.createReceiver('q')
    const got = await receiveOne(receiver)
    assert.deepEqual(got.body, { deep: [1, 'two', null] })
    const { messageId, correlationId, subject, to, replyTo, contentType, deliveryCount, state } = got
    assert.deepEqual(
      { messageId, correlationId, subject, to, replyTo, contentType, deliveryCount, state },
      {
        messageId: 'id-1',
        correlationId: 'c-1',
        subject: 's',
        to: 'somewhere',
        replyTo: 'back',
        contentType: 'application/json',
        deliveryCount: 0,
        state: 'active',
      },
    )
    assert.deepEqual(
      { ...got.applicationProperties },
      /** The SDK turns the timestamps it reads into numbers. */
      { text: 'x', int: 5, big: 5_000_000_000, double: 1.5, yes: true, when: when.getTime(), nothing: null },
    )
    assert.equal(got.sequenceNumber?.toString(), '1')
    assert.match(got.lockToken ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    assert.ok((got.lockedUntilUtc?.getTime() ?? 0) > Date.now())
    await receiver.completeMessage(got)
    assert.deepEqual(bus.stats()['q'], {
      active: 0,
      locked: 0,
      scheduled: 0,
      deferred: 0,
      deadLettered: 0,
      sends: 1,
      deliveries: 1,
    })
  }))

test('bodies may be binary, a value or a sequence', () =>
  withBus({ entities }, async ({ client }) => {
    const sender = client.createSender('q')
    const receiver = client.createReceiver('q')
    const binary = Buffer.from([0, 255, 1])
    await sender.sendMessages({ body: binary })
    await sender.sendMessages({ bodyType: 'value', body: 42 })
    await sender.sendMessages({ bodyType: 'sequence', body: [[1, 2], ['three']] })
    const bodies: unknown[] = []
    for (let count = 0; count < 3; count += 1) bodies.push((await receiveOne(receiver)).body)
    assert.deepEqual(bodies, [binary, 42, [[1, 2], ['three']]])
  }))

test('an empty queue answers at the end of the wait, and the link stays usable', () =>
  withBus({ entities }, async ({ client }) => {
    const receiver = client.createReceiver('q')
    const start = performance.now()
    assert.deepEqual(await receiver.receiveMessages(5, { maxWaitTimeInMs: 300 }), [])
    const took = performance.now() - start
    assert.ok(took >= 290 && took < 2_000, `took ${took} ms`)
    await client.createSender('q').sendMessages({ body: 1 })
    assert.equal((await receiveOne(receiver)).body, 1)
  }))

test('a partial batch comes in the order it was sent', () =>
  withBus({ entities }, async ({ client }) => {
    await client.createSender('q').sendMessages([1, 2, 3].map((body) => ({ body })))
    const got = await client.createReceiver('q').receiveMessages(10, { maxWaitTimeInMs: 2_000 })
    assert.deepEqual(
      got.map((message) => message.body),
      [1, 2, 3],
    )
  }))

test('a batch has room for 256 KiB, and a larger message is refused by its code', () =>
  withBus({ entities }, async ({ client }) => {
    const sender = client.createSender('q')
    const batch = await sender.createMessageBatch()
    assert.equal(batch.maxSizeInBytes, 262_144)
    const code = await rejectionCode(sender.sendMessages({ body: Buffer.alloc(262_144) }))
    assert.equal(code, 'MessageSizeExceeded')
    await sender.sendMessages({ body: 'small' })
    assert.equal((await receiveOne(client.createReceiver('q'))).body, 'small')
  }))

test('a message of 250 KB travels in several frames and comes back whole', () =>
  withBus({ entities }, async ({ client }) => {
    const body = Buffer.alloc(250_000, 7)
    body[249_999] = 9
    await client.createSender('q').sendMessages({ body })
    assert.deepEqual((await receiveOne(client.createReceiver('q'))).body, body)
  }))

test('receive-and-delete leaves nothing behind', () =>
  withBus({ entities }, async ({ client, bus }) => {
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }])
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' })
    const got = await receiver.receiveMessages(2, { maxWaitTimeInMs: 2_000 })
    assert.deepEqual(
      got.map((message) => message.body),
      [1, 2],
    )
    assert.equal(bus.stats()['q']?.active, 0)
    assert.equal(bus.stats()['q']?.locked, 0)
  }))

test('a scheduled message is seen by peek, delivered when due, and may be cancelled', () =>
  withBus({ entities }, async ({ client, clock, bus }) => {
    const sender = client.createSender('q')
    const due = new Date(clock.now() + 60_000)
    const [kept, dropped] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'dropped' }], due)
    assert.ok(kept !== undefined && dropped !== undefined)
    const receiver = client.createReceiver('q')
    const peeked = await receiver.peekMessages(10, { fromSequenceNumber: kept })
    assert.deepEqual(
      peeked.map((message) => [message.body, message.state, message.scheduledEnqueueTimeUtc?.getTime()]),
      [
        ['kept', 'scheduled', due.getTime()],
        ['dropped', 'scheduled', due.getTime()],
      ],
    )
    await sender.cancelScheduledMessages(dropped)
    assert.equal(await rejectionCode(sender.cancelScheduledMessages(dropped)), 'MessageNotFound')
    assert.equal(bus.stats()['q']?.active, 0)
    clock.advance(60_000)
    assert.equal((await receiveOne(receiver)).body, 'kept')
    assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 100 }), [])
  }))

test('a message may carry its own time to appear', () =>
  withBus({ entities }, async ({ client, clock, bus }) => {
    const scheduledEnqueueTimeUtc = new Date(clock.now() + 30_000)
    await client.createSender('q').sendMessages({ body: 1, scheduledEnqueueTimeUtc })
    assert.equal(bus.stats()['q']?.scheduled, 1)
    clock.advance(30_000)
    assert.equal((await receiveOne(client.createReceiver('q'))).body, 1)
  }))

test('peek reads in order from a number on without locking, and finds nothing behind the end', () =>
  withBus({ entities }, async ({ client, bus }) => {
    await client.createSender('q').sendMessages([1, 2, 3].map((body) => ({ body })))
    const receiver = client.createReceiver('q')
    const all = await receiver.peekMessages(10)
    assert.deepEqual(
      all.map((message) => message.body),
      [1, 2, 3],
    )
    const second = all[1]?.sequenceNumber
    assert.ok(second !== undefined)
    const rest = await receiver.peekMessages(1, { fromSequenceNumber: second })
    assert.deepEqual(
      rest.map((message) => message.body),
      [2],
    )
    assert.deepEqual(await receiver.peekMessages(1, { fromSequenceNumber: second.add(10) }), [])
    assert.equal(bus.stats()['q']?.locked, 0)
  }))

test('a duplicate within the window is accepted and dropped, inside one batch and when scheduled too', () =>
  withBus(
    { entities: { queues: [{ name: 'd', requiresDuplicateDetection: true, duplicateWindowMs: 60_000 }] } },
    async ({ client, clock, bus }) => {
      const sender = client.createSender('d')
      await sender.sendMessages([
        { body: 1, messageId: 'a' },
        { body: 2, messageId: 'a' },
        { body: 3, messageId: 'b' },
      ])
      await sender.sendMessages({ body: 4, messageId: 'a' })
      await sender.scheduleMessages({ body: 5, messageId: 'b' }, new Date(clock.now() + 1_000))
      assert.deepEqual([bus.stats()['d']?.active, bus.stats()['d']?.scheduled], [2, 0])
      clock.advance(60_001)
      await sender.sendMessages({ body: 6, messageId: 'a' })
      assert.equal(bus.stats()['d']?.active, 3)
    },
  ))

test('a message that outlives its time is dead-lettered where that is asked for, and dropped elsewhere', () =>
  withBus(
    { entities: { queues: [{ name: 'keep', deadLetterOnExpiry: true, defaultTtlMs: 120_000 }, { name: 'drop' }] } },
    async ({ client, clock, bus }) => {
      await client.createSender('keep').sendMessages([{ body: 1, timeToLive: 10_000 }, { body: 2 }])
      await client.createSender('drop').sendMessages({ body: 3, timeToLive: 10_000 })
      clock.advance(10_000)
      assert.deepEqual([bus.stats()['keep']?.active, bus.stats()['keep']?.deadLettered], [1, 1])
      assert.deepEqual([bus.stats()['drop']?.active, bus.stats()['drop']?.deadLettered], [0, 0])
      const dead = await receiveOne(client.createReceiver('keep', { subQueueType: 'deadLetter' }))
      assert.deepEqual([dead.body, dead.deadLetterReason, dead.deadLetterSource], [1, 'TTLExpiredException', 'keep'])
      clock.advance(110_000)
      assert.equal(bus.stats()['keep']?.deadLettered, 2)
    },
  ))

test('an entity that is not there is named as such to senders and receivers, at once', () =>
  withBus({ entities }, async ({ client }) => {
    const start = performance.now()
    assert.equal(
      await rejectionCode(client.createSender('missing').sendMessages({ body: 1 })),
      'MessagingEntityNotFound',
    )
    const receiving = client.createReceiver('missing').receiveMessages(1, { maxWaitTimeInMs: 1_000 })
    assert.equal(await rejectionCode(receiving), 'MessagingEntityNotFound')
    assert.ok(performance.now() - start < 2_000)
  }))

test('a queue that is full says so', () =>
  withBus({ entities, limits: { maxEntityBytes: 1_000 } }, async ({ client }) => {
    const sender = client.createSender('q')
    await sender.sendMessages({ body: Buffer.alloc(600) })
    assert.equal(await rejectionCode(sender.sendMessages({ body: Buffer.alloc(600) })), 'QuotaExceeded')
  }))
