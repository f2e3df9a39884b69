// Runs the function app: every registered function gets the listener its trigger asks for.

import { systemClock } from '../../../shared/adapters/memory/system.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { createBusClient } from './bus-client.ts'
import { connectionSetting, startBusListener } from './bus-listener.ts'
import type { BusClient } from './bus-seam.ts'
import type { Binding, Registered } from './core-module.ts'
import { type HostSettings, hostSettings, readHostJson } from './host-json.ts'
import { type HttpFront, startHttpFront } from './http-front.ts'
import { createInvoker, type HostLog, type Invoker, triggerName } from './invoker.ts'
import { type LoadedApp, loadApp } from './load-app.ts'
import { type FunctionStats, InvocationStats } from './stats.ts'
import { startTimer } from './timer-listener.ts'

export interface FunctionsHostOptions {
  /** Path of the app's entry point: functions/main.ts, or dist/main.js once built. */
  readonly entry: string
  /** App settings: schedules, entity names and connection strings are looked up here. Defaults to the environment. */
  readonly settings?: Readonly<Record<string, string | undefined>>
  /** Path of host.json, or its content. */
  readonly hostJson: string | object
  /** Port of the HTTP functions on 127.0.0.1; 0 picks one. */
  readonly port?: number
  /** PEM texts of a server certificate: the HTTP functions are served over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly clock?: Clock
  readonly log?: HostLog
  /** Makes the client of a connection string; a test puts its own in place. */
  readonly connectBus?: (connectionString: string, tryTimeoutMs: number) => BusClient
}

export interface FunctionsHost {
  /** `http://127.0.0.1:<port>`, or https. */
  readonly url: string
  readonly port: number
  readonly functions: readonly string[]
  stats(): Readonly<Record<string, FunctionStats>>
  resetStats(): void
  /** Refuses new work, lets running invocations end for at most `drainMs` (default 3,000), then cuts them off. */
  stop(options?: { drainMs?: number }): Promise<void>
}

/** How long answers that have begun may take to end when the host stops. */
const answeringMs = 250

interface Listening {
  stop(): Promise<void>
}

