// The one place where the API server writes: every change carries its news.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import type { ObjectStore, StoredObject } from '../../ports/object-store.ts'
import { garbageNews } from '../garbage/garbage-news.ts'
import type { ServedKind } from '../kind.ts'
import type { News } from '../options.ts'
import { asServed, asStored } from './stored-form.ts'

/** What writing needs; the garbage collector has it without being a server. */
export interface Writer {
  readonly store: ObjectStore
  readonly news?: News | undefined
}

export interface Commit {
  readonly key: ObjectKey
  readonly expect: 'absent' | number
  /** Undefined deletes. */
  readonly object: KubeObject | undefined
  readonly previous?: KubeObject | undefined
}

/** Writes through the store. Throws ConflictError when `expect` does not hold. Returns the object as served. */
export async function commit(writer: Writer, kind: ServedKind, change: Commit): Promise<KubeObject> {
  const object = change.object && asStored(kind, change.object)
  const previous = change.previous && asStored(kind, change.previous)
  const stored = await writer.store.write(kind.storage, {
    ...change,
    object,
    previous,
    news: newsOf(writer, kind, change),
  })
  return servedObject(kind, stored)
}

export function servedObject(kind: ServedKind, stored: StoredObject): KubeObject {
  return asServed(kind, stored.object)
}

function newsOf(writer: Writer, kind: ServedKind, { key, expect, object, previous }: Commit) {
  const last = object ?? previous
  if (!last) return []
  const type = object ? (expect === 'absent' ? 'ADDED' : 'MODIFIED') : 'DELETED'
  const change = { type: kind.storage, key, change: type, object: last, previous } as const
  return [...garbageNews(change), ...(writer.news?.(change) ?? [])]
}
