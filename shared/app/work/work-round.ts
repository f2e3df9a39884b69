// One look of a cluster's worker at one placement: bring the member to what is wanted, note what was seen, wake who cares.
import { z } from 'zod'
import { gvkOf } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import type { ManifestCondition } from '../../api/work.ts'
import { ObjectDetail } from '../../api/work-detail.ts'
import type { SyncOutcome } from '../../domain/work/binding-status.ts'
import { repairsAfter } from '../../domain/work/contest.ts'
import { identityText } from '../../domain/work/identity.ts'
import { workName } from '../../domain/work/names.ts'
import { objectDetails } from '../../domain/work/object-details.ts'
import { indexByIdentity, leftOvers, writeAheadEntry } from '../../domain/work/preprocess.ts'
import type { RenderedManifest } from '../../domain/work/render.ts'
import { appliedResources, type ManifestOutcome } from '../../domain/work/result.ts'
import { refreshStatus } from '../../domain/work/status.ts'
import type { PlacedKind } from '../../ports/cluster-store.ts'
import type { MemberCluster } from '../../ports/member-cluster.ts'
import type { Row } from '../../ports/placement-store.ts'
import { rfc3339 } from '../commit.ts'
import { installOnMember } from '../member-install.ts'
import type { Platform } from '../platform.ts'
import { raiseFence, tellAppliedResources } from './applied-work.ts'
import { applyManifests, identifiersOf, removeLeftOvers } from './apply-manifests.ts'
import { isMemberOf } from './remove-work.ts'
import { hasOverrides, type RenderedWork, renderWork } from './render-work.ts'
import { type Seen, storeObserved } from './store-observed.ts'

export type WorkNeeds = Pick<
  Platform,
  | 'placements'
  | 'clusters'
  | 'payloads'
  | 'bus'
  | 'access'
  | 'memberCrds'
  | 'lists'
  | 'placedKinds'
  | 'clock'
  | 'ids'
  | 'log'
  | 'settings'
>

export interface WorkRound {
  readonly platform: WorkNeeds
  readonly placement: PlacementKey
  readonly wanted: Wanted
  readonly observed: Row<Observed> | undefined
}

/** Applies what is wanted. Throws what keeps the whole round from happening; `noteSyncFailure` then says so to the user. */
export async function applyWork(round: WorkRound): Promise<void> {
  const { platform, placement, wanted, observed } = round
  const rendered = await renderWork(platform, wanted)
  if (rendered.kind !== 'rendered') return noteRenderFailure(round, rendered)
  const { manifests } = rendered
  // Noted before the first write there; without a note of any manifest it may not have happened yet.
  if (!observed?.value.work.manifestConditions?.length) await platform.clusters.enter(wanted.cluster, placement)

  await platform.access.use(wanted.cluster, async (member) => {
    // Joining did this already; a member that lost it since is given it again.
    await installOnMember(member, platform.memberCrds, platform.clock)
    const fence = await raiseFence(member, placement, wanted, isMemberOf(platform))
    if (fence.kind === 'stale') {
      platform.log.warn('a late decision was dropped', { placement, cluster: wanted.cluster, epoch: fence.epoch })
      return
    }
    const before = observed?.value.work.manifestConditions ?? []
    // A new decision is applied at once, whoever was at odds with the one before.
    const known = observed?.value.epoch === wanted.generation ? (observed.value.repairs ?? []) : []
    const reportDiff = wanted.applyStrategy?.type === 'ReportDiff'
    const wantedIds = identifiersOf(manifests.map(({ object }) => object))
    const unwanted = leftOvers(before, wantedIds, 'hubless')
    // Who only wants differences told wants nothing removed: what is wanted no more stays noted until that changes.
    const noted = reportDiff ? observed : await writeAhead(round, manifests, before)
    const left = reportDiff
      ? unwanted.map(withoutDetails)
      : await removeLeftOvers({ member, owner: fence.owner }, unwanted)
    const outcomes = await applyManifests({
      member,
      owner: fence.owner,
      fresh: fence.fresh,
      now: platform.clock.now(),
      clock: platform.clock,
      wanted,
      manifests,
      noted: indexByIdentity(before),
      repairs: new Map(known.map((contest) => [contest.object, contest])),
      knownWorks: async () => new Set((await platform.clusters.placements(wanted.cluster)).map(workName)),
    })
    await notePlacedKinds(round, member, [fence.placed], outcomes)
    const now = rfc3339(platform.clock.now())
    const status = refreshStatus({
      generation: wanted.generation,
      reportDiff,
      previous: observed?.value.work,
      outcomes,
      mirrorStatus: wanted.reportBackStrategy?.type === 'Mirror',
      now,
    })
    const work = { ...status, manifestConditions: [...(status.manifestConditions ?? []), ...left] }
    const details = objectDetails(outcomes, await detailsBefore(round, outcomes))
    await note(round, noted, { work, details, repairs: repairsAfter(outcomes, known, platform.clock.now()) })
    await tellAppliedResources(member, placement, fence, appliedResources(outcomes))
  })
}

