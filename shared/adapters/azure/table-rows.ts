// The rows of the `objects` table: how counter, object and change become entities and back.
import type { TableClient, TableEntity, TableEntityResult } from '@azure/data-tables'
import type { KubeObject } from '../../api/kube-object.ts'
import { InvariantError } from '../../errors.ts'
import type { Change, StoredObject } from '../../ports/object-store.ts'
import { overflowProperty, pack, unpackInline, unpackOverflow } from './table-body.ts'
import { changeRow, counterRow, objectKeyOf, objectRow, revisionOfRow } from './table-keys.ts'

export type Entity = TableEntityResult<Record<string, unknown>>

/** The counter as read; `etag` is absent while the type was never written. */
export interface Counter {
  readonly revision: number
  readonly etag?: string
}

/** The counter of a type nobody wrote yet; see the port for why it is not 0. */
export const neverWritten: Counter = { revision: 1 }

/** A body on its way into an entity: overflow rows are written before the transaction that points at them. */
export interface Body {
  readonly properties: Record<string, string | Uint8Array>
  readonly overflow: readonly TableEntity<Record<string, unknown>>[]
}

const int64 = (value: number) => ({ type: 'Int64' as const, value: String(value) })

/** The object as text without its resourceVersion, which the row's revision says. */
export function bodyText(object: KubeObject): string {
  const { resourceVersion: _revision, ...metadata } = object.metadata
  return JSON.stringify({ ...object, metadata })
}

/** `id` names the overflow rows, should there be any; it is new for every write, so they are never shared. */
export function packBody(prefix: string, text: string, partition: string, id: string): Body {
  const packed = pack(prefix, text)
  if (packed.kind === 'inline') return { properties: packed.properties, overflow: [] }
  const overflow = packed.rows.map((row, index) => ({
    partitionKey: overflowPartition(partition),
    rowKey: overflowRow(id, index),
    ...row,
  }))
  return { properties: { [overflowProperty(prefix)]: `${id} ${overflow.length}` }, overflow }
}

/**
 * The body a change replaces. When it lies in overflow rows, the change points at those same rows; they go when the
 * change is compacted, for by then neither the object nor an older change needs them.
 */
export function packPrevious(text: string, partition: string, id: string, bodyRows: string | undefined): Body {
  const body = packBody('p', text, partition, id)
  if (body.overflow.length === 0 || bodyRows === undefined) return body
  return { properties: { [overflowProperty('p')]: bodyRows }, overflow: [] }
}

/** The pointer to the overflow rows of an object's body, if it needs any. */
export function bodyRowsOf(entity: Readonly<Record<string, unknown>>): string | undefined {
  const pointer = entity[overflowProperty('b')]
  return typeof pointer === 'string' ? pointer : undefined
}

/** What a conditional write of this object's row needs to know. */
export function tagOf(entity: Entity): {
  revision: number
  etag: string
  bodyRows: string | undefined
  indexed: boolean
} {
  const indexed = entity['i'] === true
  return { revision: numberOf(entity, 'rv'), etag: entity.etag, bodyRows: bodyRowsOf(entity), indexed }
}

function overflowPartition(partition: string): string {
  return `object ${partition}`
}

function overflowRow(id: string, index: number): string {
  return `${id} ${String(index).padStart(2, '0')}`
}

/** Keys of the overflow rows an entity's body points at. */
export function overflowKeys(
  prefix: string,
  entity: Readonly<Record<string, unknown>>,
  partition: string,
): { partitionKey: string; rowKey: string }[] {
  const pointer = entity[overflowProperty(prefix)]
  if (typeof pointer !== 'string') return []
  const [id = '', count = '0'] = pointer.split(' ')
  return Array.from({ length: Number(count) }, (_unused, index) => ({
    partitionKey: overflowPartition(partition),
    rowKey: overflowRow(id, index),
  }))
}

/** The object of a row. Costs one read more for each overflow row. */
export async function readBody(payloads: TableClient, prefix: string, entity: Entity): Promise<KubeObject | undefined> {
  const inline = unpackInline(prefix, entity)
  if (inline !== undefined) return JSON.parse(inline) as KubeObject
  const keys = overflowKeys(prefix, entity, String(entity.partitionKey))
  if (keys.length === 0) return undefined
  const rows = await Promise.all(keys.map(({ partitionKey, rowKey }) => payloads.getEntity(partitionKey, rowKey)))
  return JSON.parse(unpackOverflow(rows)) as KubeObject
}

export function counterEntity(partition: string, revision: number): TableEntity<Record<string, unknown>> {
  return { partitionKey: partition, rowKey: counterRow, rv: int64(revision) }
}

export function counterOf(entity: Entity): Counter {
  return { revision: numberOf(entity, 'rv'), etag: entity.etag }
}

/** `indexed` notes that index entries go along with the row. */
export function objectEntity(row: RowHead & { body: Body; indexed: boolean }): TableEntity<Record<string, unknown>> {
  const { partition, key, revision, writeId, body, indexed } = row
  const head = { partitionKey: partition, rowKey: objectRow(key), rv: int64(revision), w: writeId }
  return { ...head, ...(indexed && { i: true }), ...body.properties }
}

interface RowHead {
  readonly partition: string
  readonly key: StoredObject['key']
  readonly revision: number
  readonly writeId: string
}

/** A change row; `was` is the revision of the previous body. For deletions the previous body is the only one. */
export function changeEntity(
  row: RowHead & {
    type: Change['type']
    at: number
    body: Body | undefined
    previous: Body | undefined
    was: number | undefined
  },
): TableEntity<Record<string, unknown>> {
  return {
    partitionKey: row.partition,
    rowKey: changeRow(row.revision),
    type: row.type,
    key: objectRow(row.key),
    w: row.writeId,
    at: int64(row.at),
    ...row.body?.properties,
    ...row.previous?.properties,
    ...(row.was !== undefined && { was: int64(row.was) }),
  }
}

export async function storedOf(payloads: TableClient, entity: Entity): Promise<StoredObject> {
  const revision = numberOf(entity, 'rv')
  const object = await readBody(payloads, 'b', entity)
  if (!object) throw new InvariantError(`row ${entity.rowKey} of ${entity.partitionKey} holds no object`)
  return { key: objectKeyOf(String(entity.rowKey)), revision, object: atRevision(object, revision) }
}

export async function changeOf(payloads: TableClient, entity: Entity): Promise<Change> {
  const revision = revisionOfRow(String(entity.rowKey))
  const [body, previous] = await Promise.all([readBody(payloads, 'b', entity), readBody(payloads, 'p', entity)])
  const object = body ?? (previous && structuredClone(previous))
  if (!object) throw new InvariantError(`change ${revision} of ${entity.partitionKey} holds no object`)
  return {
    revision,
    type: changeType(entity['type']),
    key: objectKeyOf(String(entity['key'])),
    object: atRevision(object, revision),
    ...(previous && { previous: atRevision(previous, numberOf(entity, 'was')) }),
  }
}

export function numberOf(entity: Readonly<Record<string, unknown>>, property: string): number {
  const value = entity[property]
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value)
  throw new InvariantError(`row ${String(entity['rowKey'])} has no number ${property}`)
}

export function atRevision(object: KubeObject, revision: number): KubeObject {
  object.metadata.resourceVersion = String(revision)
  return object
}

function changeType(value: unknown): Change['type'] {
  if (value === 'ADDED' || value === 'MODIFIED' || value === 'DELETED') return value
  throw new InvariantError(`unknown change type ${String(value)}`)
}
