// The CloudEvent the outside gets when a worker has seen something new. It carries states, never manifests.
import type { PlacementKey } from '../../api/message.ts'
import type { Observed } from '../../api/placement-record.ts'
import type { CloudEvent } from '../../ports/message-bus.ts'
import type { Platform } from '../platform.ts'

export function workObserved(
  { clock, ids }: Pick<Platform, 'clock' | 'ids'>,
  placement: PlacementKey,
  { cluster, epoch, conditions, failed = [], drifted = [], diffed = [] }: Observed,
): CloudEvent {
  return {
    specversion: '1.0',
    id: ids.uuid(),
    source: '/hubless/workers',
    type: 'io.hubless.work.observed',
    subject: `${placement}@${cluster}`,
    time: new Date(clock.now()).toISOString(),
    datacontenttype: 'application/json',
    data: {
      placement,
      cluster,
      epoch,
      conditions: conditions.map(({ type, status, reason }) => ({ type, status, reason })),
      failed: failed.length,
      drifted: drifted.length,
      diffed: diffed.length,
    },
  }
}
