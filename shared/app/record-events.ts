// Kubernetes Events about placements. They are told on the side: that one could not be written never fails the work.
import { createHash } from 'node:crypto'
import type { KubeObject, ObjectKey } from '../api/kube-object.ts'
import type { Placement } from '../api/placement.ts'
import type { PlacementEvent } from '../domain/status/placement-events.ts'
import { ConflictError, errorMessage, TransientError } from '../errors.ts'
import { rfc3339 } from './commit.ts'
import { types } from './fleet-lists.ts'
import { updateObject } from './object-update.ts'
import type { Platform } from './platform.ts'

type Needs = Pick<Platform, 'objects' | 'clock' | 'ids' | 'log'>

/** Events about cluster-scoped objects are kept here, as Kubernetes keeps them. */
const clusterScopeNamespace = 'default'

/**
 * Writes events of a placement; one that happened before is counted up. One write each, one read more when it is counted
 * up. What the store refuses is logged and forgotten.
 */
export async function recordEvents(
  platform: Needs,
  placement: Placement,
  events: readonly PlacementEvent[],
): Promise<void> {
  for (const event of events) {
    try {
      await record(platform, placement, event)
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof TransientError)) throw error
      platform.log.warn('an event was not recorded', { reason: event.reason, error: errorMessage(error) })
    }
  }
}

async function record(platform: Needs, placement: Placement, event: PlacementEvent): Promise<void> {
  const { objects, clock } = platform
  const now = rfc3339(clock.now())
  const key = keyOf(placement, event)
  try {
    const object = eventObject(placement, event, { key, uid: platform.ids.uuid(), now })
    await objects.write(types.event, { key, expect: 'absent', object })
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    await updateObject(objects, types.event, key, (object) => {
      const count = typeof object['count'] === 'number' ? object['count'] : 1
      return { object: { ...object, count: count + 1, lastTimestamp: now, message: event.message } }
    })
  }
}

/** The same event of the same placement has the same name. */
function keyOf({ metadata }: Placement, { reason }: PlacementEvent): ObjectKey & { readonly namespace: string } {
  const { name = '', namespace = clusterScopeNamespace, uid = '' } = metadata
  const suffix = createHash('sha256').update(`${uid} ${reason}`).digest('hex').slice(0, 16)
  return { namespace, name: `${name}.${suffix}` }
}

function eventObject(
  { apiVersion, kind, metadata }: Placement,
  { type = 'Normal', reason, message }: PlacementEvent,
  { key, uid, now }: { readonly key: ObjectKey; readonly uid: string; readonly now: string },
): KubeObject {
  const { name, namespace, uid: placementUid, resourceVersion } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { ...key, uid, creationTimestamp: now },
    involvedObject: {
      apiVersion,
      kind,
      name,
      ...(namespace !== undefined && { namespace }),
      uid: placementUid,
      resourceVersion,
    },
    type,
    reason,
    message,
    source: { component: 'hubless' },
    reportingComponent: 'hubless',
    reportingInstance: '',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  }
}
