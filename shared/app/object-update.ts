// Changing an object the hub itself owns part of: read, change, write exactly that state, again when it moved meanwhile.
import type { KubeObject, ObjectKey, ResourceType } from '../api/kube-object.ts'
import type { Message } from '../api/message.ts'
import type { ObjectStore, StoredObject } from '../ports/object-store.ts'
import { untilWritten } from './commit.ts'
import { wakeGarbage } from './wake.ts'

export interface ObjectUpdate {
  /** The new state; `undefined` removes the object. */
  readonly object: KubeObject | undefined
  readonly news?: readonly Message[]
}

/**
 * Applies `change` to an object until it is written. `change` answers undefined to leave the object as it is.
 * Returns the object as it is afterwards, or undefined when there is none.
 */
export async function updateObject(
  objects: Pick<ObjectStore, 'get' | 'write'>,
  type: ResourceType,
  key: ObjectKey,
  change: (object: KubeObject) => ObjectUpdate | undefined,
): Promise<StoredObject | undefined> {
  return untilWritten(async () => {
    const stored = await objects.get(type, key)
    const update = stored && change(structuredClone(stored.object))
    if (!stored || !update) return stored
    const written = await objects.write(type, {
      key,
      expect: stored.revision,
      object: update.object,
      previous: stored.object,
      news: [...(update.news ?? []), ...(update.object === undefined ? [gone(type, key, stored)] : [])],
    })
    return update.object === undefined ? undefined : written
  })
}

/** What depended on the object goes too, as it does when the object is removed through the API. */
function gone(type: ResourceType, key: ObjectKey, { object }: StoredObject): Message {
  return wakeGarbage(type, { ...key, uid: object.metadata.uid ?? '' })
}

/** The object without a finalizer; `undefined` as its new state when it was the last of an object that is being deleted. */
export function withoutFinalizers(object: KubeObject, finalizers: readonly string[]): KubeObject | undefined {
  const left = (object.metadata.finalizers ?? []).filter((finalizer) => !finalizers.includes(finalizer))
  if (left.length === 0 && object.metadata.deletionTimestamp) return undefined
  const { finalizers: _, ...metadata } = object.metadata
  return { ...object, metadata: left.length === 0 ? metadata : { ...metadata, finalizers: left } }
}
