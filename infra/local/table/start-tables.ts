// The tables of the local platform: Azurite's HTTP side in this process, our own durable store below it.
import { createServer, type IncomingMessage } from 'node:http'
import { AccountDataStore, logger, ServerBase, TableConfiguration, TableRequestListenerFactory } from './azurite.ts'
import { SqliteTableStore } from './sqlite-table-store.ts'

/** The account and key every storage emulator has; published by Microsoft, protecting nothing. */
const account = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Tables {
  /** For `@azure/data-tables`, with `allowInsecureConnection`. */
  readonly connectionString: string
  readonly port: number
  /** Requests served since the start, by what they do; a transaction counts once whatever it holds. */
  stats(): Readonly<Record<TableOperation, number>>
  close(): Promise<void>
}

export type TableOperation = 'get' | 'query' | 'write' | 'transaction'

/** `POST /account/$batch`, `GET /account/table(PartitionKey='..',RowKey='..')`, `GET /account/table()?..`. */
function operationOf({ method, url = '' }: IncomingMessage): TableOperation {
  if (url.includes('$batch')) return 'transaction'
  if (method !== 'GET') return 'write'
  return url.includes('PartitionKey=') && url.includes('RowKey=') ? 'get' : 'query'
}

/**
 * Starts a table server on 127.0.0.1. `path` is the SQLite file that holds the tables; without it they live in memory.
 * Rejects with EADDRINUSE when the port is taken.
 */
export async function startTables({ path, port = 0 }: { path?: string; port?: number } = {}): Promise<Tables> {
  const store = new SqliteTableStore(path ?? ':memory:')
  const accounts = new AccountDataStore(logger)
  const http = createServer({ noDelay: true, keepAliveTimeout: 60_000 })
  const counts: Record<TableOperation, number> = { get: 0, query: 0, write: 0, transaction: 0 }
  const listener = new TableRequestListenerFactory(store, accounts, false, undefined, true, undefined, true)
  const server = new ServerBase('127.0.0.1', port, http, listener, tableConfiguration(port))
  // Azurite takes every listener off a server it is given.
  http.on('request', (request) => {
    counts[operationOf(request)] += 1
  })
  await accounts.init()
  await store.init()
  try {
    await server.start()
  } catch (error) {
    await Promise.all([store.close(), accounts.close()])
    throw error
  }
  const address = server.getHttpServerAddress()
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};TableEndpoint=${address}/${account};`,
    port: Number(new URL(address).port),
    stats: () => ({ ...counts }),
    close: async () => {
      await server.close()
      http.closeAllConnections()
      await Promise.all([store.close(), accounts.close()])
    },
  }
}

/** Logs off, API version check off (the SDK may be newer than Azurite), plain HTTP, path-style addresses. */
function tableConfiguration(port: number): unknown {
  const keepAliveSeconds = 60
  return new TableConfiguration(
    '127.0.0.1',
    port,
    keepAliveSeconds,
    '',
    false,
    false,
    undefined,
    undefined,
    false,
    true,
  )
}