/**
 * Loads the app and starts its listeners. One app a process, see `loadApp`; a stopped host may be started again.
 * A function whose setting `AzureWebJobs.<name>.Disabled` is `true` is left out.
 * Throws InvalidInputError for a host.json, route, schedule or binding that cannot be served; rejects with EADDRINUSE.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const settings = options.settings ?? process.env
  const host = typeof options.hostJson === 'string' ? readHostJson(options.hostJson) : hostSettings(options.hostJson)
  const clock = options.clock ?? systemClock
  const log = options.log ?? (() => {})
  const app = await loadApp(options.entry)
  app.onLog((level, category, message) => log({ level, category, message }))
  const stats = new InvocationStats()
  const invoker = createInvoker({ app, clock, timeoutMs: host.functionTimeoutMs, stats, log })
  const functions = app.functions.filter(({ name }) => settings[`AzureWebJobs.${name}.Disabled`] !== 'true')
  const running = new Listeners({ app, functions, host, settings, clock, log, invoker, options })
  const front = await running.start()
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${front.port}`,
    port: front.port,
    functions: functions.map(({ name }) => name),
    stats: () => stats.snapshot(),
    resetStats: () => stats.reset(),
    stop: ({ drainMs = 3_000 } = {}) => running.stop(drainMs, stats),
  }
}

interface Parts {
  readonly app: LoadedApp
  readonly functions: readonly Registered[]
  readonly host: HostSettings
  readonly settings: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: HostLog
  readonly invoker: Invoker
  readonly options: FunctionsHostOptions
}

class Listeners {
  readonly #parts: Parts
  readonly #listening: Listening[] = []
  readonly #clients = new Map<string, BusClient>()
  #front: HttpFront | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** HTTP first: its port may be taken, and then nothing else should have begun. */
  async start(): Promise<HttpFront> {
    const { app, functions, host, invoker, log, options } = this.#parts
    const http = functions.filter((registered) => triggerType(registered) === 'httptrigger')
    if (http.length > 0 && app.httpPort === undefined) {
      throw new InvalidInputError(
        'this host serves HTTP functions in stream mode: call app.setup({ enableHttpStream: true })',
      )
    }
    this.#front = await startHttpFront({
      functions: http,
      settings: host.http,
      invoker,
      upstreamPort: app.httpPort ?? 0,
      port: options.port ?? 0,
      tls: options.tls,
      log,
    })
    try {
      for (const registered of functions) this.#listen(registered)
    } catch (error) {
      await this.stop(0, undefined)
      throw error
    }
    return this.#front
  }

  #listen(registered: Registered): void {
    const { host, settings, clock, log, invoker } = this.#parts
    const binding = triggerBinding(registered)
    const common = { function: registered, binding, clock, invoker }
    switch (triggerType(registered)) {
      case 'httptrigger':
        return
      case 'timertrigger':
        this.#listening.push(startTimer({ ...common, settings }))
        return
      case 'servicebustrigger': {
        const client = this.#client(registered.name, binding)
        this.#listening.push(
          startBusListener({ ...common, client, log, settings: host.serviceBus, environment: settings }),
        )
        return
      }
      default:
        log({
          level: 'warning',
          category: 'system',
          function: registered.name,
          message: `${binding.type} is not served by the local host; the function never runs here`,
        })
    }
  }

  /** One connection a connection setting, as in the cloud's host. */
  #client(name: string, binding: Binding): BusClient {
    const setting = connectionSetting(name, binding)
    const known = this.#clients.get(setting)
    if (known) return known
    const connectionString = this.#parts.settings[setting]
    if (!connectionString) throw new InvalidInputError(`function ${name}: the setting ${setting} is not set`)
    const connect = this.#parts.options.connectBus ?? createBusClient
    const client = connect(connectionString, this.#parts.host.serviceBus.tryTimeoutMs)
    this.#clients.set(setting, client)
    return client
  }

  async stop(drainMs: number, stats: InvocationStats | undefined): Promise<void> {
    const { app, clock, log } = this.#parts
    this.#front?.refuse()
    const deadline = new AbortController()
    const drained = Promise.all([
      ...this.#listening.map((listening) => listening.stop()),
      ...app.hooks.appTerminate.map(async (hook) => hook({ hookData: {}, appHookData: {} })),
      this.#idle(stats, deadline.signal),
    ]).catch((error) => log({ level: 'error', category: 'system', message: `stopping: ${error}` }))
    await Promise.race([drained, clock.sleep(drainMs, deadline.signal).catch(() => {})])
    deadline.abort()
    await this.#front?.close()
    await Promise.allSettled([...this.#clients.values()].map((client) => client.close()))
  }

  /**
   * Resolves when nothing runs that somebody waits for. A watch would go on for minutes and its function knows nothing
   * of the end: answers that have begun get a moment only. Looks every few milliseconds, for stopping is rare.
   */
  async #idle(stats: InvocationStats | undefined, signal: AbortSignal): Promise<void> {
    const { functions, clock } = this.#parts
    const background = functions.filter((each) => triggerType(each) !== 'httptrigger').map(({ name }) => name)
    const busy = (): boolean => (stats?.running(background) ?? 0) > 0 || (this.#front?.open().unanswered ?? 0) > 0
    while (busy() && !signal.aborted) await clock.sleep(10, signal).catch(() => {})
    for (let left = answeringMs; left > 0 && (this.#front?.open().answering ?? 0) > 0 && !signal.aborted; left -= 10) {
      await clock.sleep(10, signal).catch(() => {})
    }
  }
}

function triggerBinding(registered: Registered): Binding {
  const binding = registered.bindings[triggerName(registered)]
  if (!binding) throw new InvalidInputError(`function ${registered.name} has no trigger`)
  return binding
}

function triggerType(registered: Registered): string {
  return triggerBinding(registered).type.toLowerCase()
}
