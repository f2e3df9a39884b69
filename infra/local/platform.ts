// The local platform: everything the function app finds around it in the cloud, in one process: tables and messages
// in a thread of their own, member clusters and the app in another. `npm start`, the
// end-to-end tests and the benchmark start it here.
import { fileURLToPath } from 'node:url'
import { errorMessage, InvalidInputError } from '../../shared/errors.ts'
import { type Backing, startBacking } from './backing/start-backing.ts'
import { type Members, startMembers } from './clusters/index.ts'
import type { HostLog } from './functions-host/invoker.ts'
import { type FunctionsHost, startFunctionsHost } from './functions-host/start-functions-host.ts'

export interface PlatformOptions {
  /** Port of the hub's API on 127.0.0.1; 0 picks one. */
  readonly port?: number
  /** PEM texts of a server certificate: the hub is reached over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** Where tables and messages are kept; absent, they live in memory. */
  readonly file?: (name: string) => string
  /** How many simulated member clusters. */
  readonly members?: number
  /** App settings on top of the local ones and the environment. */
  readonly settings?: Readonly<Record<string, string>>
  /** The app's entry point; default functions/main.ts of this repository. */
  readonly entry?: string
  readonly log?: HostLog
  /** Hears what has just started. */
  readonly onStarted?: (part: string) => void
}

export interface LocalPlatform {
  /** Where the hub's API is. */
  readonly url: string
  readonly host: FunctionsHost
  readonly backing: Backing
  readonly members: Members
  /** Lets running work end for at most `drainMs` (default 2,500), then stops everything, last started first. */
  stop(options?: { drainMs?: number }): Promise<void>
}

/** Schedules of a hub with a handful of clusters; the first two decide how long a lost message or a dead member goes unseen. */
const localSettings: Readonly<Record<string, string>> = {
  HUBLESS_AUTH: 'loopback',
  HUBLESS_LOG: 'warn',
  HUBLESS_RELAY_SCHEDULE: '*/5 * * * * *',
  HUBLESS_PROBE_SCHEDULE: '*/15 * * * * *',
  // Half a minute of watching, every half minute: what others change on a member is seen at once.
  HUBLESS_SWEEP_SCHEDULE: '*/30 * * * * *',
  HUBLESS_DRIFT_WATCH_MS: '29500',
  HUBLESS_RESYNC_SCHEDULE: '0 */5 * * * *',
}

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/**
 * Starts tables, bus, members and the app, in that order; when one fails, what had started is stopped again. Sets the
 * app's settings in the environment of this process, where the app reads them. Throws InvalidInputError when the port is taken.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<LocalPlatform> {
  const started: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) await end()
  }
  try {
    return await start(options, started)
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}

async function start(options: PlatformOptions, started: (() => Promise<void>)[]): Promise<LocalPlatform> {
  const { file, log = () => {}, onStarted = () => {} } = options
  const backing = await startBacking(file ? { tablesPath: file('tables.db'), journalPath: file('messages.db') } : {})
  started.push(() => backing.close())
  onStarted('tables')
  onStarted('messages')
  const members = await startMembers({ count: options.members ?? 0, log: memberLog(log) })
  started.push(() => members.close())
  onStarted('members')
  const settings = {
    ...localSettings,
    ...ownSettings(),
    ...options.settings,
    TablesConnectionString: backing.tables,
    ServiceBusConnection: backing.bus,
  }
  Object.assign(process.env, settings)
  const host = await startFunctionsHost({
    entry: options.entry ?? root('functions/main.ts'),
    hostJson: root('host.json'),
    settings: process.env,
    port: options.port ?? 0,
    tls: options.tls,
    log,
  }).catch((error: unknown) => {
    throw isPortTaken(error)
      ? new InvalidInputError(
          `port ${options.port} is taken by another program: choose another with npm start -- --port ${(options.port ?? 0) + 1}`,
        )
      : error
  })
  let stopping: Promise<void> | undefined
  const stopAll = async (drainMs: number): Promise<void> => {
    await host.stop({ drainMs })
    for (const end of started.splice(0).reverse()) {
      await end().catch((error: unknown) =>
        log({ level: 'error', category: 'system', message: `stopping: ${errorMessage(error)}` }),
      )
    }
  }
  return {
    url: host.url,
    host,
    backing,
    members,
    stop: ({ drainMs = 2_500 } = {}) => {
      stopping ??= stopAll(drainMs)
      return stopping
    },
  }
}

/** What the user set for the hub beats the local defaults. */
function ownSettings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('HUBLESS_') && value !== undefined ? [[name, value]] : [],
    ),
  )
}

function memberLog(log: HostLog) {
  const write =
    (level: 'information' | 'warning' | 'error') =>
    (message: string, fields: object = {}): void =>
      log({ level, category: 'system', function: 'members', message: `${message} ${JSON.stringify(fields)}` })
  return { info: write('information'), warn: write('warning'), error: write('error') }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
