// One invocation: arguments, hooks, handler, response, in the order the worker keeps; bounded by functionTimeout.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { CoreInvocationContext, LogCategory, LogLevel, Registered, TypedData } from './core-module.ts'
import type { LoadedApp } from './load-app.ts'
import type { InvocationStats } from './stats.ts'

/** A line the app, the library or the host logged. */
export interface HostLogLine {
  readonly level: LogLevel
  readonly category: LogCategory
  readonly function?: string
  readonly invocationId?: string
  readonly message: string
}
export type HostLog = (line: HostLogLine) => void

/** A handler ran longer than host.json's functionTimeout. It cannot be stopped, only given up. */
export class FunctionTimeoutError extends Error {
  override readonly name = 'FunctionTimeoutError'
}

export interface Invocation {
  readonly function: Registered
  readonly data: TypedData
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly invocationId?: string
}

export interface InvokerOptions {
  readonly app: LoadedApp
  readonly clock: Clock
  /** Milliseconds; absent is without bound. */
  readonly timeoutMs: number | undefined
  readonly stats: InvocationStats
  readonly log: HostLog
}

export interface Invoker {
  /** Resolves with what the handler returned once the library has sent the response; rejects when any step fails. */
  invoke(invocation: Invocation): Promise<unknown>
  readonly newInvocationId: () => string
}

export function createInvoker(options: InvokerOptions): Invoker {
  const { stats, log } = options
  const appHookData = {}
  return {
    newInvocationId: randomUUID,
    invoke: async (invocation) => {
      const invocationId = invocation.invocationId ?? randomUUID()
      const end = stats.begin(invocation.function.name)
      let failed = true
      try {
        const result = await bounded(
          options,
          invocation.function.name,
          run(options, invocation, invocationId, appHookData),
        )
        failed = false
        return result
      } catch (error) {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
        log({ level: 'error', category: 'system', function: invocation.function.name, invocationId, message })
        throw error
      } finally {
        end(failed)
      }
    },
  }
}

async function run(
  { app, log }: InvokerOptions,
  { function: registered, data, triggerMetadata }: Invocation,
  invocationId: string,
  appHookData: object,
): Promise<unknown> {
  const { name, bindings, callback } = registered
  const context: CoreInvocationContext = {
    invocationId,
    metadata: { name, bindings },
    request: {
      invocationId,
      inputData: [{ name: triggerName(registered), data }],
      triggerMetadata,
      traceContext: { traceParent: traceParent() },
    },
    log: (level, category, message) => log({ level, category, function: name, invocationId, message }),
  }
  const model = app.model.getInvocationModel(context)
  const { context: invocationContext, inputs } = await model.getArguments()
  const hookData = { hookData: {}, appHookData, invocationContext }
  context.state = 'preInvocationHooks'
  const before: Record<string, unknown> = { ...hookData, inputs, functionCallback: callback, functionHandler: callback }
  for (const hook of app.hooks.preInvocation) await hook(before)
  context.state = 'invocation'
  const outcome = await settle(() =>
    model.invokeFunction(
      invocationContext,
      before['inputs'] as unknown[],
      before['functionCallback'] as typeof callback,
    ),
  )
  context.state = 'postInvocationHooks'
  const after: Record<string, unknown> = { ...hookData, inputs: before['inputs'], ...outcome }
  for (const hook of app.hooks.postInvocation) await hook(after)
  if (after['error'] !== undefined && after['error'] !== null) throw after['error']
  await model.getResponse(invocationContext, after['result'])
  return after['result']
}

async function settle(work: () => Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await work(), error: undefined }
  } catch (error) {
    return { result: undefined, error: error ?? new Error('the handler threw nothing') }
  }
}

async function bounded<T>({ clock, timeoutMs }: InvokerOptions, name: string, work: Promise<T>): Promise<T> {
  if (timeoutMs === undefined) return work
  const done = new AbortController()
  const late = clock.sleep(timeoutMs, done.signal).then(
    () => {
      throw new FunctionTimeoutError(`${name} ran longer than host.json's functionTimeout of ${timeoutMs} ms`)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    // A reason of our own: without one every abort builds an exception with a stack.
    done.abort('done')
  }
}

/** The name of the binding that triggers a function. */
export function triggerName({ name, bindings }: Registered): string {
  const found = Object.entries(bindings).find(([, { type }]) => /trigger$/i.test(type))
  if (!found) throw new Error(`function ${name} has no trigger`)
  return found[0]
}

/** W3C trace context of a new, sampled trace. */
function traceParent(): string {
  const random = randomBytes(24).toString('hex')
  return `00-${random.slice(0, 32)}-${random.slice(32)}-01`
}
