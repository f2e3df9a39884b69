// A CustomResourceDefinition being deleted: its objects go first, then the finalizer that held it.
import { isJsonObject } from '../../api/json.ts'
import type { ResourceType } from '../../api/kube-object.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import type { ServedKind } from '../kind.ts'
import { deleteByUid } from '../resource/deletion.ts'
import {
  type CollectOutcome,
  type Collector,
  changeHeld,
  heldAgainMs,
  moreAgainMs,
  sliceObjects,
  withoutFinalizer,
} from './collector.ts'
import { crdFinalizer } from './garbage-news.ts'

/** One slice of the objects, or the end of the definition when there are none. */
export async function collectCrdContent(collector: Collector, crd: StoredObject): Promise<CollectOutcome> {
  const own = collector.index.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
  if (!own) return 'done'
  const type = definedType(crd)
  const kind = type && collector.index.stored.find(({ storage }) => sameType(storage, type))
  if (kind) {
    const outcome = await deleteObjects(collector, kind, crd)
    if (outcome !== 'done') return outcome
  }
  const done = await changeHeld(collector, own, crd, (object) => withoutFinalizer(object, crdFinalizer))
  return done ? 'done' : { again: moreAgainMs }
}

async function deleteObjects(collector: Collector, kind: ServedKind, crd: StoredObject): Promise<CollectOutcome> {
  // A built-in kind is never emptied because somebody defined, and deleted, a namesake.
  if (kind.origin !== 'custom') return 'done'
  const page = await collector.store.list(kind.storage, { limit: sliceObjects })
  for (const stored of page.items) {
    if (stored.object.metadata.deletionTimestamp) continue
    await deleteByUid(collector, kind, stored, { propagation: 'Background', now: collector.clock.now() })
  }
  if (page.next !== undefined) return { again: moreAgainMs }
  const left = await collector.store.list(kind.storage, { limit: 1 })
  return left.items.length > 0 ? { again: heldAgainMs(collector, crd) } : 'done'
}

function definedType({ object }: StoredObject): ResourceType | undefined {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {}
  const names = isJsonObject(spec['names']) ? spec['names'] : {}
  const [group, resource] = [spec['group'], names['plural']]
  return typeof group === 'string' && typeof resource === 'string' ? { group, resource } : undefined
}

function sameType(a: ResourceType, b: ResourceType): boolean {
  return a.group === b.group && a.resource === b.resource
}
