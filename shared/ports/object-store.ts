// Where the hub's Kubernetes objects live. One resource type is one partition: its counter, its objects, its change log
// and its outbox change together or not at all.
import type { KubeObject, ObjectKey, ResourceType } from '../api/kube-object.ts'
import type { Message } from '../api/message.ts'

/** An object with the revision of its last write; `object.metadata.resourceVersion` says the same. */
export interface StoredObject {
  readonly key: ObjectKey
  readonly revision: number
  readonly object: KubeObject
}

export interface ObjectPage {
  readonly items: readonly StoredObject[]
  /** Watching from here misses nothing of what `items` shows. Read before the items, so an item may be newer. */
  readonly revision: number
  /** Key of the last item when more follow. */
  readonly next?: ObjectKey
}

export interface Change {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly key: ObjectKey
  /** The state after the change; for DELETED the last state, at the revision of the deletion. */
  readonly object: KubeObject
  /** The state before; absent for ADDED. */
  readonly previous?: KubeObject
}

export type ChangePage =
  | { readonly kind: 'changes'; readonly changes: readonly Change[]; readonly revision: number }
  /** The log no longer reaches back that far; `oldest` is the first revision one can still start after. */
  | { readonly kind: 'expired'; readonly oldest: number }

export interface ObjectWrite {
  readonly key: ObjectKey
  /** `absent` creates; a revision updates or deletes exactly that state. */
  readonly expect: 'absent' | number
  /** The new state, or `undefined` to delete. Its resourceVersion is ignored. */
  readonly object: KubeObject | undefined
  /** The state the caller saw; kept in the change log so that watchers can tell who left a selection. */
  readonly previous?: KubeObject | undefined
  /** Messages that must go out once this is stored. */
  readonly news?: readonly Message[]
}

/**
 * Lists are ordered by namespace, then name, in UTF-16 order.
 * Every method throws TransientError when the store is throttled or away.
 */
export interface ObjectStore {
  get(type: ResourceType, key: ObjectKey): Promise<StoredObject | undefined>
  list(type: ResourceType, options?: { namespace?: string; after?: ObjectKey; limit?: number }): Promise<ObjectPage>
  /** Throws ConflictError when `expect` does not hold. Returns the object with its new resourceVersion. */
  write(type: ResourceType, write: ObjectWrite): Promise<StoredObject>
  /** Changes after a revision (0 and 1 are both the beginning), oldest first, at most `limit`. */
  changes(type: ResourceType, after: number, limit: number): Promise<ChangePage>
  /**
   * The newest revision of a type: 1 when nothing was ever written. Kubernetes keeps 0 for "any state", and clients refuse
   * to watch from it, so an empty list must already have a revision of its own.
   */
  revision(type: ResourceType): Promise<number>
}
