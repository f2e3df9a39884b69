// Loads the function app once a process, the way the worker does: core module, entry point, start hooks, capabilities.
import type { Server, ServerOptions } from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import {
  type CoreState,
  type Hook,
  type HookName,
  installCore,
  type ProgrammingModel,
  type Registered,
} from './core-module.ts'

export interface LoadedApp {
  readonly entry: string
  readonly functions: readonly Registered[]
  readonly hooks: Readonly<Record<HookName, readonly Hook[]>>
  readonly model: ProgrammingModel
  /** Where the library takes HTTP requests; absent when the app did not switch streaming on. */
  readonly httpPort: number | undefined
  /** Receives what app and library log. */
  onLog(log: CoreState['log']): void
}

/** What the Node worker tells the library it can do. */
const capabilities = [
  'RawHttpBodyBytes',
  'RpcHttpTriggerMetadataRemoved',
  'RpcHttpBodyOnly',
  'IgnoreEmptyValuedRpcHttpHeaders',
  'UseNullableValueDictionaryForHttp',
  'WorkerStatus',
  'TypedDataCollection',
  'HandlesWorkerTerminateMessage',
]

let loaded: { entry: string; app: Promise<LoadedApp> } | undefined

/**
 * Loads an app's entry point (a path; TypeScript or built JavaScript). The library is a singleton, so a process runs one
 * app: loading the same entry again gives the same app, another one throws.
 */
export function loadApp(entry: string): Promise<LoadedApp> {
  if (loaded && loaded.entry !== entry) {
    throw new Error(`this process already runs ${loaded.entry}; start ${entry} in a process of its own`)
  }
  loaded ??= { entry, app: load(entry) }
  return loaded.app
}

async function load(entry: string): Promise<LoadedApp> {
  const core = installCore()
  await import(pathToFileURL(entry).href)
  const model = core.model
  if (!model || core.functions.length === 0) {
    throw new Error(`${entry} registers no function with @azure/functions: nothing to run`)
  }
  for (const hook of core.hooks.appStart) await hook({ hookData: {}, appHookData: {} })
  core.locked = true
  const { HttpUri } = await onLoopback(() =>
    model.getCapabilities(Object.fromEntries(capabilities.map((name) => [name, 'true']))),
  )
  return {
    entry,
    functions: core.functions,
    hooks: core.hooks,
    model,
    httpPort: HttpUri === undefined ? undefined : Number(new URL(HttpUri).port),
    onLog: (log) => {
      core.log = log
    },
  }
}

/**
 * The library opens its HTTP listener on every interface and keeps it for the life of the process. On a developer's
 * machine it belongs on loopback only, must not keep the process alive, and must not close an idle connection just as
 * the host sends the next request over it.
 */
function onLoopback<T>(work: () => T): T {
  const http: { createServer: (options?: ServerOptions) => Server } = createRequire(import.meta.url)('node:http')
  const createServer = http.createServer
  http.createServer = (options) => {
    const server = createServer({ ...options, keepAliveTimeout: 0, requestTimeout: 0 })
    const listen = server.listen.bind(server)
    server.listen = ((...args: unknown[]) =>
      listen(
        { host: '127.0.0.1', port: 0 },
        args.find((arg) => typeof arg === 'function') as () => void,
      )) as typeof listen
    server.unref()
    return server
  }
  try {
    // The listener is created before the first await, so the original is back before anyone else can ask for a server.
    return work()
  } finally {
    http.createServer = createServer
  }
}
