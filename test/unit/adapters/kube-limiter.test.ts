import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimiter } from '../../../shared/adapters/kube/limiter.ts'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'
import { TransientError } from '../../../shared/errors.ts'

const never = new AbortController().signal
/** Lets promises that can settle settle. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('starts a burst at once and the rest at the rate', async () => {
  const clock = new ManualClock()
  const limiter = createLimiter(clock, { inFlight: 100, perSecond: 10, burst: 3 })
  let started = 0
  for (let call = 0; call < 6; call += 1)
    void limiter.enter(10_000, never).then(() => {
      started += 1
    })
  await settled()
  assert.equal(started, 3)
  clock.advance(100)
  await settled()
  assert.equal(started, 4)
  clock.advance(200)
  await settled()
  assert.equal(started, 6)
})

test('holds calls back while as many as allowed are in flight, first come first served', async () => {
  const limiter = createLimiter(new ManualClock(), { inFlight: 2, perSecond: 1_000, burst: 1_000 })
  const leave = [await limiter.enter(1_000, never), await limiter.enter(1_000, never)]
  const order: number[] = []
  const waiting = [1, 2].map((call) =>
    limiter.enter(1_000, never).then((done) => {
      order.push(call)
      return done
    }),
  )
  await settled()
  assert.deepEqual(order, [])
  leave[0]?.()
  leave[0]?.()
  await settled()
  assert.deepEqual(order, [1], 'leaving twice frees one place')
  leave[1]?.()
  await Promise.all(waiting)
  assert.deepEqual(order, [1, 2])
})

test('refuses at once what would wait longer than it may, and says when to come back', async () => {
  const limiter = createLimiter(new ManualClock(), { inFlight: 10, perSecond: 1, burst: 1 })
  await limiter.enter(0, never)
  await assert.rejects(
    limiter.enter(500, never),
    (error) => error instanceof TransientError && error.retryAfterMs === 1_000,
  )
})

test('a call that gives up leaves its place to the next', async () => {
  const limiter = createLimiter(new ManualClock(), { inFlight: 1, perSecond: 1_000, burst: 1_000 })
  const leave = await limiter.enter(1_000, never)
  const stop = new AbortController()
  const given = limiter.enter(1_000, stop.signal)
  const next = limiter.enter(1_000, never)
  stop.abort(new Error('enough'))
  await assert.rejects(given, /enough/)
  leave()
  ;(await next)()
  await assert.rejects(limiter.enter(1_000, AbortSignal.abort(new Error('late'))), /late/)
})
