// Deletions: at once when nothing holds the object, otherwise marked and finished by whoever removes the last finalizer.
// Requests and the garbage collector delete through the same function.
import type { KubeObject } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import { foregroundFinalizer, orphanFinalizer } from '../garbage/garbage-news.ts'
import type { ServedKind } from '../kind.ts'
import { sameJson } from '../patch/json-value.ts'
import { behaviorOf } from './behavior.ts'
import { commit, type Writer } from './commit.ts'
import { timestamp } from './metadata.ts'
import { asServed } from './stored-form.ts'

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/** `removed` is over; `deleting` waits for finalizers. */
export interface DeletionOutcome {
  readonly kind: 'removed' | 'deleting'
  readonly object: KubeObject
}

/** The state a deletion leaves: unchanged when it was asked for before. Without a policy existing finalizers decide. */
export function deletedState(
  kind: ServedKind,
  object: KubeObject,
  { propagation, now }: { propagation?: Propagation | undefined; now: number },
): KubeObject {
  const finalizers = deletionFinalizers(object.metadata.finalizers ?? [], propagation)
  const { finalizers: _old, ...metadata } = object.metadata
  const marked = { ...object, metadata: { ...metadata, ...(finalizers.length > 0 && { finalizers }) } }
  if (object.metadata.deletionTimestamp) return marked
  const generation = object.metadata.generation
  const started = {
    ...marked,
    metadata: {
      ...marked.metadata,
      deletionTimestamp: timestamp(now),
      deletionGracePeriodSeconds: 0,
      ...(generation !== undefined && generation > 0 && { generation: generation + 1 }),
    },
  }
  return behaviorOf(kind).deleting?.(started, timestamp(now)) ?? started
}

function deletionFinalizers(finalizers: readonly string[], propagation: Propagation | undefined): string[] {
  if (propagation === undefined) return [...finalizers]
  const others = finalizers.filter((finalizer) => finalizer !== foregroundFinalizer && finalizer !== orphanFinalizer)
  if (propagation === 'Foreground') return [...others, foregroundFinalizer]
  return propagation === 'Orphan' ? [...others, orphanFinalizer] : others
}

/** Whether an object in this state has nothing left to wait for. */
export function isOver(kind: ServedKind, object: KubeObject): boolean {
  return !object.metadata.finalizers?.length && behaviorOf(kind).held?.(object) !== true
}

/** Deletes exactly the state read. Throws ConflictError when it is no longer the stored one. */
export async function deleteStored(
  writer: Writer,
  kind: ServedKind,
  stored: StoredObject,
  options: { propagation?: Propagation | undefined; now: number },
): Promise<DeletionOutcome> {
  const old = asServed(kind, stored.object)
  const next = deletedState(kind, old, options)
  const change = { key: stored.key, expect: stored.revision, previous: old }
  if (isOver(kind, next)) {
    const { metadata } = await commit(writer, kind, { ...change, object: undefined })
    return {
      kind: 'removed',
      object: { ...old, metadata: { ...old.metadata, resourceVersion: metadata.resourceVersion } },
    }
  }
  if (sameJson(next, old)) return { kind: 'deleting', object: old }
  return { kind: 'deleting', object: await commit(writer, kind, { ...change, object: next }) }
}

/** Deletes an object whatever its state, as long as it is the one with this uid. Resolves when it is gone already. */
export async function deleteByUid(
  writer: Writer,
  kind: ServedKind,
  stored: StoredObject,
  options: { propagation?: Propagation; now: number },
): Promise<void> {
  let current = stored
  for (let round = 0; round < 5; round += 1) {
    try {
      await deleteStored(writer, kind, current, options)
      return
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
    const found = await writer.store.get(kind.storage, stored.key)
    if (!found || found.object.metadata.uid !== stored.object.metadata.uid) return
    current = found
  }
}
