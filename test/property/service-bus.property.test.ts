// Whatever clients and clock do in whatever order: no message is lost or doubled, sessions keep order and one owner, and
// the counts of the statistics are the truth.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMessage } from '../../infra/local/service-bus/core/message.ts'
import { RemovableHeap } from '../../infra/local/service-bus/core/removable-heap.ts'
import { like } from '../../infra/local/service-bus/core/sql-values.ts'
import { content, ManualClock, NotingConsumer, plainQueue, sessionQueue } from '../unit/service-bus/world.ts'

test('a heap gives its keys in order, whatever was taken out on the way', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean())), (entries) => {
      const heap = new RemovableHeap<number>()
      const nodes = entries.map(([key, keep]) => ({ node: heap.push(key, key), keep }))
      for (const { node, keep } of nodes) if (!keep) heap.remove(node)
      const got: number[] = []
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) got.push(next.key)
      const want = entries.filter(([, keep]) => keep).map(([key]) => key)
      assert.deepEqual(
        got,
        want.sort((a, b) => a - b),
      )
    }),
  )
})

test('LIKE agrees with the regular expression it stands for', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '%', '_', '.'), { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(letters, letters, (text, pattern) => {
      const source = [...pattern].map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c.replace('.', '\\.'))).join('')
      assert.equal(like(text, pattern), new RegExp(`^${source}$`, 's').test(text))
    }),
  )
})

test('arbitrary bytes are a message or a refusal, quickly', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        parseMessage(Buffer.concat([Buffer.from([0, 0x53, 0x73]), bytes]), () => 'id')
      } catch (error) {
        assert.equal(error instanceof Error ? error.name : '', 'BusError')
      }
    }),
    { numRuns: 2_000 },
  )
})

type Step =
  | { readonly do: 'send'; readonly session: number }
  | { readonly do: 'schedule'; readonly session: number; readonly inMs: number }
  | { readonly do: 'credit' | 'accept' | 'release' | 'renew'; readonly who: number }
  | {
      readonly do: 'settle'
      readonly who: number
      readonly how: 'complete' | 'abandon' | 'defer' | 'dead-letter' | 'release'
    }
  | { readonly do: 'wait'; readonly ms: number }

const who = fc.nat({ max: 2 })
const session = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), session }) },
  fc.record({ do: fc.constant('schedule' as const), session, inMs: fc.integer({ min: 1, max: 3_000 }) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('credit' as const, 'accept', 'release', 'renew'), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      who,
      how: fc.constantFrom('complete' as const, 'abandon', 'defer', 'dead-letter', 'release'),
    }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
)

