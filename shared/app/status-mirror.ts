// Shows a placement's status inside the namespace it places, for people who may read nothing else there.
import type { KubeObject, ObjectKey } from '../api/kube-object.ts'
import type { Placement, PlacementStatus } from '../api/placement.ts'
import { withCondition } from '../domain/condition.ts'
import {
  mirrorCondition,
  mirrorIsCurrent,
  mirrorNamespace,
  mirrorProblem,
  statusMirror,
  wantsMirror,
} from '../domain/status/namespace-mirror.ts'
import { rfc3339 } from './commit.ts'
import { types } from './fleet-lists.ts'
import type { Platform } from './platform.ts'

type Needs = Pick<Platform, 'objects' | 'clock' | 'ids'>

/**
 * Writes the mirror of a placement that wants one, and answers the status with the condition that says how that went.
 * Nothing is written while the mirror shows the same. Throws ConflictError when somebody else wrote the mirror meanwhile.
 */
export async function mirrored(platform: Needs, placement: Placement): Promise<PlacementStatus> {
  const { status = {} } = placement
  const namespace = mirrorNamespace(placement)
  // A mistaken selector is told by the Scheduled condition.
  if (!wantsMirror(placement) || namespace === undefined || mirrorProblem(placement) !== undefined) return status
  const now = rfc3339(platform.clock.now())
  const problem = await writeMirror(platform, placement, namespace, now)
  return { ...status, conditions: withCondition(status.conditions, mirrorCondition(placement, problem), now) }
}

/** What keeps the mirror from being written, if anything. */
async function writeMirror(
  { objects, ids }: Needs,
  placement: Placement,
  namespace: string,
  now: string,
): Promise<string | undefined> {
  const key: ObjectKey = { namespace, name: placement.metadata.name ?? '' }
  const stored = await objects.get(types.placementStatus, key)
  if (mirrorIsCurrent(stored?.object, placement)) return undefined
  const space = await objects.get(types.namespace, { name: namespace })
  if (!space) return `namespace ${JSON.stringify(namespace)} does not exist`
  if (space.object.metadata.deletionTimestamp) return `namespace ${JSON.stringify(namespace)} is being deleted`
  const mirror = statusMirror(placement, namespace, now)
  const before = stored?.object.metadata ?? { uid: ids.uuid(), creationTimestamp: now, generation: 1 }
  const object: KubeObject = { ...mirror, metadata: { ...before, ...mirror.metadata } }
  await objects.write(types.placementStatus, {
    key,
    expect: stored?.revision ?? 'absent',
    object,
    ...(stored && { previous: stored.object }),
  })
  return undefined
}
