// What a query brings besides its table: a filter, and where the page before it ended.
import {
  executeQuery,
  parseQuery,
  type QueryNode,
  type RequestContext,
  storageErrors,
  type TableModel,
  validateQueryTree,
} from './azurite.ts'

/** A parsed filter; `all` and `none` stand for the two constant filters clients send. */
export type Filter = QueryNode | 'all' | 'none'

/** Throws Table Storage's own error for a filter that cannot be read. */
export function parseFilter(context: RequestContext, filter: string | undefined): Filter {
  if (filter === undefined || filter === '' || filter === 'true') return 'all'
  if (filter === 'false') return 'none'
  try {
    const query = parseQuery(filter)
    validateQueryTree(query)
    return query
  } catch {
    throw storageErrors.getQueryConditionInvalid(context)
  }
}

/** Whether a table passes a filter on tables. */
export function accepts(filter: Filter, subject: TableModel): boolean {
  return filter === 'all' || (filter !== 'none' && executeQuery(subject, filter))
}

/** Continuation headers are ASCII, keys are not. */
export function encodeKey(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64')
}

export function decodeKey(header: string): string {
  return Buffer.from(header, 'base64').toString('utf8')
}
