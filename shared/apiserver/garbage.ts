// The garbage collector: the steps that follow a deletion. Each call does a bounded slice and says whether more is left,
// so a queue function (or a simulated member) can drive it. Every step reads before it acts and may run twice.
import type { GarbageMessage } from '../api/message.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { OwnerIndex } from '../ports/owner-index.ts'
import type { CollectOutcome, Collector } from './garbage/collector.ts'
import { collectCrdContent } from './garbage/crd-content.ts'
import { collectDependents } from './garbage/dependents.ts'
import { deleteExpiredEvents } from './garbage/expired-events.ts'
import { crdFinalizer, namespaceFinalizers } from './garbage/garbage-news.ts'
import { collectNamespaceContent } from './garbage/namespace-content.ts'
import { crdType, type KindSource } from './kinds/kind-source.ts'
import type { News } from './options.ts'
import { namespaceType } from './resource/namespace-behavior.ts'

export type { CollectOutcome } from './garbage/collector.ts'

export interface GarbageCollectorOptions {
  readonly store: ObjectStore
  /** Kept by the store that objects are written through; see `ownedStore`. */
  readonly owners: OwnerIndex
  readonly kinds: KindSource
  readonly clock: Pick<Clock, 'now'>
  /** As for the API server: what the collector deletes is news as well. */
  readonly news?: News
}

export interface GarbageCollector {
  /** `{again}` milliseconds: come back with the same message. Throws TransientError when the store is away. */
  collectGarbage(message: GarbageMessage): Promise<CollectOutcome>
  /** Deletes events that are over an hour old, a bounded number; for a timer. Returns how many. */
  expireEvents(): Promise<number>
}

export function createGarbageCollector(options: GarbageCollectorOptions): GarbageCollector {
  const collectorNow = async (): Promise<Collector> => ({ ...options, index: await options.kinds.current() })
  return {
    expireEvents: async () => await deleteExpiredEvents(await collectorNow()),
    async collectGarbage(message) {
      const collector = await collectorNow()
      const content = await collectContent(collector, message)
      if (content !== 'done') return content
      return await collectDependents(collector, message)
    },
  }
}

async function collectContent(collector: Collector, message: GarbageMessage): Promise<CollectOutcome> {
  if (message.group === '' && message.resource === namespaceType.resource) {
    const found = await collector.store.get(namespaceType, { name: message.name })
    const due = found?.object.metadata.uid === message.uid && found.object.metadata.deletionTimestamp
    if (!found || !due || namespaceFinalizers({ spec: found.object['spec'] }).length === 0) return 'done'
    return await collectNamespaceContent(collector, found)
  }
  if (message.group !== crdType.group || message.resource !== crdType.resource) return 'done'
  const found = await collector.store.get(crdType, { name: message.name })
  const due = found?.object.metadata.uid === message.uid && found.object.metadata.deletionTimestamp
  if (!found || !due || !found.object.metadata.finalizers?.includes(crdFinalizer)) return 'done'
  return await collectCrdContent(collector, found)
}
