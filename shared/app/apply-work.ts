// Serves one cluster: one placement on it, or all of them in turn.
import type { PlacementKey, WorkMessage } from '../api/message.ts'
import type { Observed, Wanted } from '../api/placement-record.ts'
import { isReportedByAgent } from '../domain/membership/agents.ts'
import { agentPending } from '../domain/work/agent-report.ts'
import { errorMessage, InvalidInputError, TransientError } from '../errors.ts'
import { MemberRefusal } from '../ports/member-cluster.ts'
import type { Row } from '../ports/placement-store.ts'
import { rfc3339 } from './commit.ts'
import { wakeFold, wakeSweep, wakeWorkAt } from './wake.ts'
import { removeAppliedWork } from './work/applied-work.ts'
import { finish, isMemberOf, removeWork } from './work/remove-work.ts'
import { applyWork as applyRound, noteSyncFailure, type WorkNeeds, type WorkRound } from './work/work-round.ts'

/** Placements looked at in one invocation of a sweep. */
const sweepSlice = 20
/** Looks at a cluster that is away come after a quarter of the time it has been away, within these bounds. */
const awayBounds = { minMs: 2_000, maxMs: 60_000 }
/** Wake-ups for the same work within this time are one, however many events asked for it. */
const awayBucketMs = 5_000

/** A cluster that began to leave this recently may still get work: what is on it stays there anyway. */
const standingMaxAgeMs = 1_000

/** Idempotent: what the member has is compared with what is stored now. */
export async function applyWork(platform: WorkNeeds, { cluster, placement, after }: WorkMessage): Promise<void> {
  if (placement !== undefined) return serve(platform, cluster, placement)
  const options = { limit: sweepSlice, ...(after !== undefined && { after }) }
  const placements = await platform.clusters.placements(cluster, options)
  for (const key of placements) await serve(platform, cluster, key)
  const last = placements.at(-1)
  if (last !== undefined && placements.length === sweepSlice) await platform.bus.send([wakeSweep(cluster, last)])
}

async function serve(platform: WorkNeeds, cluster: string, placement: PlacementKey): Promise<void> {
  const [{ wanted, observed }, standing] = await Promise.all([
    platform.placements.readCluster(placement, cluster),
    standingOf(platform, cluster),
  ])
  // What is on a cluster that leaves stays there; its rows are the leaving's business.
  if (standing === 'leaving') return
  if (!wanted) return tidy(platform, cluster, placement, standing)
  if (standing === 'agent') return leaveToAgent(platform, placement, wanted.value, observed)
  if (standing === 'member') return work(platform, placement, wanted, observed)
  if (wanted.value.deletedAt !== undefined) await finish(platform, placement, { cluster, etag: wanted.etag })
}

async function work(
  platform: WorkNeeds,
  placement: PlacementKey,
  wanted: Row<Wanted>,
  observed: Row<Observed> | undefined,
): Promise<void> {
  const { value } = wanted
  const round = { platform, placement, wanted: value, observed }
  try {
    if (value.deletedAt !== undefined) await removeWork(platform, placement, wanted, observed?.value)
    else if (value.state !== 'Scheduled' && value.payload !== '') await applyRound(round)
  } catch (error) {
    await explain(round, error)
  }
}

/** A member that is away, or refuses the hub altogether, is told about on the binding and tried again. */
async function explain(round: WorkRound, error: unknown): Promise<void> {
  const expected =
    error instanceof TransientError || error instanceof InvalidInputError || error instanceof MemberRefusal
  if (!expected) throw error
  const { platform, placement, wanted } = round
  const removing = wanted.deletedAt !== undefined
  const failing = removing || (await noteSyncFailure(round, `cluster ${wanted.cluster}: ${errorMessage(error)}`))
  // Work that stands as it should is looked after by the sweep, credentials by whoever changes their Secret.
  if (!failing || !(error instanceof TransientError)) return
  const now = platform.clock.now()
  const since = Date.parse((removing ? wanted.deletedAt : awaySince(round)) ?? '')
  const away = Math.min(awayBounds.maxMs, Math.max(awayBounds.minMs, (now - since) / 4 || 0))
  const at = now + (error.retryAfterMs !== undefined && error.answered ? error.retryAfterMs : away)
  const bucket = `${wanted.uid}:${wanted.generation}:away:${Math.ceil(at / awayBucketMs)}`
  await platform.bus.send([wakeWorkAt(wanted.cluster, placement, at, bucket)])
}

function awaySince({ observed, wanted }: WorkRound): string | undefined {
  return observed?.value.epoch === wanted.generation
    ? observed.value.conditions.find(({ type }) => type === 'WorkSynchronized')?.lastTransitionTime
    : undefined
}

/** Works of an agent are shown to it; what it reports comes back through them. */
async function leaveToAgent(
  { clusters, placements, bus, clock }: WorkNeeds,
  placement: PlacementKey,
  wanted: Wanted,
  observed: Row<Observed> | undefined,
): Promise<void> {
  if (wanted.deletedAt !== undefined || wanted.state === 'Scheduled' || wanted.payload === '') return
  if (observed?.value.epoch === wanted.generation) return
  await clusters.enter(wanted.cluster, placement)
  await placements.observe(placement, agentPending(wanted, observed?.value, rfc3339(clock.now())), observed?.etag)
  await bus.send([wakeFold(placement)])
}

async function standingOf({ lists }: WorkNeeds, cluster: string): Promise<'member' | 'agent' | 'leaving' | 'unknown'> {
  const found = (await lists.memberClusters({ maxAgeMs: standingMaxAgeMs })).find(
    ({ metadata }) => metadata.name === cluster,
  )
  if (!found) return 'unknown'
  if (found.metadata.deletionTimestamp) return 'leaving'
  return isReportedByAgent(found) ? 'agent' : 'member'
}

/** The hub wants nothing here any more but notes something may be: a crash or a late worker left it. */
async function tidy(platform: WorkNeeds, cluster: string, placement: PlacementKey, standing: string): Promise<void> {
  if (standing === 'member') {
    const noted = await platform.clusters.placements(cluster)
    if (!noted.includes(placement)) return
    const outcome = await platform.access.use(cluster, (member) =>
      removeAppliedWork(member, placement, {
        cluster,
        epoch: Number.MAX_SAFE_INTEGER,
        isMember: isMemberOf(platform),
      }),
    )
    if (outcome !== 'gone') return
  }
  await platform.clusters.leave(cluster, placement)
}
