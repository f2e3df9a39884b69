// Finds, in a parsed `$filter`, the bounds it puts on PartitionKey and RowKey, so that SQLite can use its index.
// The bounds may be wider than the filter, never narrower: the filter itself still runs over every row read.
import type { QueryNode } from './azurite.ts'

/** Bounds that hold for every row the filter accepts. */
export interface Bound {
  readonly column: 'pk' | 'rk'
  readonly operator: '=' | '>=' | '>' | '<=' | '<'
  readonly value: string
}

const columns: Readonly<Record<string, Bound['column']>> = { PartitionKey: 'pk', RowKey: 'rk' }
const operators = { eq: '=', ge: '>=', gt: '>', le: '<=', lt: '<' } as const
/** `'a' le RowKey` says `RowKey ge 'a'`. */
const mirrored = { '=': '=', '>=': '<=', '>': '<', '<=': '>=', '<': '>' } as const

/** The bounds of a filter and whether they say all that it says. */
export function keyBounds(query: QueryNode): { bounds: readonly Bound[]; exact: boolean } {
  const bounds: Bound[] = []
  let exact = true
  const pending: QueryNode[] = [query]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.name === 'and' && node.left && node.right) {
      pending.push(node.left, node.right)
      continue
    }
    const bound = boundOf(node)
    if (bound) bounds.push(bound)
    else exact = false
  }
  return { bounds, exact }
}

function boundOf(node: QueryNode): Bound | undefined {
  if (!isOperator(node.name) || !node.left || !node.right) return undefined
  const operator = operators[node.name]
  return comparison(node.left, operator, node.right) ?? comparison(node.right, mirrored[operator], node.left)
}

function isOperator(name: string): name is keyof typeof operators {
  return Object.hasOwn(operators, name)
}

function comparison(left: QueryNode, operator: Bound['operator'], right: QueryNode): Bound | undefined {
  if (left.name !== 'id' || right.name !== 'constant' || typeof right.value !== 'string') return undefined
  const identifier = left.identifier ?? ''
  const column = Object.hasOwn(columns, identifier) ? columns[identifier] : undefined
  return column && { column, operator, value: right.value }
}
