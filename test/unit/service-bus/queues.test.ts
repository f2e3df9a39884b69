import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from '../../../infra/local/service-bus/core/deadlines.ts'
import { Duplicates } from '../../../infra/local/service-bus/core/duplicates.ts'
import { content, ManualClock, NotingConsumer, plainQueue, sessionQueue } from './world.ts'

const bodies = (consumer: NotingConsumer) => consumer.got.map(({ message }) => message.content.messageId)

test('one timer is armed, for the earliest deadline, however many there are', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const fired: string[] = []
  deadlines.add(clock.now() + 300, () => fired.push('c'))
  const cancelled = deadlines.add(clock.now() + 100, () => fired.push('never'))
  deadlines.add(clock.now() + 200, () => fired.push('b'))
  deadlines.cancel(cancelled)
  assert.equal(clock.armed, 1)
  clock.advance(250)
  assert.deepEqual(fired, ['b'])
  clock.advance(50)
  assert.deepEqual([fired, clock.armed], [['b', 'c'], 0])
})

test('an idle queue arms nothing', () => {
  const clock = new ManualClock()
  const queue = plainQueue(clock)
  const consumer = new NotingConsumer('a', 1)
  queue.attach(consumer)
  queue.send(content({ id: 'm' }))
  queue.settle(consumer.got[0]?.token ?? '', { kind: 'complete' })
  clock.advance(1_000)
  assert.equal(clock.armed, 0)
})

test('receivers with credit take turns', () => {
  const queue = plainQueue(new ManualClock())
  const [a, b] = [new NotingConsumer('a', 2), new NotingConsumer('b', 2)]
  queue.attach(a)
  queue.attach(b)
  for (const id of ['1', '2', '3', '4', '5']) queue.send(content({ id }))
  assert.deepEqual(
    [bodies(a), bodies(b)],
    [
      ['1', '3'],
      ['2', '4'],
    ],
  )
  assert.equal(queue.stats().active, 1)
})

test('a message whose lock ran out comes before those sent later', () => {
  const clock = new ManualClock()
  const queue = plainQueue(clock)
  const consumer = new NotingConsumer('a', 1)
  queue.attach(consumer)
  queue.send(content({ id: '1' }))
  queue.send(content({ id: '2' }))
  clock.advance(1_000)
  consumer.room = 2
  queue.pump()
  assert.deepEqual(bodies(consumer), ['1', '1', '2'])
  assert.equal(consumer.got[1]?.message.deliveryCount, 1)
})

test('a renewed lock counts from the renewal', () => {
  const clock = new ManualClock()
  const queue = plainQueue(clock)
  const consumer = new NotingConsumer('a', 1)
  queue.attach(consumer)
  queue.send(content({ id: '1' }))
  const token = consumer.got[0]?.token ?? ''
  clock.advance(900)
  assert.deepEqual(queue.renew([token]), [clock.now() + 1_000])
  clock.advance(900)
  assert.equal(queue.stats().locked, 1)
  clock.advance(100)
  assert.equal(queue.stats().locked, 0)
  assert.throws(() => queue.renew([token]), { condition: 'com.microsoft:message-lock-lost' })
})

test('a locked message outlives its time, and expires when it is given back', () => {
  const clock = new ManualClock()
  const queue = plainQueue(clock, { deadLetterOnExpiry: true, lockDurationMs: 10_000 })
  const consumer = new NotingConsumer('a', 1)
  queue.attach(consumer)
  queue.send(content({ id: '1', ttlMs: 500 }))
  clock.advance(600)
  assert.equal(queue.stats().locked, 1)
  queue.settle(consumer.got[0]?.token ?? '', { kind: 'release' })
  assert.deepEqual([queue.stats().active, queue.stats().deadLettered], [0, 1])
})

test('dead letters never expire and cannot be dead-lettered again', () => {
  const clock = new ManualClock()
  const queue = plainQueue(clock, { deadLetterOnExpiry: true })
  queue.send(content({ id: '1', ttlMs: 100 }))
  clock.advance(1_000_000)
  assert.equal(queue.stats().deadLettered, 1)
  const consumer = new NotingConsumer('a', 1)
  const dead = queue.deadLetters
  assert.ok(dead !== undefined && 'attach' in dead)
  const plain = dead as ReturnType<typeof plainQueue>
  plain.attach(consumer)
  plain.pump()
  assert.throws(() => plain.settle(consumer.got[0]?.token ?? '', { kind: 'dead-letter' }), {
    condition: 'amqp:not-allowed',
  })
})

