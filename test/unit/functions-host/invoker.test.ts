// One invocation around a model that stands in for the library: the order of its steps, and functionTimeout.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostSettings } from '../../../infra/local/functions-host/host-json.ts'
import { createInvoker, FunctionTimeoutError } from '../../../infra/local/functions-host/invoker.ts'
import type { LoadedApp } from '../../../infra/local/functions-host/load-app.ts'
import { InvocationStats } from '../../../infra/local/functions-host/stats.ts'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'

function invoker(handler: () => unknown, hooks: Partial<LoadedApp['hooks']> = {}) {
  const steps: string[] = []
  const clock = new ManualClock()
  const stats = new InvocationStats()
  const logged: string[] = []
  const app: LoadedApp = {
    entry: 'app.ts',
    functions: [],
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [], ...hooks },
    model: {
      name: 'test',
      getCapabilities: async (defaults) => defaults,
      getInvocationModel: (context) => ({
        getArguments: async () => ({ context: {}, inputs: ['input'] }),
        invokeFunction: async (_context, inputs, callback) => {
          steps.push(`${context.state} ${inputs.join()}`)
          return callback(...inputs)
        },
        getResponse: async (_context, result) => steps.push(`response ${String(result)}`),
      }),
    },
    httpPort: undefined,
    onLog: () => {},
  }
  const timeoutMs = hostSettings({ version: '2.0', functionTimeout: '00:05:00' }).functionTimeoutMs
  const { invoke } = createInvoker({ app, clock, timeoutMs, stats, log: ({ message }) => logged.push(message) })
  const bindings = { trigger: { type: 'queueTrigger', direction: 'in' as const } }
  const run = () =>
    invoke({ function: { name: 'f', bindings, callback: handler }, data: { string: '' }, triggerMetadata: {} })
  return { run, steps, clock, stats, logged }
}

test('arguments, handler, response', async () => {
  const { run, steps, stats } = invoker(() => 'done')
  assert.equal(await run(), 'done')
  assert.deepEqual(steps, ['invocation input', 'response done'])
  assert.deepEqual([stats.snapshot()['f']?.invocations, stats.snapshot()['f']?.failures], [1, 0])
})

test('a hook behind the handler may turn a failure into a result, and the other way round', async () => {
  const saved = invoker(() => Promise.reject(new Error('no')), {
    postInvocation: [(context) => Object.assign(context, { error: undefined, result: 'saved' })],
  })
  assert.equal(await saved.run(), 'saved')
  const spoilt = invoker(() => 'fine', {
    postInvocation: [(context) => Object.assign(context, { error: new Error('spoilt') })],
  })
  await assert.rejects(spoilt.run(), /spoilt/)
  assert.equal(spoilt.stats.snapshot()['f']?.failures, 1)
})

test('a handler that throws nothing has failed all the same', async () => {
  await assert.rejects(invoker(() => Promise.reject(undefined)).run(), /the handler threw nothing/)
})

test('a handler longer than functionTimeout is given up and said to be', async () => {
  const { run, clock, stats, logged } = invoker(() => new Promise(() => {}))
  const given = assert.rejects(run(), FunctionTimeoutError)
  clock.advance(299_999)
  await Promise.resolve()
  assert.equal(stats.running(['f']), 1)
  clock.advance(1)
  await given
  assert.equal(stats.running(['f']), 0)
  assert.match(logged.join(), /f ran longer than host.json's functionTimeout of 300000 ms/)
})
