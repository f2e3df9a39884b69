// What went wrong at the table service, in our words. The SDK reports single operations and transactions differently.
import { RestError } from '@azure/data-tables'
import { errorMessage, InvariantError, TransientError } from '../../errors.ts'

/** `conflict`: a condition did not hold (409, 412). `transient`: it may have happened or not, and may work later. */
export type TableFailure = 'conflict' | 'not-found' | 'no-table' | 'transient' | 'other'

const transientStatus = new Set([408, 429, 500, 502, 503, 504])

export function tableFailure(error: unknown): TableFailure {
  if (!(error instanceof RestError)) return 'other'
  const code = errorCode(error)
  if (code === 'TableNotFound' || code === 'TableBeingDeleted') return 'no-table'
  const { statusCode } = error
  if (statusCode === 404) return 'not-found'
  if (statusCode === 409 || statusCode === 412) return 'conflict'
  if (statusCode === undefined || transientStatus.has(statusCode)) return 'transient'
  return 'other'
}

/** The error the hub's ports promise for a failure nobody can settle here. */
export function portError(error: unknown): Error {
  if (tableFailure(error) !== 'transient') {
    return new InvariantError(`table service refused a request: ${errorMessage(error)}`, { cause: error })
  }
  const retryAfterMs = retryAfter(error)
  const message = `table service is away: ${errorMessage(error)}`
  return new TransientError(message, retryAfterMs === undefined ? { cause: error } : { cause: error, retryAfterMs })
}

function errorCode(error: RestError): string | undefined {
  const details = error.details as { odataError?: { code?: unknown } } | undefined
  const inner = details?.odataError?.code
  return typeof inner === 'string' ? inner : error.code
}

function retryAfter(error: unknown): number | undefined {
  const header = error instanceof RestError ? error.response?.headers.get('retry-after') : undefined
  const seconds = Number(header)
  return header === undefined || !Number.isFinite(seconds) ? undefined : seconds * 1000
}
