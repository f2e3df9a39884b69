// Removing what a placement has put on a member: the member's garbage collector does it, through the AppliedWork that owns
// everything. The hub's rows go when nothing is left.
import type { OwnerReference } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import type { ManifestCondition } from '../../api/work.ts'
import { unblocked } from '../../domain/work/ownership.ts'
import { type MemberCluster, MemberRefusal } from '../../ports/member-cluster.ts'
import type { Row } from '../../ports/placement-store.ts'
import { wakeFold, wakeRollout, wakeSchedule, wakeWorkAt } from '../wake.ts'
import { type IsMember, removeAppliedWork } from './applied-work.ts'
import { refOfIdentifier } from './apply-manifests.ts'
import type { WorkNeeds } from './work-round.ts'

/**
 * Looks at a removal come after half the time it has taken so far, within these bounds; whoever watches the member tells
 * of its end at once.
 */
const pollBounds = { minMs: 250, maxMs: 10_000 }
/** A removal that has taken this long may be one that waits for another; KubeFleet's time. */
const stuckAfterMs = 5 * 60_000

/** Tells clusters of the fleet from names it no longer knows. */
export function isMemberOf({ lists }: Pick<WorkNeeds, 'lists'>): IsMember {
  return async (cluster) =>
    (await lists.memberClusters({ maxAgeMs: fleetMaxAgeMs })).some(({ metadata }) => metadata.name === cluster)
}

/** How old a list of the fleet may be to tell that, in milliseconds. */
const fleetMaxAgeMs = 15_000

/** Removes, or looks whether the removal is over. */
export async function removeWork(
  platform: WorkNeeds,
  placement: PlacementKey,
  { value: wanted, etag }: Row<Wanted>,
  observed: Observed | undefined,
): Promise<void> {
  const { cluster, generation } = wanted
  const fence = { cluster, epoch: generation, isMember: isMemberOf(platform) }
  const outcome = await platform.access.use(cluster, async (member) => {
    const removal = await removeAppliedWork(member, placement, fence)
    if (typeof removal === 'object' && isStuck(removal.since, platform.clock.now()))
      await unblockOwner(member, removal.owner, observed?.work.manifestConditions ?? [])
    return removal
  })
  if (outcome === 'stale') return platform.log.warn('a late removal was dropped', { placement, cluster })
  if (outcome === 'gone') return finish(platform, placement, { cluster, etag })
  const now = platform.clock.now()
  const taken = now - Date.parse(wanted.deletedAt ?? '')
  const waitMs = Math.min(pollBounds.maxMs, Math.max(pollBounds.minMs, taken / 2))
  await platform.bus.send([wakeWorkAt(cluster, placement, now + waitMs, `${wanted.uid}:${generation}:${now}`)])
}

function isStuck(since: string | undefined, now: number): boolean {
  return now - Date.parse(since ?? '') >= stuckAfterMs
}

/** Objects with other owners stop holding the removal back, whoever those owners are and whatever they wait for. */
async function unblockOwner(
  member: MemberCluster,
  owner: OwnerReference,
  entries: readonly ManifestCondition[],
): Promise<void> {
  for (const { identifier } of entries) {
    const ref = await refOfIdentifier(member, identifier)
    const object = ref && unblocked(await member.get(ref), owner)
    if (!ref || !object) continue
    try {
      await member.write(ref, { verb: 'update', object })
    } catch (error) {
      // Changed or gone in between, or not allowed: the next look tries again.
      if (!(error instanceof MemberRefusal)) throw error
    }
  }
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
