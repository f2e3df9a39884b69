// Topics: one copy for each subscription that wants the message.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode, receiveOne, withBus } from '../support/service-bus.ts'

const entities = {
  topics: [
    {
      name: 't',
      requiresDuplicateDetection: true,
      subscriptions: [
        { name: 'all' },
        {
          name: 'blue',
          rules: [{ name: 'r', filter: { kind: 'correlation', subject: 'x', properties: { color: 'blue' } } }],
        },
        {
          name: 'big',
          rules: [{ name: 'r', filter: { kind: 'sql', expression: "size > 10 AND sys.Label LIKE 'x%'" } }],
        },
        { name: 'ordered', requiresSession: true },
        { name: 'none', rules: [] },
      ],
    },
  ],
} as const

async function bodies(client: import('@azure/service-bus').ServiceBusClient, subscription: string): Promise<unknown[]> {
  const peeked = await client.createReceiver('t', subscription).peekMessages(10)
  return peeked.map((message) => message.body)
}

test('rules choose the subscriptions, and each copy is settled on its own', () =>
  withBus({ entities: structuredClone(entities) as never }, async ({ client, bus }) => {
    const sender = client.createSender('t')
    await sender.sendMessages([
      { body: 1, subject: 'x', applicationProperties: { color: 'blue', size: 11 } },
      { body: 2, subject: 'y', applicationProperties: { color: 'blue', size: 11 } },
      { body: 3, subject: 'xy', applicationProperties: { color: 'red', size: 11 } },
      { body: 4, subject: 'x', applicationProperties: { size: '11' } },
    ])
    assert.deepEqual(await bodies(client, 'all'), [1, 2, 3, 4])
    assert.deepEqual(await bodies(client, 'blue'), [1])
    assert.deepEqual(await bodies(client, 'big'), [1, 3])
    assert.deepEqual(await bodies(client, 'none'), [])
    const receiver = client.createReceiver('t', 'all')
    const first = await receiveOne(receiver)
    await receiver.completeMessage(first)
    assert.equal(first.enqueuedSequenceNumber, 1)
    assert.equal(bus.stats()['t/Subscriptions/all']?.active, 3)
    assert.equal(bus.stats()['t/Subscriptions/big']?.active, 2)
    /** Messages without a session cannot be served on a subscription that requires one. */
    assert.equal(bus.stats()['t/Subscriptions/ordered']?.deadLettered, 4)
  }))

test('duplicates stop at the topic, scheduled messages wait there, sessions work behind it', () =>
  withBus({ entities: structuredClone(entities) as never }, async ({ client, bus, clock }) => {
    const sender = client.createSender('t')
    await sender.sendMessages({ body: 1, messageId: 'a', sessionId: 's' })
    await sender.sendMessages({ body: 1, messageId: 'a', sessionId: 's' })
    const due = new Date(clock.now() + 60_000)
    const [kept, dropped] = await sender.scheduleMessages(
      [
        { body: 2, messageId: 'b', sessionId: 's' },
        { body: 3, messageId: 'c', sessionId: 's' },
      ],
      due,
    )
    assert.ok(kept !== undefined && dropped !== undefined)
    await sender.cancelScheduledMessages(dropped)
    assert.deepEqual([bus.stats()['t']?.scheduled, bus.stats()['t/Subscriptions/all']?.active], [1, 1])
    clock.advance(60_000)
    assert.deepEqual(await bodies(client, 'all'), [1, 2])
    const receiver = await client.acceptNextSession('t', 'ordered')
    assert.deepEqual([(await receiveOne(receiver)).body, (await receiveOne(receiver)).body], [1, 2])
  }))

test('rules are added, listed and removed while the subscription lives', () =>
  withBus({ entities: structuredClone(entities) as never }, async ({ client, bus }) => {
    const manager = client.createRuleManager('t', 'all')
    const listed = async () => {
      const rules: unknown[] = []
      for await (const { name, filter } of manager.listRules()) rules.push([name, filter])
      return rules
    }
    const [[name]] = (await listed()) as [[string]]
    assert.equal(name, '$Default')
    await manager.deleteRule('$Default')
    await manager.createRule('sql', { sqlExpression: 'size = 1' })
    await manager.createRule('equal', { subject: 'hello', applicationProperties: { color: 'red', size: 2 } })
    await assert.rejects(manager.createRule('sql', { sqlExpression: 'size = 1' }), (error) => {
      assert.equal(errorCode(error), 'MessagingEntityAlreadyExists')
      return true
    })
    await assert.rejects(manager.createRule('bad', { sqlExpression: 'size = ' }), /ends too early/)
    const rules = (await listed()) as [string, Record<string, unknown>][]
    assert.deepEqual(
      rules.map(([ruleName]) => ruleName),
      ['sql', 'equal'],
    )
    assert.equal(rules[0]?.[1]['sqlExpression'], 'size = 1')
    assert.equal(rules[1]?.[1]['subject'], 'hello')
    assert.deepEqual(rules[1]?.[1]['applicationProperties'], { color: 'red', size: 2 })
    const sender = client.createSender('t')
    await sender.sendMessages([
      { body: 1, applicationProperties: { size: 1 } },
      { body: 2, subject: 'hello', applicationProperties: { color: 'red', size: 2 } },
      { body: 3 },
    ])
    assert.deepEqual(await bodies(client, 'all'), [1, 2])
    assert.equal(bus.stats()['t/Subscriptions/all']?.active, 2)
  }))

test('one cannot receive from a topic nor send to a subscription', () =>
  withBus({ entities: structuredClone(entities) as never }, async ({ client }) => {
    await assert.rejects(client.createReceiver('t').receiveMessages(1, { maxWaitTimeInMs: 500 }), /is a topic/)
    await assert.rejects(client.createSender('t/Subscriptions/all').sendMessages({ body: 1 }), /cannot be sent to/)
  }))
