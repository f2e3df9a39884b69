// Stores what a round has seen, if it is news, wakes whoever cares and arranges the next look.
import type { Message } from '../../api/message.ts'
import type { Observed, Repairs, Wanted } from '../../api/placement-record.ts'
import type { WorkStatus } from '../../api/work.ts'
import type { ObjectDetail } from '../../api/work-detail.ts'
import { type BindingStatus, bindingStatus, type SyncOutcome } from '../../domain/work/binding-status.ts'
import { leftAloneUntil } from '../../domain/work/contest.ts'
import { nextLookMs, outcomeText } from '../../domain/work/next-look.ts'
import { fitted } from '../../domain/work/trim.ts'
import type { Row } from '../../ports/placement-store.ts'
import { rfc3339 } from '../commit.ts'
import { wakeFold, wakeWorkAt } from '../wake.ts'
import { workObserved } from './work-event.ts'
import type { WorkRound } from './work-round.ts'

/** What a round has seen besides its outcome. */
export interface Seen {
  readonly work: WorkStatus
  /** What earlier rounds noted stays when absent. */
  readonly details?: readonly ObjectDetail[]
  readonly repairs?: readonly Repairs[]
}

/** Details of more characters than this lie in the payload store. */
const inlineDetails = 24_000

export async function storeObserved(
  round: WorkRound,
  current: Row<Observed> | undefined,
  seen: Seen,
  outcome: SyncOutcome,
): Promise<void> {
  const { platform, placement, wanted } = round
  const now = platform.clock.now()
  const work = fitted(seen.work, wanted.generation, rfc3339(now))
  const status = bindingStatus({
    outcome,
    strategy: wanted.applyStrategy?.type,
    generation: wanted.generation,
    previous: current?.value.conditions ?? [],
    now: rfc3339(now),
  })
  const row: Observed = {
    ...observedRow(wanted, work, status, current?.value, rfc3339(now)),
    ...(await keptDetails(round, seen.details, current?.value)),
    ...keptRepairs(seen.repairs, current?.value),
  }
  const news = saysMore(current?.value, row)
  const waitMs = outcome.kind === 'synced' ? nextWaitMs(row, now) : undefined
  if (news || waitMs !== undefined) await platform.placements.observe(placement, row, current?.etag)
  const messages: Message[] = news ? [wakeFold(placement, foldWindowMs(platform.settings.coalesceMs, wanted))] : []
  if (waitMs !== undefined) messages.push(nextLook(round, now + waitMs))
  const events = news ? [workObserved(platform, placement, row)] : []
  await Promise.all([platform.bus.send(messages), platform.bus.publish(events)])
}

async function keptDetails(
  { platform }: WorkRound,
  details: readonly ObjectDetail[] | undefined,
  before: Observed | undefined,
): Promise<Pick<Observed, 'details' | 'detailsPayload'>> {
  if (!details) {
    const { details: inline, detailsPayload } = before ?? {}
    return { ...(inline && { details: inline }), ...(detailsPayload !== undefined && { detailsPayload }) }
  }
  if (details.length === 0) return {}
  const text = JSON.stringify(details)
  return text.length <= inlineDetails
    ? { details: [...details] }
    : { detailsPayload: await platform.payloads.put(text) }
}

function keptRepairs(repairs: readonly Repairs[] | undefined, before: Observed | undefined): Pick<Observed, 'repairs'> {
  const kept = repairs ?? before?.repairs ?? []
  return kept.length > 0 ? { repairs: [...kept] } : {}
}

/** An object that was left alone is looked at when its time is over, whatever else there is to wait for. */
function nextWaitMs({ work, rounds, repairs = [] }: Observed, now: number): number | undefined {
  const waits = repairs.map((contest) => leftAloneUntil(contest) - now).filter((ms) => ms > 0)
  const look = nextLookMs(work, rounds)
  return [...waits, ...(look === undefined ? [] : [look])].sort((a, b) => a - b)[0]
}

/** A fold reads two rows a cluster: the more clusters, the longer the window whose wake-ups become one. */
const foldBounds = { msPerCluster: 2, maxMs: 3_000 }

function foldWindowMs(leastMs: number, { peers = 0 }: Wanted): number {
  return Math.max(leastMs, Math.min(foldBounds.maxMs, peers * foldBounds.msPerCluster))
}

/** Looks at the same work asked for within this time are one. */
const lookBucketMs = 250

function nextLook({ wanted, placement }: WorkRound, at: number): Message {
  const bucket = Math.ceil(at / lookBucketMs)
  return wakeWorkAt(
    wanted.cluster,
    placement,
    bucket * lookBucketMs,
    `${wanted.uid}:${wanted.generation}:look:${bucket}`,
  )
}

function observedRow(
  wanted: Wanted,
  work: WorkStatus,
  { conditions, failed, drifted, diffed }: BindingStatus,
  before: Observed | undefined,
  now: string,
): Observed {
  const same = before?.epoch === wanted.generation && outcomeText(before.work) === outcomeText(work)
  return {
    cluster: wanted.cluster,
    epoch: wanted.generation,
    conditions: [...conditions],
    ...(failed.length > 0 && { failed: [...failed] }),
    ...(drifted.length > 0 && { drifted: [...drifted] }),
    ...(diffed.length > 0 && { diffed: [...diffed] }),
    work,
    observedAt: now,
    rounds: same ? before.rounds + 1 : 0,
  }
}

/** Whether a row tells more than the one before, times and counters aside. */
function saysMore(before: Observed | undefined, after: Observed): boolean {
  if (!before) return true
  const text = ({ observedAt: _, rounds: __, ...rest }: Observed) =>
    JSON.stringify(rest, (key, value: unknown) =>
      key === 'lastTransitionTime' || key === 'observationTime' ? undefined : value,
    )
  return text(before) !== text(after)
}
