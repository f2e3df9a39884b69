// Timers fire when due, never overlap, outlive a failure and read their schedule from a setting.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Invocation } from '../../../infra/local/functions-host/invoker.ts'
import { startTimer } from '../../../infra/local/functions-host/timer-listener.ts'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'

function timer(schedule: string, settings: Record<string, string> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const runs: { at: number; invocation: Invocation; gate: PromiseWithResolvers<void> }[] = []
  const binding = { type: 'timerTrigger', direction: 'in' as const, schedule }
  const listener = startTimer({
    function: { name: 'tick', bindings: { timer: binding }, callback: () => {} },
    binding,
    settings,
    clock,
    invoker: {
      newInvocationId: () => 'id',
      invoke: async (invocation) => {
        const gate = Promise.withResolvers<void>()
        runs.push({ at: clock.now() - Date.UTC(2026, 0, 1), invocation, gate })
        await gate.promise
      },
    },
  })
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000))
      for (let n = 0; n < 4; n += 1) await turn()
    }
  }
  return { advance, runs, listener }
}

test('a run that takes long is followed by the next that comes due, not by those it covered', async () => {
  const { advance, runs, listener } = timer('%EVERY%', { EVERY: '*/10 * * * * *' })
  await advance(10_000)
  assert.deepEqual(
    runs.map(({ at }) => at),
    [10_000],
  )
  await advance(25_000)
  assert.equal(runs.length, 1, 'still running')
  runs[0]?.gate.resolve()
  await advance(10_000)
  assert.deepEqual(
    runs.map(({ at }) => at),
    [10_000, 40_000],
  )
  runs[1]?.gate.reject(new Error('failed'))
  await advance(10_000)
  assert.deepEqual(
    runs.map(({ at }) => at),
    [10_000, 40_000, 50_000],
  )
  assert.deepEqual(JSON.parse(runs[2]?.invocation.data.json ?? ''), {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: {
      Last: '2026-01-01T00:00:40.000Z',
      Next: '2026-01-01T00:01:00.000Z',
      LastUpdated: '2026-01-01T00:00:50.000Z',
    },
    IsPastDue: false,
  })
  runs[2]?.gate.resolve()
  await listener.stop()
})

test('stopping waits for the run', async () => {
  const { advance, runs, listener } = timer('*/10 * * * * *')
  await advance(10_000)
  let stopped = false
  const stopping = listener.stop().then(() => {
    stopped = true
  })
  await turn()
  assert.equal(stopped, false)
  runs[0]?.gate.resolve()
  await stopping
})

test('a schedule that is missing or never comes due is refused', () => {
  assert.throws(() => timer('%NO%'), /function tick: its schedule %NO% names a setting that is not set/)
  assert.throws(() => timer('0 0 0 31 2 *'), /never comes due/)
})