test('a session queue serves waiters first come, first served', () => {
  const clock = new ManualClock()
  const queue = sessionQueue(clock)
  const [a, b, c] = [new NotingConsumer('a', 9), new NotingConsumer('b', 9), new NotingConsumer('c', 9)]
  queue.acceptNext(a, 5_000)
  queue.acceptNext(b, 5_000)
  queue.acceptNext(c, 1_000)
  queue.send(content({ id: '1', session: 'x' }))
  queue.send(content({ id: '2', session: 'x' }))
  queue.send(content({ id: '3', session: 'y' }))
  assert.deepEqual([a.told, bodies(a)], [['granted x'], ['1', '2']])
  assert.deepEqual([b.told, bodies(b)], [['granted y'], ['3']])
  clock.advance(999)
  assert.deepEqual(c.told, [])
})

test('a wait ends after its time, and a given-up wait is never served', () => {
  const clock = new ManualClock()
  const queue = sessionQueue(clock)
  const [a, b] = [new NotingConsumer('a', 1), new NotingConsumer('b', 1)]
  queue.acceptNext(a, 100)
  queue.acceptNext(b, 100)
  queue.release(b)
  clock.advance(100)
  assert.deepEqual([a.told, b.told], [['refused'], []])
  queue.send(content({ id: '1', session: 'x' }))
  assert.deepEqual([bodies(a), bodies(b)], [[], []])
})

test('messages of a lost session are counted, of a released one not, and both come again in order', () => {
  const clock = new ManualClock()
  const queue = sessionQueue(clock)
  const [a, b, c] = [new NotingConsumer('a', 9), new NotingConsumer('b', 9), new NotingConsumer('c', 9)]
  for (const id of ['1', '2', '3']) queue.send(content({ id, session: 'x' }))
  queue.acceptNext(a, 1_000)
  queue.release(a)
  queue.acceptNext(b, 1_000)
  assert.deepEqual(
    b.got.map(({ message }) => message.deliveryCount),
    [0, 0, 0],
  )
  clock.advance(1_000)
  assert.deepEqual(b.told, ['granted x', 'lost'])
  queue.acceptNext(c, 1_000)
  assert.deepEqual([bodies(c), c.got[0]?.message.deliveryCount], [['1', '2', '3'], 1])
  assert.throws(() => queue.settle(b.got[0]?.token ?? '', { kind: 'complete' }), {
    condition: 'com.microsoft:session-lock-lost',
  })
})

test('only the owner reads and writes the state of a session, and it outlives everything until it is cleared', () => {
  const queue = sessionQueue(new ManualClock())
  const a = new NotingConsumer('a')
  queue.accept(a, 'x')
  assert.throws(() => queue.accept(new NotingConsumer('b'), 'x'), {
    condition: 'com.microsoft:session-cannot-be-locked',
  })
  assert.throws(() => queue.setSessionState('x', Buffer.from('1'), 'somebody'), {
    condition: 'com.microsoft:session-lock-lost',
  })
  queue.setSessionState('x', Buffer.from('1'), 'a')
  queue.release(a)
  assert.throws(() => queue.sessionState('x'), { condition: 'com.microsoft:session-lock-lost' })
  assert.deepEqual(queue.sessionIds(0, 10), ['x'])
  queue.accept(a, 'x')
  assert.deepEqual(queue.sessionState('x', 'a'), Buffer.from('1'))
  queue.setSessionState('x', undefined, 'a')
  queue.release(a)
  assert.deepEqual(queue.sessionIds(0, 10), [])
})

test('ids are remembered for the window, no longer', () => {
  const duplicates = new Duplicates(100)
  duplicates.note('a', 0)
  assert.equal(duplicates.has('a', 99), true)
  assert.equal(duplicates.has('a', 100), false)
  assert.equal(duplicates.size, 0)
})
