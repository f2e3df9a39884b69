// Simulated member clusters for `npm start`, demos and benchmarks: the hub's own API machinery behind one loopback port,
// a path per cluster, and just enough controllers that workloads come to life. A cluster nobody calls costs nothing.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { systemClock, systemIds } from '../../../shared/adapters/memory/system.ts'
import type { Clock, Ids } from '../../../shared/ports/clock.ts'
import type { Log } from '../../../shared/ports/log.ts'
import { answerWith, refuse, toRequest } from './http-bridge.ts'
import { createSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts'

/** Which clusters there are to be. */
export interface MembersOptions {
  /** How many; names are `member-1`, `member-2`, … unless `names` are given, which then count. */
  readonly count?: number
  readonly names?: readonly string[]
  /** Port on 127.0.0.1; default any that is free. */
  readonly port?: number
  /** How long a workload takes to become ready, in milliseconds; default 300. */
  readonly readyMs?: number
  readonly clock?: Clock
  readonly ids?: Ids
  /** Hears of what a controller could not do; default nobody. */
  readonly log?: Log
}

/** The running platform of simulated clusters. */
export interface Members {
  readonly port: number
  readonly members: readonly { readonly name: string; readonly kubeconfig: string }[]
  /** While a cluster is down its connections break without an answer. Throws for a name that is not there. */
  setDown(name: string, down: boolean): void
  stats(): MembersStats
  /** Ends watches and connections. */
  close(): Promise<void>
}

/** Counts since the start. */
export interface MembersStats {
  readonly clusters: number
  /** Clusters somebody called, and which therefore take memory. */
  readonly awake: number
  readonly requests: number
  /** Times a controller wrote a status. */
  readonly statuses: number
}

interface Seat {
  readonly name: string
  readonly token: string
  readonly index: number
  cluster: SimulatedCluster | undefined
  down: boolean
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Resolves when the port is open; clusters come into being when they are first called. Throws for a name used twice. */
export async function startMembers(options: MembersOptions): Promise<Members> {
  const names = options.names ?? Array.from({ length: options.count ?? 1 }, (_, index) => `member-${index + 1}`)
  const seats = new Map<string, Seat>()
  for (const [index, name] of names.entries()) {
    if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) || seats.has(name))
      throw new Error(`"${name}" must be a name of its own, of lower case letters, digits, - and .`)
    seats.set(name, { name, token: randomBytes(16).toString('hex'), index, cluster: undefined, down: false })
  }
  let requests = 0

  const wake = (seat: Seat): SimulatedCluster => {
    seat.cluster ??= createSimulatedCluster({
      index: seat.index,
      token: seat.token,
      readyMs: options.readyMs ?? 300,
      clock: options.clock ?? systemClock,
      ids: options.ids ?? systemIds,
      log: options.log ?? silent,
    })
    return seat.cluster
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    requests += 1
    const [, prefix, name = '', rest = ''] = /^\/(clusters)\/([^/?]+)(.*)$/.exec(incoming.url ?? '') ?? []
    const seat = prefix ? seats.get(name) : undefined
    if (!seat) return refuse(outgoing, 404, `no cluster here; clusters are at /clusters/<name>`)
    if (seat.down) return void incoming.socket.destroy()
    const request = await toRequest(incoming, outgoing, rest.startsWith('/') ? rest : `/${rest}`)
    if (!request) return refuse(outgoing, 413, 'the request body is too large')
    await answerWith(outgoing, await wake(seat).handle(request))
  }
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    port,
    members: [...seats.values()].map((seat) => ({ name: seat.name, kubeconfig: kubeconfigOf(seat, port) })),
    setDown: (name, down) => {
      const seat = seats.get(name)
      if (!seat) throw new Error(`no cluster ${name} among ${seats.size}`)
      seat.down = down
    },
    stats: () => {
      const awake = [...seats.values()].flatMap(({ cluster }) => (cluster ? [cluster] : []))
      const statuses = awake.reduce((sum, cluster) => sum + cluster.statuses(), 0)
      return { clusters: seats.size, awake: awake.length, requests, statuses }
    },
    close: async () => {
      for (const { cluster } of seats.values()) cluster?.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** JSON is YAML too. */
function kubeconfigOf({ name, token }: Seat, port: number): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `http://127.0.0.1:${port}/clusters/${encodeURIComponent(name)}` } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
