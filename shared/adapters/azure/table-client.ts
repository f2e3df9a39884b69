// Opens tables: with a connection string on a laptop, with a managed identity in the cloud.
import { TableClient } from '@azure/data-tables'
import type { TokenCredential } from '@azure/identity'
import { portError, tableFailure } from './table-error.ts'

/** Where the tables are. */
export type TablesAddress =
  | { readonly connectionString: string }
  | { readonly url: string; readonly credential: TokenCredential }

/** The SDK's own retries: short, because a caller of the API waits. A lost answer may make a write look lost; see the store. */
const retryOptions = { maxRetries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 2_000 }

/** Nothing is sent before the first operation. Plain HTTP is accepted for connection strings only (the local tables). */
export function connectTable(address: TablesAddress, table: string): TableClient {
  return 'connectionString' in address
    ? TableClient.fromConnectionString(address.connectionString, table, { allowInsecureConnection: true, retryOptions })
    : new TableClient(address.url, table, address.credential, { retryOptions })
}

/**
 * Runs an operation; when the table does not exist yet, creates it and runs the operation again. So a cold start pays
 * nothing and a new account needs no set-up step. Errors of the operation pass unchanged.
 */
export async function withTable<T>(client: TableClient, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (tableFailure(error) !== 'no-table') throw error
    await createTable(client)
    return await operation()
  }
}

async function createTable(client: TableClient): Promise<void> {
  try {
    await client.createTable()
  } catch (error) {
    if (tableFailure(error) !== 'conflict') throw portError(error)
  }
}