/** Runs the steps and returns what must hold at the end; works for both kinds of queue. */
function play(steps: readonly Step[], sessions: boolean) {
  const clock = new ManualClock()
  const plain = sessions ? undefined : plainQueue(clock)
  const grouped = sessions ? sessionQueue(clock) : undefined
  const queue = plain ?? grouped
  if (queue === undefined) throw new Error('no queue')
  const consumers = [0, 1, 2].map((index) => new NotingConsumer(`c${index}`, 0))
  for (const consumer of consumers) plain?.attach(consumer)
  const open = new Set<NotingConsumer>()
  let sent = 0
  let completed = 0
  const message = (index: number) => content({ id: `${sent++}`, ...(sessions ? { session: `s${index}` } : {}) })
  const settle = (consumer: NotingConsumer, how: Extract<Step, { do: 'settle' }>['how']) => {
    const held = consumer.got.findLast(({ message: one, token }) => one.lock?.token === token)
    if (held === undefined) return
    queue.settle(held.token, { kind: how })
    if (how === 'complete') completed += 1
  }
  const actions = {
    send: (one: Step) => one.do === 'send' && queue.send(message(one.session)),
    schedule: (one: Step) => one.do === 'schedule' && queue.schedule(message(one.session), clock.now() + one.inMs),
    wait: (one: Step) => one.do === 'wait' && clock.advance(one.ms),
    settle: (one: Step) => one.do === 'settle' && settle(consumers[one.who] ?? new NotingConsumer(), one.how),
  }
  const consumerActions = {
    credit(consumer: NotingConsumer) {
      consumer.room += 1
      if (plain !== undefined) plain.pump()
      else grouped?.pump(consumer)
    },
    accept(consumer: NotingConsumer) {
      if (grouped === undefined || open.has(consumer)) return
      open.add(consumer)
      grouped.acceptNext(consumer, 700)
    },
    release(consumer: NotingConsumer) {
      grouped?.release(consumer)
      if (open.delete(consumer)) consumer.told.push('released')
    },
    renew(consumer: NotingConsumer) {
      const owned = consumer.told.at(-1)?.startsWith('granted ') ? consumer.told.at(-1)?.slice(8) : undefined
      if (owned !== undefined && open.has(consumer)) grouped?.renewSession(owned, consumer.name)
    },
  }
  const act = (one: Step) => {
    if (one.do !== 'credit' && one.do !== 'accept' && one.do !== 'release' && one.do !== 'renew')
      return actions[one.do](one)
    const consumer = consumers[one.who]
    if (consumer !== undefined) consumerActions[one.do](consumer)
  }
  for (const one of steps) {
    act(one)
    for (const consumer of open) {
      const last = consumer.told.at(-1)
      if (last === 'lost' || last === 'refused') open.delete(consumer)
    }
  }
  return { queue, consumers, open, sent: () => sent, completed: () => completed }
}

const all = (queue: ReturnType<typeof play>['queue']) => queue.peek(0, 250)

function checkAccounts({ queue, sent, completed }: ReturnType<typeof play>): void {
  const { active, locked, scheduled, deferred, deadLettered } = queue.stats()
  assert.equal(active + locked + scheduled + deferred + deadLettered + completed(), sent())
  const states = all(queue).map((message) => message.state)
  assert.equal(states.filter((state) => state === 'ready').length, active)
  assert.equal(states.filter((state) => state === 'locked').length, locked)
  const ids = [...all(queue), ...(queue.deadLetters?.peek(0, 250) ?? [])].map((message) => message.content.messageId)
  assert.equal(new Set(ids).size, ids.length)
  for (const message of all(queue)) assert.ok(message.deliveryCount < 3, 'the limit of deliveries holds')
}

test('a plain queue loses and doubles nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => checkAccounts(play(steps, false))),
    { numRuns: 500 },
  )
})

test('a session queue loses and doubles nothing, keeps order, and has one owner for a session', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const played = play(steps, true)
      checkAccounts(played)
      const owned = [...played.open]
        .map((consumer) => consumer.told.at(-1))
        .filter((told) => told?.startsWith('granted'))
      assert.equal(new Set(owned).size, owned.length, 'two owners')
      /** A scheduled message keeps its number and comes later; without any, first deliveries rise with the numbers. */
      if (steps.some((one) => one.do === 'schedule')) return
      for (const consumer of played.consumers) {
        const firsts = [...new Set(consumer.got.map(({ message }) => message))]
        const bySession = Map.groupBy(firsts, (message) => message.content.sessionId)
        for (const list of bySession.values()) {
          const numbers = list.map((message) => message.sequence)
          assert.deepEqual(
            numbers,
            [...numbers].sort((a, b) => a - b),
          )
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('with nobody receiving, everything ready is served in order to the first who comes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 }), (sends) => {
      const queue = sessionQueue(new ManualClock())
      sends.forEach((index, id) => {
        queue.send(content({ id: `${id}`, session: `s${index}` }))
      })
      const seen: number[] = []
      for (const _ of new Set(sends)) {
        const consumer = new NotingConsumer('c', 1_000)
        queue.acceptNext(consumer, 0)
        seen.push(...consumer.got.map(({ message }) => Number(message.content.messageId)))
      }
      const sessions = [...new Set(sends)]
      const want = sessions.flatMap((one) => sends.flatMap((index, id) => (index === one ? [id] : [])))
      assert.deepEqual(seen, want)
    }),
  )
})
