// What every step of the collector works with.
import type { KubeObject } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore, StoredObject } from '../../ports/object-store.ts'
import type { OwnerIndex } from '../../ports/owner-index.ts'
import type { ServedKind } from '../kind.ts'
import type { KindIndex } from '../kinds/kind-source.ts'
import type { News } from '../options.ts'
import { commit } from '../resource/commit.ts'
import { isOver } from '../resource/deletion.ts'
import { asServed } from '../resource/stored-form.ts'

export type CollectOutcome = 'done' | { readonly again: number }

export interface Collector {
  readonly store: ObjectStore
  readonly clock: Pick<Clock, 'now'>
  readonly news?: News | undefined
  readonly index: KindIndex
  readonly owners: OwnerIndex
}

/** Objects one call deletes or changes at most. */
export const sliceObjects = 100
/** Objects read in parallel. */
export const readsAtOnce = 8
/** Types looked at in parallel. */
export const typesAtOnce = 8
/** Pause while finalizers of others hold what should go: they are mostly removed within seconds, or not for hours. */
export function heldAgainMs({ clock }: Pick<Collector, 'clock'>, { object }: StoredObject): number {
  const since = clock.now() - Date.parse(object.metadata.deletionTimestamp ?? '')
  return since > patienceMs ? 5_000 : 1_000
}
const patienceMs = 600_000
/** More of the same is left: come back at once. */
export const moreAgainMs = 0

/** Runs a step for every item, a few at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  step: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await step(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
}

/**
 * Changes an object the collector holds, removing it when nothing holds it any more. A writer that came between wins:
 * the step comes again. Returns whether the change is in.
 */
export async function changeHeld(
  collector: Collector,
  kind: ServedKind,
  stored: StoredObject,
  change: (object: KubeObject) => KubeObject,
): Promise<boolean> {
  const old = asServed(kind, stored.object)
  const next = change(old)
  const over = Boolean(next.metadata.deletionTimestamp) && isOver(kind, next)
  try {
    await commit(collector, kind, {
      key: stored.key,
      expect: stored.revision,
      object: over ? undefined : next,
      previous: old,
    })
    return true
  } catch (error) {
    if (error instanceof ConflictError) return false
    throw error
  }
}

/** The object without one of its finalizers. */
export function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers, ...metadata } = object.metadata
  const kept = (finalizers ?? []).filter((item) => item !== finalizer)
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { finalizers: kept }) } }
}
