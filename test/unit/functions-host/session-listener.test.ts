// The session loop: one waiting accept, bounded sessions, order within a session, settlement, and an orderly end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { hostSettings } from '../../../infra/local/functions-host/host-json.ts'
import { startSessionListener } from '../../../infra/local/functions-host/session-listener.ts'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'
import { FakeBus } from '../../support/fake-bus.ts'

function listen(maxConcurrentSessions = 2) {
  const bus = new FakeBus()
  const clock = new ManualClock()
  const started: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const logged: string[] = []
  const listener = startSessionListener({
    name: 'work',
    entity: ['work'],
    client: bus,
    settings: hostSettings({ version: '2.0', extensions: { serviceBus: { maxConcurrentSessions } } }).serviceBus,
    clock,
    log: ({ message }) => logged.push(message),
    handle: async ({ messageId }) => {
      started.push(String(messageId))
      await gates.get(String(messageId))?.promise
    },
  })
  const hold = (id: string): PromiseWithResolvers<void> => {
    const gate = Promise.withResolvers<void>()
    gates.set(id, gate)
    return gate
  }
  return { bus, clock, started, hold, logged, listener }
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await turn()
}

test('one accept waits, also after it timed out many times', async () => {
  const { bus, listener } = listen()
  for (let n = 1; n <= 5; n += 1) {
    await settle()
    assert.equal(bus.pending.length, 1)
    assert.equal(bus.accepts, n)
    bus.timeOut()
  }
  await listener.stop()
})

test('sessions run side by side up to the limit, and one at a time within', async () => {
  const { bus, started, hold, listener } = listen(2)
  const [a1, b1] = [hold('a1'), hold('b1')]
  await settle()
  bus.send('work', 'a', { id: 'a1', body: 1 }, { id: 'a2', body: 2 })
  await settle()
  bus.send('work', 'b', { id: 'b1', body: 1 })
  await settle()
  assert.deepEqual(started, ['a1', 'b1'])
  assert.equal(bus.pending.length, 0, 'no slot, no accept')
  a1.resolve()
  await settle()
  assert.deepEqual(started, ['a1', 'b1', 'a2'])
  bus.idle('work', 'a')
  await settle()
  assert.deepEqual(bus.log, ['complete a a1', 'complete a a2', 'close a'])
  assert.equal(bus.pending.length, 1, 'a slot is free again')
  b1.resolve()
  await settle()
  await listener.stop()
})

test('a message whose handler throws is given back, and the session goes on', async () => {
  const { bus, hold, listener } = listen()
  const bad = hold('bad')
  await settle()
  bus.send('work', 's', { id: 'bad', body: 1 }, { id: 'good', body: 2 })
  await settle()
  bad.reject(new Error('no'))
  await settle()
  assert.deepEqual(bus.log, ['abandon s bad', 'complete s good'])
  await listener.stop()
})

test('an accept that fails is tried again, later each time, and says why', async () => {
  const { bus, clock, logged, listener } = listen()
  bus.failures.push(new Error('first'), new Error('second'))
  bus.timeOut()
  await settle()
  bus.timeOut()
  await settle()
  assert.match(logged.join(), /first; again in 100 ms/)
  const accepts = bus.accepts
  clock.advance(99)
  await settle()
  assert.equal(bus.accepts, accepts)
  clock.advance(1)
  await settle()
  assert.match(logged.join(), /second; again in 200 ms/)
  clock.advance(200)
  await settle()
  assert.equal(bus.pending.length, 1)
  await listener.stop()
})

test('stopping waits for the message in hand and takes no other', async () => {
  const { bus, hold, started, listener } = listen()
  const gate = hold('a1')
  await settle()
  bus.send('work', 'a', { id: 'a1', body: 1 }, { id: 'a2', body: 2 })
  await settle()
  let stopped = false
  const stopping = listener.stop().then(() => {
    stopped = true
  })
  await settle()
  assert.equal(stopped, false)
  gate.resolve()
  await stopping
  assert.deepEqual(started, ['a1'])
  assert.deepEqual(bus.log, ['complete a a1', 'close a'])
})

test('a session that comes after the stop is let go', async () => {
  const { bus, listener } = listen()
  await settle()
  await listener.stop()
  bus.send('work', 'late', { id: 'x', body: 1 })
  await settle()
  assert.deepEqual(bus.log, ['close late'])
})
