// Changed objects wake the placements they may concern.
import type { ChangedObject } from '../api/message.ts'
import { concerns } from '../domain/placement/concern.ts'
import { placementKeyOf } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeReconcile } from './wake.ts'

/** One look at the placements serves all objects of a message. */
export async function wakeConcernedPlacements(
  { lists, kinds, bus, settings }: Pick<Platform, 'lists' | 'kinds' | 'bus' | 'settings'>,
  objects: readonly ChangedObject[],
): Promise<void> {
  const served = await kinds.kinds()
  const changed = objects.flatMap(({ group, resource, namespace, name }) => {
    const kind = served.find(({ type }) => type.group === group && type.resource === resource)?.kind
    return kind === undefined ? [] : [{ group, kind, namespace, name }]
  })
  if (changed.length === 0) return
  const placements = await lists.placements()
  const woken = placements.filter((placement) => changed.some((object) => concerns(object, placement)))
  if (woken.length > 0)
    await bus.send(woken.map((placement) => wakeReconcile(placementKeyOf(placement), settings.coalesceMs)))
}
