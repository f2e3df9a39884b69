// Finding objects by what they say of others: entries that change in the same transaction as the object they belong to.
import type { KubeObject, ObjectKey, ResourceType } from '../api/kube-object.ts'

/** Something an object is found under. Keys are parts that each end with `|`, so that a range of keys is a prefix. */
export interface IndexEntry {
  readonly key: string
  /** What whoever finds the entry should know of it. */
  readonly detail?: string | undefined
}

export interface IndexHit extends IndexEntry {
  readonly owner: ObjectKey
}

/** What an object is found under: at most 40 entries of different keys, a function of its wanted state alone. */
export type IndexOf = (type: ResourceType, object: KubeObject) => readonly IndexEntry[]

export interface ObjectIndex {
  /** Entries of a type with `from` <= key < `to`, at most `limit`: one operation for every started thousand. */
  indexed(
    type: ResourceType,
    range: { readonly from: string; readonly to: string; readonly limit?: number },
  ): Promise<readonly IndexHit[]>
}
