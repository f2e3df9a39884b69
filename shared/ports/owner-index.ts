// Who names an owner, found by the owner's uid: so that the end of an object need not ask every type for dependents.
import type { ObjectKey, ResourceType } from '../api/kube-object.ts'

export interface OwnedObject {
  readonly type: ResourceType
  readonly key: ObjectKey
}

export interface OwnerIndex {
  /** Notes that an object names an owner, before the write that says so. Idempotent. */
  note(uid: string, owned: OwnedObject): Promise<void>
  /** Every object noted, whether it still names the owner or not; never one too few. */
  dependents(uid: string): Promise<readonly OwnedObject[]>
  /** Drops notes of an owner that is gone. */
  forget(uid: string, owned: readonly OwnedObject[]): Promise<void>
}