/** Details of the round before, read only when they are told once more. */
async function detailsBefore(
  { platform, observed }: WorkRound,
  outcomes: readonly ManifestOutcome[],
): Promise<readonly ObjectDetail[]> {
  if (!outcomes.some(({ toldAgain, kept }) => toldAgain || kept)) return []
  const { details, detailsPayload } = observed?.value ?? {}
  if (detailsPayload === undefined) return details ?? []
  return z.array(ObjectDetail).parse(JSON.parse(await platform.payloads.get(detailsPayload)))
}

/** What is placed is watched from where it was written. */
async function notePlacedKinds(
  { platform, wanted }: WorkRound,
  member: MemberCluster,
  owners: readonly PlacedKind[],
  outcomes: readonly ManifestOutcome[],
): Promise<void> {
  const live = outcomes.flatMap((outcome) => (outcome.live ? [outcome.live] : []))
  const first = new Map(live.toReversed().map((object) => [`${object.apiVersion} ${object.kind}`, object]))
  const kinds = [...first.values()].map(async (object): Promise<PlacedKind[]> => {
    const resource = await member.resolve(gvkOf(object))
    return resource ? [{ resource, seen: object.metadata.resourceVersion }] : []
  })
  for (const kind of [...owners, ...(await Promise.all(kinds)).flat()])
    await platform.placedKinds.note(wanted.cluster, kind)
}

/** The entry of a manifest that is not compared any more. */
function withoutDetails({ driftDetails: _, diffDetails: __, ...entry }: ManifestCondition): ManifestCondition {
  return entry
}

/** Notes new manifests before their first write, so that a crash right after leaves a trace of what to clean up some day. */
async function writeAhead(
  round: WorkRound,
  manifests: readonly RenderedManifest[],
  before: readonly ManifestCondition[],
): Promise<Row<Observed> | undefined> {
  const { platform, placement, wanted, observed } = round
  const known = indexByIdentity(before)
  const now = rfc3339(platform.clock.now())
  const ids = identifiersOf(manifests.map(({ object }) => object))
  const entries = ids.flatMap((id, at) => {
    if (known.has(identityText(id) ?? '')) return []
    const envelope = manifests[at]?.envelope
    return [{ ...writeAheadEntry(id, known, wanted.generation, now), ...(envelope && { envelope }) }]
  })
  if (entries.length === 0) return observed
  const row: Observed = observed
    ? { ...observed.value, work: { ...observed.value.work, manifestConditions: [...before, ...entries] } }
    : {
        cluster: wanted.cluster,
        epoch: 0,
        conditions: [],
        work: { manifestConditions: entries },
        observedAt: now,
        rounds: 0,
      }
  return platform.placements.observe(placement, row, observed?.etag)
}

/** Stores what was seen, if it is news, and arranges the next look. */
async function note(round: WorkRound, current: Row<Observed> | undefined, seen: Seen): Promise<void> {
  const name = workName(round.placement)
  const works = [{ name, generation: round.wanted.generation, status: seen.work }]
  await storeObserved(round, current, seen, { kind: 'synced', hasOverrides: hasOverrides(round.wanted), works })
}

/**
 * Says on the binding why its manifests could not be made; nothing on the member is touched. It is tried again when the
 * decision changes, and by every sweep: what variables speak of may change. A snapshot that went missing is not told while
 * what it gave stands as it should.
 */
async function noteRenderFailure(
  round: WorkRound,
  failure: Exclude<RenderedWork, { readonly kind: 'rendered' }>,
): Promise<void> {
  const { wanted, observed } = round
  const { message } = failure
  if (failure.kind === 'missing' && wasAppliedAt(round)) return
  const outcome: SyncOutcome =
    failure.kind === 'failed' && failure.phase === 'sync'
      ? { kind: 'syncFailed', hasOverrides: hasOverrides(wanted), message }
      : { kind: 'overrideFailed', message }
  await storeObserved(round, observed, { work: observed?.value.work ?? {} }, outcome)
}

/** Whether an earlier round of the same decision got as far as the member. */
function wasAppliedAt({ wanted, observed }: WorkRound): boolean {
  return observed?.value.epoch === wanted.generation && observed.value.conditions.some(({ type }) => type === 'Applied')
}

/**
 * Says on the binding why its cluster could not be worked on; answers whether the work is still to be done. What an
 * earlier round of the same decision found stays: a cluster that is away has not lost what it had.
 */
export async function noteSyncFailure(round: WorkRound, message: string): Promise<boolean> {
  const { wanted, observed } = round
  if (wasAppliedAt(round)) return false
  const outcome: SyncOutcome = { kind: 'unreached', hasOverrides: hasOverrides(wanted), message }
  await storeObserved(round, observed, { work: observed?.value.work ?? {} }, outcome)
  return true
}
