// The embedded Service Bus: the broker behind `npm start`, the tests and the benchmarks. The unmodified Azure SDK talks to
// it over AMQP. Core (core/) is synchronous and knows neither sockets nor time; amqp/ is its only door.
import { randomUUID } from 'node:crypto'
import { AmqpConnection } from './amqp/connection.ts'
import { listenAmqp } from './amqp/rhea-server.ts'
import type { RheaConnection } from './amqp/rhea-types.ts'
import { type BusClock, Deadlines, systemClock } from './core/deadlines.ts'
import type { EntityStats, Surroundings } from './core/entity.ts'
import { type Limits, standardLimits } from './core/limits.ts'
import { Namespace } from './core/namespace.ts'
import { type Entities, resolveEntities } from './declarations.ts'
import { type Journal, turnLedger, volatileLedger } from './journal.ts'

export type { BusClock } from './core/deadlines.ts'
export type { EntityStats } from './core/entity.ts'
export type { Limits } from './core/limits.ts'
export type { Entities } from './declarations.ts'
export type { Journal } from './journal.ts'
export { sqliteJournal } from './sqlite-journal.ts'

export interface ServiceBusOptions {
  readonly entities: Entities
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly clock?: BusClock
  /** Absent: nothing outlives the process. */
  readonly journal?: Journal
  /** Whatever is given replaces the standard tier's figure. */
  readonly limits?: Partial<Limits>
}

export interface ServiceBus {
  /** For `new ServiceBusClient(...)`. */
  readonly connectionString: string
  readonly port: number
  /** By entity path as declared (`queue`, `topic`, `topic/Subscriptions/name`). */
  stats(): Record<string, EntityStats>
  /** Open client connections. */
  connections(): number
  /** Drops every connection, stores what is left, and leaves no handle open. Idempotent. */
  close(): Promise<void>
}

/** Throws InvalidInputError for wrong declarations, and the system's error when the port is taken. */
export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const entities = resolveEntities(options.entities)
  const clock = options.clock ?? systemClock
  const host = options.host ?? '127.0.0.1'
  const deadlines = new Deadlines(clock)
  const ledger = options.journal === undefined ? volatileLedger : turnLedger(options.journal)
  const limits: Limits = { ...standardLimits, ...options.limits }
  const newToken = () => randomUUID().replaceAll('-', '')
  const surroundings: Surroundings = { now: () => clock.now(), newToken, deadlines, ledger, limits }
  const namespace = new Namespace(surroundings, entities)
  const connections = new Map<RheaConnection, AmqpConnection>()
  const server = await listenAmqp({
    host,
    port: options.port ?? 0,
    maxConnections: limits.maxConnections,
    onConnection: (connection) => connections.set(connection, new AmqpConnection(connection, namespace, surroundings)),
    onFlow: (session) => connections.get(session.connection)?.flowed(session),
    onGone(connection) {
      connections.get(connection)?.gone()
      connections.delete(connection)
    },
  })
  let closing: Promise<void> | undefined
  return {
    connectionString: `Endpoint=sb://${host}:${server.port};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true;`,
    port: server.port,
    stats: () => namespace.stats(),
    connections: () => server.connections(),
    close() {
      closing ??= server.close().then(() => {
        deadlines.close()
        ledger.close()
      })
      return closing
    },
  }
}
