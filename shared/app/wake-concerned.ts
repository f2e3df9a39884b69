// A changed object wakes the placements it may concern.
import type { ReconcileMessage } from '../api/message.ts'
import { concerns } from '../domain/placement/concern.ts'
import { placementKeyOf } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeReconcile } from './wake.ts'

type ObjectChange = Extract<ReconcileMessage, { kind: 'object' }>

export async function wakeConcernedPlacements(
  { lists, kinds, bus, settings }: Pick<Platform, 'lists' | 'kinds' | 'bus' | 'settings'>,
  { group, resource, namespace, name }: ObjectChange,
): Promise<void> {
  const kind = (await kinds.kinds()).find(({ type }) => type.group === group && type.resource === resource)?.kind
  if (kind === undefined) return
  const placements = await lists.placements()
  const woken = placements.filter((placement) => concerns({ group, kind, namespace, name }, placement))
  if (woken.length > 0)
    await bus.send(woken.map((placement) => wakeReconcile(placementKeyOf(placement), settings.coalesceMs)))
}
