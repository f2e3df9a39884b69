// One round over a work's manifests on a member: left-overs go, then the waves, each manifest call by call as the domain
// decides. A manifest that fails takes nothing else with it.
import { gvkOf, type KubeObject, type OwnerReference } from '../../api/kube-object.ts'
import type { Repairs, Wanted } from '../../api/placement-record.ts'
import type { ManifestCondition, WorkResourceIdentifier } from '../../api/work.ts'
import { availabilityOf } from '../../domain/health/index.ts'
import { effectiveApplyStrategy } from '../../domain/rollout/strategy.ts'
import { contestText, leftAloneUntil } from '../../domain/work/contest.ts'
import { identifierOf, identityText } from '../../domain/work/identity.ts'
import { removalOf } from '../../domain/work/ownership.ts'
import { duplicated, duplicates, manifestProblem } from '../../domain/work/preprocess.ts'
import { type ManifestResult, type MemberAnswer, type MemberCall, processManifest } from '../../domain/work/process.ts'
import type { RenderedManifest } from '../../domain/work/render.ts'
import { type Repair, repairedDrift, stillTold } from '../../domain/work/repair.ts'
import { isApplied, keptOutcome, type ManifestOutcome } from '../../domain/work/result.ts'
import { wavesOf } from '../../domain/work/waves.ts'
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { type MemberCluster, type MemberRef, MemberRefusal, type MemberResource } from '../../ports/member-cluster.ts'

/** Manifests of one wave under way at once on one member. */
const manifestsAtOnce = 4
/** A round ends after this time, however slowly the member answers; the next one begins with what was not reached. */
const roundMs = 120_000

export interface ManifestRound {
  readonly member: MemberCluster
  readonly owner: OwnerReference
  /** Nothing of the placement is on the member yet, so objects are created before they are looked for. */
  readonly fresh: boolean
  readonly wanted: Wanted
  readonly manifests: readonly RenderedManifest[]
  /** Epoch milliseconds. */
  readonly now: number
  readonly clock: Pick<Clock, 'now'>
  /** What was noted in the round before, by identity. */
  readonly noted: ReadonlyMap<string, ManifestCondition>
  /** How often objects were put right lately, by identity. */
  readonly repairs: ReadonlyMap<string, Repairs>
  /** Names of the AppliedWorks that may be in use on the cluster; asked for only when another owner is in the way. */
  readonly knownWorks: () => Promise<ReadonlySet<string>>
}

interface Item {
  readonly at: number
  readonly manifest: RenderedManifest
  readonly where: { readonly group: string; readonly version: string; readonly resource: string }
}

/** Identifiers as far as they are known without asking the member. */
export function identifiersOf(manifests: readonly KubeObject[]): WorkResourceIdentifier[] {
  return manifests.map((manifest, at) => identifierOf(at, manifest))
}

/** Outcomes in the order of the manifests. Throws TransientError when the member cannot be reached at all. */
export async function applyManifests(round: ManifestRound): Promise<ManifestOutcome[]> {
  const again = duplicates(identifiersOf(round.manifests.map(({ object }) => object)).map(identityText))
  const items = await Promise.all(
    round.manifests.map(async (manifest, at): Promise<Item> => {
      const gvk = gvkOf(manifest.object)
      const served = await round.member.resolve(gvk)
      return { at, manifest, where: { group: gvk.group, version: gvk.version, resource: served?.resource ?? '' } }
    }),
  )
  const outcomes: ManifestOutcome[] = []
  for (const wave of wavesOf(items))
    await eachOf(unreachedFirst(round, wave.items), manifestsAtOnce, async ({ at, manifest }) => {
      const late = round.clock.now() - round.now > roundMs
      outcomes[at] = late ? notReached(round, at, manifest) : await applyOne(round, at, manifest, again.has(at))
    })
  return outcomes
}

function unreachedFirst({ noted }: ManifestRound, items: readonly Item[]): readonly Item[] {
  const isKnown = ({ at, manifest }: Item) =>
    isNotedApplied(noted.get(identityText(identifierOf(at, manifest.object)) ?? ''))
  return [...items.filter((item) => !isKnown(item)), ...items.filter(isKnown)]
}

function isNotedApplied(noted: ManifestCondition | undefined): boolean {
  return noted?.conditions?.some(({ type, status }) => type === 'Applied' && status === 'True') ?? false
}

function notReached({ noted }: ManifestRound, at: number, { object, envelope }: RenderedManifest): ManifestOutcome {
  const id = identifierOf(at, object)
  const known = noted.get(identityText(id) ?? '')
  const from = envelope && { envelope }
  if (known && isNotedApplied(known)) return { id: known.identifier, ...from, ...keptOutcome(known) }
  const error = `the member answers so slowly that the manifest was not reached within ${roundMs / 1_000} s; it comes first in the next round`
  return { id, ...from, result: 'ManifestApplyFailed', error, availability: 'Skipped' }
}

async function applyOne(
  round: ManifestRound,
  at: number,
  { object: manifest, envelope }: RenderedManifest,
  isAgain: boolean,
): Promise<ManifestOutcome> {
  const from = envelope && { envelope }
  const resource = await round.member.resolve(gvkOf(manifest))
  const id = identifierOf(at, manifest, resource?.resource)
  const problem = isAgain ? duplicated : manifestProblem(manifest, resource !== undefined)
  if (problem || !resource)
    return { id, ...from, result: problem?.result ?? 'DecodingErred', error: problem?.error, availability: 'Skipped' }

  const noted = round.noted.get(identityText(id) ?? '')
  const contest = round.repairs.get(identityText(id) ?? '')
  if (noted && contest && round.now < leftAloneUntil(contest)) return { id, ...from, ...keptOutcome(noted) }

  const { result, before } = await process(round, refOf(resource, manifest), manifest)
  const applied = isApplied(result.result) ? result.live : undefined
  return {
    id,
    ...from,
    ...result,
    ...(applied && toldDrift(round, result, { manifest, before, after: applied, noted })),
    found: before,
    ...(contest && { remark: contestText(contest) }),
    availability: applied ? availabilityOf(resource, applied) : 'Skipped',
  }
}

