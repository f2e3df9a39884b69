// Events are kept for an hour after they last happened.
import type { KubeObject } from '../../api/kube-object.ts'
import { deleteByUid } from '../resource/deletion.ts'
import type { Collector } from './collector.ts'

const keepMs = 3_600_000
const pageSize = 500
/** Deletions of one call; a timer comes again. */
const maxDeletions = 500

/** Deletes events that are over, at most 500; returns how many. Twice does no harm. */
export async function deleteExpiredEvents(collector: Collector): Promise<number> {
  const kind = collector.index.find('', 'v1', 'events')
  if (!kind) return 0
  const now = collector.clock.now()
  let deleted = 0
  let after: { namespace?: string | undefined; name: string } | undefined
  do {
    const page = await collector.store.list(kind.storage, { limit: pageSize, ...(after && { after }) })
    for (const stored of page.items.filter(({ object }) => now - lastSeen(object) > keepMs)) {
      if (deleted >= maxDeletions) return deleted
      await deleteByUid(collector, kind, stored, { propagation: 'Background', now })
      deleted += 1
    }
    after = page.next
  } while (after)
  return deleted
}

/** Epoch milliseconds of the newest time the event tells; now when it tells none that can be read. */
function lastSeen(event: KubeObject): number {
  const series = event['series']
  const observed = typeof series === 'object' && series !== null ? Reflect.get(series, 'lastObservedTime') : undefined
  const times = [observed, event['lastTimestamp'], event['eventTime'], event.metadata.creationTimestamp]
  const read = times.map((time) => (typeof time === 'string' ? Date.parse(time) : Number.NaN)).filter(Number.isFinite)
  return read.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...read)
}
