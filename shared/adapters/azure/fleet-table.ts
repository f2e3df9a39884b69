// What the stores of placements, clusters and payloads share: how a table's failure reads, and filters over one partition.
import { ConflictError } from '../../errors.ts'
import { portError, tableFailure } from './table-error.ts'

export function isMissing(error: unknown): boolean {
  return tableFailure(error) === 'not-found'
}

export function isConflict(error: unknown): boolean {
  return tableFailure(error) === 'conflict'
}

/** A lost condition is a ConflictError (a row that is gone lost it too); anything else as the ports promise. */
export function storeError(error: unknown, what: string): Error {
  return isConflict(error) || isMissing(error)
    ? new ConflictError(`${what}: it was changed meanwhile`, { cause: error })
    : portError(error)
}

/** OData filter for the rows of a partition that start with a prefix, behind a row when given. */
export function prefixFilter(partition: string, prefix: string, after?: string): string {
  const from = after === undefined ? `RowKey ge ${quote(prefix)}` : `RowKey gt ${quote(after)}`
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
  return `PartitionKey eq ${quote(partition)} and ${from} and RowKey lt ${quote(end)}`
}

/** An OData string: quotes are doubled. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
