// What a bus with a journal remembers: after an orderly end, and after its process was killed.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus'
import { sqliteJournal } from '../../infra/local/service-bus/sqlite-journal.ts'
import { quickRetries, receiveOne, withBus } from '../support/service-bus.ts'

async function withFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bus-'))
  try {
    await run(join(folder, 'bus.sqlite'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const entities = {
  queues: [
    { name: 'q', maxDeliveryCount: 3, requiresDuplicateDetection: true, duplicateWindowMs: 600_000 },
    { name: 's', requiresSession: true },
  ],
  topics: [{ name: 't', subscriptions: [{ name: 'a' }, { name: 'b' }] }],
}

test('a bus that ended in order continues where it was', () =>
  withFolder(async (file) => {
    let deferredNumber: ServiceBusReceivedMessage['sequenceNumber']
    let due = 0
    await withBus({ entities, journal: sqliteJournal(file) }, async ({ client, clock }) => {
      await client.createSender('q').sendMessages([1, 2, 3, 4].map((body) => ({ body, messageId: `m${body}` })))
      const receiver = client.createReceiver('q')
      await receiver.completeMessage(await receiveOne(receiver))
      const second = await receiveOne(receiver)
      deferredNumber = second.sequenceNumber
      await receiver.deferMessage(second, { note: 'kept' })
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'why',
        deadLetterErrorDescription: 'because',
      })
      await receiver.abandonMessage(await receiveOne(receiver))
      await receiveOne(receiver)
      due = clock.now() + 60_000
      await client.createSender('q').scheduleMessages({ body: 'later', messageId: 'later' }, new Date(due))
      await client.createSender('t').scheduleMessages({ body: 'topic later' }, new Date(due))
      const manager = client.createRuleManager('t', 'b')
      await manager.deleteRule('$Default')
      await manager.createRule('x', { sqlExpression: "color = 'red'" })
      await client.createSender('s').sendMessages({ body: 's1', sessionId: 'one' })
      const session = await client.acceptSession('s', 'one')
      await session.setSessionState({ step: 7 })
    })
    await withBus({ entities, journal: sqliteJournal(file) }, async ({ client, clock, bus }) => {
      const { active, locked, scheduled, deferred, deadLettered } = bus.stats()['q'] ?? {}
      assert.deepEqual([active, locked, scheduled, deferred, deadLettered], [1, 0, 1, 1, 1])
      const receiver = client.createReceiver('q')
      const fourth = await receiveOne(receiver)
      /** Locked when the bus ended: ready again, and counted only for what was given back before. */
      assert.deepEqual([fourth.body, fourth.deliveryCount], [4, 1])
      assert.ok(deferredNumber !== undefined)
      const [back] = await receiver.receiveDeferredMessages(deferredNumber)
      assert.deepEqual([back?.body, back?.applicationProperties?.['note']], [2, 'kept'])
      const dead = await receiveOne(client.createReceiver('q', { subQueueType: 'deadLetter' }))
      assert.deepEqual([dead.body, dead.deadLetterReason, dead.deadLetterSource], [3, 'why', 'q'])
      await client.createSender('q').sendMessages({ body: 'again', messageId: 'm1' })
      assert.equal(bus.stats()['q']?.active, 0, 'a duplicate of before the restart')
      const session = await client.acceptSession('s', 'one')
      assert.deepEqual(await session.getSessionState(), { step: 7 })
      assert.equal((await receiveOne(session)).body, 's1')
      await client.createSender('t').sendMessages({ body: 'red', applicationProperties: { color: 'red' } })
      clock.advance(due - clock.now())
      assert.equal((await receiveOne(receiver)).body, 'later')
      assert.deepEqual([bus.stats()['t/Subscriptions/a']?.active, bus.stats()['t/Subscriptions/b']?.active], [2, 1])
    })
  }))

async function startProcess(file: string): Promise<{ child: ChildProcess; connectionString: string }> {
  const script = join(import.meta.dirname, '../support/service-bus-process.ts')
  const child = spawn(process.execPath, [script, file, JSON.stringify(entities)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return { child, connectionString: line }
  throw new Error('the bus process ended before it was ready')
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

test('a bus that is killed loses nothing it acknowledged, doubles nothing it removed, and keeps the order', () =>
  withFolder(async (file) => {
    const first = await startProcess(file)
    /** Short: calls that are under way when the process dies end by this timeout. */
    const retryOptions = { maxRetries: 0, timeoutInMs: 1_500 }
    const client = new ServiceBusClient(first.connectionString, { retryOptions })
    const sender = client.createSender('s')
    const acknowledged: number[] = []
    let stopped = false
    const sending = (async () => {
      for (let body = 0; !stopped; body += 1) {
        await sender.sendMessages({ sessionId: 'one', body })
        acknowledged.push(body)
      }
    })().catch(() => {})
    const receiver = await client.acceptSession('s', 'one')
    const completed: unknown[] = []
    while (completed.length < 100) {
      for (const message of await receiver.receiveMessages(10, { maxWaitTimeInMs: 1_000 })) {
        await receiver.completeMessage(message)
        completed.push(message.body)
      }
    }
    await kill(first.child)
    stopped = true
    await sending
    await client.close().catch(() => {})

    const second = await startProcess(file)
    const again = new ServiceBusClient(second.connectionString, { retryOptions: quickRetries })
    try {
      const rest: unknown[] = []
      const reader = await again.acceptSession('s', 'one', { receiveMode: 'receiveAndDelete' })
      for (;;) {
        const got = await reader.receiveMessages(500, { maxWaitTimeInMs: 500 })
        if (got.length === 0) break
        rest.push(...got.map((message) => message.body))
      }
      const expected = acknowledged.slice(completed.length)
      assert.deepEqual(completed, acknowledged.slice(0, completed.length))
      /** The last one may have been stored without its acknowledgement reaching us. */
      assert.deepEqual(rest.slice(0, expected.length), expected)
      assert.ok(rest.length <= expected.length + 1, `${rest.length} messages, ${expected.length} expected`)
    } finally {
      await again.close()
      await kill(second.child)
    }
  }))
