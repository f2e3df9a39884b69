// The messages of the pipeline, made in one place: which queue, which session, how they coalesce.
import type { ResourceType } from '../api/kube-object.ts'
import type { ChangedObject, Message, PlacementKey } from '../api/message.ts'

/** Sessions a queue's keys are spread over. Idle sessions hold trigger slots, so they are bounded. */
const sessions = 64
/** Default window in which wake-ups of one key become one. */
export const defaultCoalesceMs = 100

/** FNV-1a over UTF-16 units: the same key always meets the same session. */
export function sessionOf(key: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return `s${(hash >>> 0) % sessions}`
}

/** A client wrote a policy snapshot of a placement. */
export function wakeForSnapshots(placement: PlacementKey): Message {
  const body = { kind: 'placement' as const, placement, snapshots: true }
  return { queue: 'reconcile-placement', session: sessionOf(placement), body }
}

export function wakeReconcile(placement: PlacementKey, coalesceMs?: number): Message {
  return {
    queue: 'reconcile-placement',
    session: sessionOf(placement),
    body: { kind: 'placement', placement },
    ...(coalesceMs === undefined ? {} : { coalesceMs }),
  }
}

/** Tells the hub to find out which placements an object concerns. */
export function wakeForObject(
  type: ResourceType,
  namespace: string | undefined,
  name: string,
  what: Pick<ChangedObject, 'kind' | 'labels' | 'defines'> = {},
): Message {
  const where = { group: type.group, resource: type.resource, name, ...(namespace !== undefined && { namespace }) }
  const object: ChangedObject = { ...where, ...what }
  return {
    queue: 'reconcile-placement',
    session: sessionOf(`${type.resource}/${namespace ?? ''}/${name}`),
    body: { kind: 'objects', objects: [object] },
  }
}

export function wakeSchedule(placement: PlacementKey, coalesceMs?: number): Message {
  return {
    queue: 'schedule-placement',
    session: sessionOf(placement),
    body: { placement },
    ...(coalesceMs === undefined ? {} : { coalesceMs }),
  }
}

export function wakeRollout(placement: PlacementKey): Message {
  return { queue: 'rollout-placement', session: sessionOf(placement), body: { placement } }
}

/** A rollout to look at again later; one message a second at most. */
export function wakeRolloutAt(placement: PlacementKey, at: number): Message {
  const second = Math.ceil(at / 1000)
  return {
    queue: 'rollout-placement',
    session: sessionOf(placement),
    body: { placement },
    notBefore: second * 1000,
    id: `rollout:${placement}:${second}`,
  }
}

export function wakeFold(placement: PlacementKey, coalesceMs = defaultCoalesceMs): Message {
  return { queue: 'fold-status', session: sessionOf(placement), body: { placement }, coalesceMs }
}

export function wakeWork(cluster: string, placement: PlacementKey): Message {
  return { queue: 'apply-work', session: cluster, body: { cluster, placement } }
}

/** Work to look at again later. `round` makes repeated wake-ups of the same state one message. */
export function wakeWorkAt(cluster: string, placement: PlacementKey, at: number, round: string): Message {
  return {
    queue: 'apply-work',
    session: cluster,
    body: { cluster, placement },
    notBefore: at,
    id: `work:${cluster}:${placement}:${round}`,
  }
}

/** Every placement on a cluster, one after the other, continuing behind `after`. */
export function wakeSweep(cluster: string, after?: PlacementKey): Message {
  return { queue: 'apply-work', session: cluster, body: after === undefined ? { cluster } : { cluster, after } }
}

/** Has members watched; `slice` keeps the same clusters in the same session. */
export function wakeWatch(clusters: readonly string[], slice: number | string, now: number): Message {
  return { queue: 'watch-members', session: `slice-${slice}`, body: { clusters: [...clusters], sentAt: now } }
}

export function wakeClusters(clusters: readonly string[]): Message {
  const [first = ''] = clusters
  return { queue: 'join-cluster', session: sessionOf(first), body: { clusters: [...clusters] } }
}

/** A cluster whose change may concern placements; `changed` names what of it changed, when that is all. */
export function wakeChangedCluster(cluster: string, changed: readonly string[] | undefined): Message {
  const body = { clusters: [cluster], reschedule: true, ...(changed && { changed: [...changed] }) }
  return { queue: 'join-cluster', session: sessionOf(cluster), body }
}

/** A cluster to look at again later; one message a second at most. */
export function wakeClusterAt(cluster: string, at: number): Message {
  const second = Math.ceil(at / 1000)
  return {
    ...wakeClusters([cluster]),
    notBefore: second * 1000,
    id: `cluster:${cluster}:${second}`,
  } as Message
}

export function wakeGarbage(
  type: ResourceType,
  object: { namespace?: string | undefined; name: string; uid: string },
): Message {
  const { namespace, name, uid } = object
  const body = { group: type.group, resource: type.resource, name, uid }
  return {
    queue: 'collect-garbage',
    session: sessionOf(uid),
    body: namespace === undefined ? body : { ...body, namespace },
  }
}
