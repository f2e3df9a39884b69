// A namespace being deleted: its content goes first, then the finalizer that held it.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
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
import { namespaceConditions } from './namespace-conditions.ts'

/** At least a second, as deletion times are whole seconds: far longer than a create takes to commit. */
const settleMs = 2_000

interface Left {
  /** More than one slice. */
  more: boolean
  /** Objects whose finalizers hold them, by type, and those finalizers. */
  readonly objects: Map<string, number>
  readonly finalizers: Map<string, number>
}

/** One slice: deletes up to a bounded number of objects of every type, or lets the namespace go when it is empty. */
export async function collectNamespaceContent(collector: Collector, namespace: StoredObject): Promise<CollectOutcome> {
  const kinds = collector.index.stored.filter(({ namespaced }) => namespaced)
  const left: Left = { more: false, objects: new Map(), finalizers: new Map() }
  await inParallel(kinds, typesAtOnce, (kind) => deleteContent(collector, kind, namespace.key.name, left))
  if (left.more) return { again: moreAgainMs }
  const own = collector.index.find('', 'v1', 'namespaces')
  if (!own) return 'done'
  if (left.objects.size > 0) {
    await tellWhatRemains(collector, own, namespace, left)
    return { again: heldAgainMs(collector, namespace) }
  }
  // A create that saw the namespace alive may still be on its way: being empty counts only some time after the deletion.
  const settledIn = Date.parse(namespace.object.metadata.deletionTimestamp ?? '') + settleMs - collector.clock.now()
  if (settledIn > 0) return { again: settledIn }
  return (await changeHeld(collector, own, namespace, finalized)) ? 'done' : { again: moreAgainMs }
}

async function deleteContent(collector: Collector, kind: ServedKind, namespace: string, left: Left): Promise<void> {
  const page = await collector.store.list(kind.storage, { namespace, limit: sliceObjects })
  for (const stored of page.items) {
    if (!stored.object.metadata.deletionTimestamp) {
      await deleteByUid(collector, kind, stored, { propagation: 'Background', now: collector.clock.now() })
    }
    const found = await collector.store.get(kind.storage, stored.key)
    if (!found) continue
    count(left.objects, `${kind.plural}.${kind.group}`)
    for (const finalizer of found.object.metadata.finalizers ?? []) count(left.finalizers, finalizer)
  }
  if (page.next !== undefined) left.more = true
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
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
  left: Left,
): Promise<void> {
  const status = isJsonObject(namespace.object['status']) ? namespace.object['status'] : {}
  const conditions = namespaceConditions(status['conditions'], left, timestamp(collector.clock.now()))
  if (conditions === status['conditions']) return
  await changeHeld(collector, kind, namespace, (object) => ({ ...object, status: { ...status, conditions } }))
}
