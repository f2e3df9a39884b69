// Removing what a placement has put on a member: the member's garbage collector does it, through the AppliedWork that owns
// everything. The hub's rows go when nothing is left.
import type { PlacementKey } from '../../api/message.ts'
import type { Wanted } from '../../api/placement-record.ts'
import type { Row } from '../../ports/placement-store.ts'
import { wakeFold, wakeRollout, wakeSchedule, wakeWorkAt } from '../wake.ts'
import { removeAppliedWork } from './applied-work.ts'
import type { WorkNeeds } from './work-round.ts'

/**
 * Looks at a removal come after half the time it has taken so far, within these bounds; whoever watches the member tells
 * of its end at once.
 */
const pollBounds = { minMs: 250, maxMs: 10_000 }

/** Removes, or looks whether the removal is over. */
export async function removeWork(
  platform: WorkNeeds,
  placement: PlacementKey,
  { value: wanted, etag }: Row<Wanted>,
): Promise<void> {
  const { cluster, generation } = wanted
  const outcome = await platform.access.use(cluster, (member) => removeAppliedWork(member, placement, generation))
  if (outcome === 'stale') return platform.log.warn('a late removal was dropped', { placement, cluster })
  if (outcome === 'gone') return finish(platform, placement, { cluster, etag })
  const now = platform.clock.now()
  const taken = now - Date.parse(wanted.deletedAt ?? '')
  const waitMs = Math.min(pollBounds.maxMs, Math.max(pollBounds.minMs, taken / 2))
  await platform.bus.send([wakeWorkAt(cluster, placement, now + waitMs, `${wanted.uid}:${generation}:${now}`)])
}

/** Forgets a cluster of a placement: its rows go, and whoever waited for that is woken. */
export async function finish(
  platform: Pick<WorkNeeds, 'placements' | 'clusters'>,
  placement: PlacementKey,
  row: { readonly cluster: string; readonly etag: string },
): Promise<void> {
  await platform.placements.commit(placement, {
    finished: [row],
    news: [wakeSchedule(placement, 50), wakeRollout(placement), wakeFold(placement)],
  })
  await platform.clusters.leave(row.cluster, placement)
}
