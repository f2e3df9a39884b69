// The one transaction of a turn: the counter, an object and a change row for each write, the news of all.
import type { TableEntity, TransactionAction } from '@azure/data-tables'
import type { KubeObject, ResourceType } from '../../api/kube-object.ts'
import type { ObjectWrite } from '../../ports/object-store.ts'
import type { OutboxEntry } from '../../ports/outbox.ts'
import { type IndexChange, indexActions } from './table-index.ts'
import type { Tag } from './table-known.ts'
import { outboxEntity } from './table-outbox.ts'
import * as rows from './table-rows.ts'

/** What a write is made of; its id tells it from others when an answer is lost. */
export interface Attempt {
  readonly type: ResourceType
  readonly partition: string
  readonly row: string
  readonly write: ObjectWrite
  readonly writeId: string
  readonly text: string | undefined
  readonly previous: KubeObject | undefined
  readonly previousText: string | undefined
  readonly newsLength: number
  /** What the object is found under, as its writer saw it and as it is to be. */
  readonly index: Pick<IndexChange, 'before' | 'after'>
}

/** An attempt whose object is as its writer saw it; `tag` is absent for a new object. */
export interface Ready {
  readonly attempt: Attempt
  readonly tag: Tag | undefined
}

/** The two rows of one write, and the rows its bodies need besides, to be written before. */
interface WriteRows {
  readonly object: TransactionAction
  readonly change: TransactionAction
  readonly overflow: readonly TableEntity<Record<string, unknown>>[]
  readonly bodyRows: string | undefined
}

export interface Transaction {
  readonly actions: TransactionAction[]
  readonly overflow: readonly TableEntity<Record<string, unknown>>[]
  /** For each write, the pointer to the overflow rows of its body. */
  readonly bodyRows: readonly (string | undefined)[]
}

/** Revisions follow the counter's in the order of the writes. `at` is epoch milliseconds. */
export function transactionOf(
  ready: readonly Ready[],
  partition: string,
  { counter, entry, at }: { counter: rows.Counter; entry: OutboxEntry | undefined; at: number },
): Transaction {
  const last = counter.revision + ready.length
  const parts = ready.map((each, index) => rowsOf(each, counter.revision + 1 + index, at))
  return {
    actions: [
      putRow(rows.counterEntity(partition, last), counter.etag),
      ...parts.flatMap(({ object, change }) => [object, change]),
      ...(entry ? [['create', outboxEntity(partition, last, entry)] satisfies TransactionAction] : []),
      ...ready.flatMap(indexRowsOf),
    ],
    overflow: parts.flatMap(({ overflow }) => overflow),
    bodyRows: parts.map(({ bodyRows }) => bodyRows),
  }
}

/** Where the answer to a write's object row stands among the answers of the transaction. */
export function objectAnswer(index: number): number {
  return 1 + 2 * index
}

/** Rows of an object that was stored without its entries are not there to be removed. */
function indexRowsOf({ attempt: { partition, write, index }, tag }: Ready): TransactionAction[] {
  return indexActions({ partition, owner: write.key, before: tag?.indexed ? index.before : [], after: index.after })
}

function rowsOf({ attempt, tag }: Ready, revision: number, at: number): WriteRows {
  const { partition, row, write, writeId, text, previousText } = attempt
  const head = { partition, key: write.key, revision, writeId }
  const body = text === undefined ? undefined : rows.packBody('b', text, partition, writeId)
  const previous =
    previousText === undefined ? undefined : rows.packPrevious(previousText, partition, `${writeId}p`, tag?.bodyRows)
  const modified = tag === undefined ? 'ADDED' : 'MODIFIED'
  const type = body ? modified : 'DELETED'
  return {
    object: body
      ? putRow(rows.objectEntity({ ...head, body, indexed: attempt.index.after.length > 0 }), tag?.etag)
      : ['delete', { partitionKey: partition, rowKey: row }],
    change: ['create', rows.changeEntity({ ...head, type, at, body, previous, was: tag?.revision })],
    overflow: [...(body?.overflow ?? []), ...(previous?.overflow ?? [])],
    bodyRows: body && rows.bodyRowsOf(body.properties),
  }
}

function putRow(entity: TableEntity<Record<string, unknown>>, etag: string | undefined): TransactionAction {
  return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }]
}
