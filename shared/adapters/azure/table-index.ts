// Index entries in the `objects` table: rows `i|KEY OWNER` of the partition of the object they speak of, changed in its
// transactions. Keys end with `|`, owners follow, so that a range of keys is a range of rows.
import { createHash } from 'node:crypto'
import type { TableClient, TransactionAction } from '@azure/data-tables'
import type { ObjectKey, ResourceType } from '../../api/kube-object.ts'
import { keyText } from '../../api/kube-object.ts'
import type { IndexEntry, IndexHit } from '../../ports/object-index.ts'
import { escapeKey, partitionOf } from './table-keys.ts'
import { scan } from './table-scan.ts'

/** Longer owners are hashed: a row key holds 512 characters. */
const ownerLimit = 150

function rowOf(key: string, owner: ObjectKey): string {
  const text = keyText(owner)
  const short = text.length <= ownerLimit ? text : `#${createHash('sha256').update(text).digest('hex')}`
  return `i|${escapeKey(key)}${escapeKey(short)}`
}

export interface IndexChange {
  readonly partition: string
  readonly owner: ObjectKey
  /** What rows stand for now, and what they are to stand for. */
  readonly before: readonly IndexEntry[]
  readonly after: readonly IndexEntry[]
}

/** The rows that differ. Rows of `before` are there, or the transaction fails. */
export function indexActions({ partition, owner, before, after }: IndexChange): TransactionAction[] {
  const old = new Map(before.map(({ key, detail }) => [key, detail ?? '']))
  const next = new Set(after.map(({ key }) => key))
  const puts = after
    .filter(({ key, detail = '' }) => old.get(key) !== detail)
    .map(({ key, detail = '' }): TransactionAction => {
      const { namespace = '', name } = owner
      const entity = { partitionKey: partition, rowKey: rowOf(key, owner), key, detail, namespace, name }
      return ['upsert', entity, 'Replace']
    })
  const gone = before
    .filter(({ key }) => !next.has(key))
    .map(({ key }): TransactionAction => ['delete', { partitionKey: partition, rowKey: rowOf(key, owner) }])
  return [...puts, ...gone]
}

/** Entries of a range of keys. */
export async function scanIndex(
  objects: TableClient,
  type: ResourceType,
  { from, to, limit }: { readonly from: string; readonly to: string; readonly limit?: number },
): Promise<IndexHit[]> {
  const range = { from: `i|${escapeKey(from)}`, to: `i|${escapeKey(to)}` }
  const rows = await scan(objects, partitionOf(type), range, limit === undefined ? {} : { limit })
  return rows.map((row) => {
    const [namespace, name, detail] = [row['namespace'], row['name'], row['detail']].map(String)
    return {
      key: String(row['key']),
      owner: { ...(namespace && { namespace }), name: name ?? '' },
      ...(detail && { detail }),
    }
  })
}
