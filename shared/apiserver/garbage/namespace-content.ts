// A namespace being deleted: its content goes first, then the finalizer that held it.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { type KubeObject, typeText } from '../../api/kube-object.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import type { ServedKind } from '../kind.ts'
import { deleteByUid } from '../resource/deletion.ts'
import { timestamp } from '../resource/metadata.ts'
import {
  type CollectOutcome,
  type Collector,
  changeHeld,
  heldAgainMs,
  inParallel,
  moreAgainMs,
  sliceObjects,
  typesAtOnce,
} from './collector.ts'

/** At least a second, as deletion times are whole seconds: far longer than a create takes to commit. */
const settleMs = 2_000

interface Remains {
  /** More than one slice. */
  more: boolean
  /** Type to the number of objects whose finalizers hold them. */
  readonly held: Map<string, number>
}

/** One slice: deletes up to a bounded number of objects of every type, or lets the namespace go when it is empty. */
export async function collectNamespaceContent(collector: Collector, namespace: StoredObject): Promise<CollectOutcome> {
  const kinds = collector.index.stored.filter(({ namespaced }) => namespaced)
  const remains: Remains = { more: false, held: new Map() }
  await inParallel(kinds, typesAtOnce, (kind) => deleteContent(collector, kind, namespace.key.name, remains))
  if (remains.more) return { again: moreAgainMs }
  const own = collector.index.find('', 'v1', 'namespaces')
  if (!own) return 'done'
  if (remains.held.size > 0) {
    await tellWhatRemains(collector, own, namespace, remains.held)
    return { again: heldAgainMs }
  }
  // A create that saw the namespace alive may still be on its way: being empty counts only some time after the deletion.
  const deletedAt = Date.parse(namespace.object.metadata.deletionTimestamp ?? '')
  if (collector.clock.now() - deletedAt < settleMs) return { again: settleMs / 2 }
  return (await changeHeld(collector, own, namespace, finalized)) ? 'done' : { again: moreAgainMs }
}

async function deleteContent(
  collector: Collector,
  kind: ServedKind,
  namespace: string,
  remains: Remains,
): Promise<void> {
  const page = await collector.store.list(kind.storage, { namespace, limit: sliceObjects })
  for (const stored of page.items) {
    if (!stored.object.metadata.deletionTimestamp) {
      await deleteByUid(collector, kind, stored, { propagation: 'Background', now: collector.clock.now() })
    }
    const left = await collector.store.get(kind.storage, stored.key)
    if (left) remains.held.set(typeText(kind.storage), (remains.held.get(typeText(kind.storage)) ?? 0) + 1)
  }
  if (page.next !== undefined) remains.more = true
}

function finalized(object: KubeObject): KubeObject {
  const spec: JsonObject = isJsonObject(object['spec']) ? object['spec'] : {}
  const { finalizers: _finalizers, ...rest } = spec
  return { ...object, spec: rest }
}

/** Conditions say what holds the namespace; written only when they would say something new. */
async function tellWhatRemains(
  collector: Collector,
  kind: ServedKind,
  namespace: StoredObject,
  held: ReadonlyMap<string, number>,
): Promise<void> {
  const parts = [...held].sort().map(([type, count]) => `${type} has ${count} resource instances`)
  const message = `Some resources are remaining: ${parts.join(', ')}`
  const status = isJsonObject(namespace.object['status']) ? namespace.object['status'] : {}
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : []
  const type = 'NamespaceContentRemaining'
  const known = conditions.find((condition) => isJsonObject(condition) && condition['type'] === type)
  if (isJsonObject(known) && known['message'] === message) return
  const lastTransitionTime = timestamp(collector.clock.now())
  const condition = { type, status: 'True', lastTransitionTime, reason: 'SomeResourcesRemain', message }
  const others = conditions.filter((other) => other !== known)
  await changeHeld(collector, kind, namespace, (object) => ({
    ...object,
    status: { ...status, conditions: [...others, condition] },
  }))
}