/** What the round itself found has precedence over what it undid, and that over what an earlier one did. */
function toldDrift(
  { now }: ManifestRound,
  { drifts }: ManifestResult,
  repair: Repair,
): Pick<ManifestOutcome, 'drifts' | 'repaired' | 'toldAgain'> {
  const undone = repairedDrift(repair)
  const repaired = undone && { repaired: true }
  if (drifts?.length) return { drifts, ...repaired }
  if (undone) return { drifts: undone, ...repaired }
  const again = stillTold(repair.noted, now)
  return again ? { drifts: again, toldAgain: true } : {}
}

/** Tries the likely case first: a fresh placement finds nothing, and an owner in the way is one that is still in use. */
async function process(round: ManifestRound, ref: MemberRef, manifest: KubeObject): Promise<Processed> {
  const strategy = effectiveApplyStrategy(round.wanted.applyStrategy)
  const attempt = (isKnownAppliedWork: (name: string) => boolean, assumeAbsent = false) =>
    run(
      round.member,
      ref,
      processManifest({ manifest, owner: round.owner, strategy, isKnownAppliedWork }),
      assumeAbsent,
    )
  const guess = round.fresh && strategy.type !== 'ReportDiff' ? await attempt(() => true, true) : undefined
  const first = guess && !guess.wasThere ? guess : await attempt(() => true)
  return first.result.result === 'FailedToTakeOver' ? attempt(isIn(await round.knownWorks())) : first
}

function isIn(names: ReadonlySet<string>): (name: string) => boolean {
  return (name) => names.has(name)
}

interface Processed {
  readonly result: ManifestResult
  readonly before: KubeObject | undefined
  readonly wasThere: boolean
}

/** HTTP status of creating what exists. */
const conflict = 409

/**
 * Runs the calls a decision asks for. `before` is the object as it was found. With `assumeAbsent` the first look is not
 * made; `wasThere` tells when that was a mistake and nothing was written.
 */
async function run(
  member: MemberCluster,
  ref: MemberRef,
  calls: ReturnType<typeof processManifest>,
  assumeAbsent = false,
): Promise<Processed> {
  let before: KubeObject | undefined
  let wasThere = false
  let step = calls.next()
  while (!step.done) {
    const { verb } = step.value
    const answer: MemberAnswer =
      verb === 'get' && assumeAbsent ? { ok: true, object: undefined } : await call(member, ref, step.value)
    if (verb === 'get' && answer.ok) before = answer.object
    if (verb === 'create' && assumeAbsent && !answer.ok && answer.code === conflict) wasThere = true
    step = calls.next(answer)
  }
  return { result: step.value, before, wasThere }
}

/** A member that answered, however badly, has answered; one that did not ends the round. */
async function call(member: MemberCluster, ref: MemberRef, request: MemberCall): Promise<MemberAnswer> {
  try {
    if (request.verb === 'get') return { ok: true, object: await member.get(ref) }
    const { dryRun = false, ...write } = request
    return { ok: true, object: await member.write(ref, write, { dryRun }) }
  } catch (error) {
    if (error instanceof MemberRefusal) return { ok: false, code: error.code, message: error.message }
    if (error instanceof TransientError && error.answered) return { ok: false, code: 503, message: error.message }
    throw error
  }
}

/** Removes objects of earlier rounds that are wanted no more. Refusals are left to the next round: the entry stays noted. */
export async function removeLeftOvers(
  { member, owner }: Pick<ManifestRound, 'member' | 'owner'>,
  entries: readonly ManifestCondition[],
): Promise<readonly ManifestCondition[]> {
  const stuck: ManifestCondition[] = []
  await eachOf(entries, manifestsAtOnce, async (entry) => {
    if (!(await removeOne(member, owner, entry.identifier))) stuck.push(entry)
  })
  return stuck
}

/** Where an object that was noted is; `undefined` when the member does not serve its kind any more. */
export async function refOfIdentifier(
  member: MemberCluster,
  { group = '', version = '', kind = '', namespace, name = '' }: WorkResourceIdentifier,
): Promise<MemberRef | undefined> {
  const resource = await member.resolve({ group, version, kind })
  return resource && name !== '' ? { resource, name, ...(namespace !== undefined && { namespace }) } : undefined
}

async function removeOne(member: MemberCluster, owner: OwnerReference, id: WorkResourceIdentifier): Promise<boolean> {
  const ref = await refOfIdentifier(member, id)
  if (!ref) return true
  try {
    const removal = removalOf(await member.get(ref), owner)
    if (removal.kind === 'disown') await member.write(ref, { verb: 'update', object: removal.object })
    if (removal.kind === 'delete')
      await member.delete(ref, { propagation: 'Background', ...(removal.uid !== undefined && { uid: removal.uid }) })
    return true
  } catch (error) {
    if (error instanceof MemberRefusal || (error instanceof TransientError && error.answered)) return false
    throw error
  }
}

function refOf(resource: MemberResource, { metadata }: KubeObject): MemberRef {
  return {
    resource,
    name: metadata.name ?? '',
    ...(resource.namespaced && metadata.namespace !== undefined && { namespace: metadata.namespace }),
  }
}

/** Runs work over items, at most `atOnce` at a time; the first error ends it once what is under way has settled. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const runner = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, runner))
  const failed = settled.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}
