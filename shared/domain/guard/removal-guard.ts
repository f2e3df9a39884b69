// Holds back a step that would remove an unusual share of what a placement has put on clusters, when nothing about the
// placement itself asks for it: a list that came back empty, a namespace somebody deleted by mistake, clusters that are gone
// all at once. See infra/decisions/0033-removals-nobody-asked-for-are-held.md.
import { createHash } from 'node:crypto'
import type { Placement, ResourceIdentifier } from '../../api/placement.ts'
import type { HeldStep, PlacementHeader, ResourceSnapshot, Wanted } from '../../api/placement-record.ts'

/** Set on a placement to the name of a held step, it lets that step go ahead. */
export const approvalAnnotation = 'hubless.io/approve-removal'
/** Fewer than this are never held, whatever their share: small placements lose and gain single things every day. */
const leastHeld = { objects: 10, clusters: 2 }
/** What goes within this time counts as one step, however many passes it takes; milliseconds. */
const stepMs = 5 * 60_000

/** Whether a loss is large enough to be held. `percent` is the share that may still go; 100 holds nothing. */
function isUnusual(kind: HeldStep['kind'], lost: number, total: number, percent: number): boolean {
  return lost >= leastHeld[kind] && lost * 100 > total * percent
}

/** The same loss has the same name, so that an approval holds for exactly what was shown. */
function stepOf(kind: HeldStep['kind'], generation: number, lost: readonly string[]): string {
  const text = JSON.stringify([kind, generation, [...lost].sort()])
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function heldUnlessApproved(
  held: Omit<HeldStep, 'step' | 'lost'>,
  { metadata }: Pick<Placement, 'metadata'>,
  lost: readonly string[],
): HeldStep | undefined {
  const step = stepOf(held.kind, metadata.generation ?? 1, lost)
  return metadata.annotations?.[approvalAnnotation] === step ? undefined : { ...held, step, lost: lost.length }
}

export interface SelectionStep {
  readonly placement: Placement
  /** The header before the step. */
  readonly stored: PlacementHeader | undefined
  /** What would be selected after it. */
  readonly resources: readonly ResourceIdentifier[]
  /** Epoch milliseconds. */
  readonly now: number
  readonly percent: number
}

/** The step held back, when too many objects would leave the selection although the placement did not change. */
export function heldSelection({ placement, stored, resources, now, percent }: SelectionStep): HeldStep | undefined {
  const { uid, generation = 1 } = placement.metadata
  if (!stored || stored.uid !== uid || stored.generation !== generation) return undefined
  const before = baseline(stored.snapshots, generation, now)
  if (!before) return undefined
  const kept = new Set(resources.map(identity))
  const lost = before.resources.map(identity).filter((text) => !kept.has(text))
  const total = before.resources.length
  if (!isUnusual('objects', lost.length, total, percent)) return undefined
  return heldUnlessApproved({ kind: 'objects', total }, placement, lost)
}

/** What the step is measured against: the oldest snapshot of this generation that was current within the time of a step. */
function baseline(
  snapshots: readonly ResourceSnapshot[],
  generation: number,
  now: number,
): ResourceSnapshot | undefined {
  const latest = snapshots.at(-1)
  const current = snapshots.filter((snapshot, at) => {
    const until = snapshots[at + 1]?.createdAt
    return snapshot === latest || (until !== undefined && now - Date.parse(until) < stepMs)
  })
  return current.find((snapshot) => snapshot.generation === generation) ?? latest
}

/** Without the version: the same object selected under another one is not lost. */
function identity({ group = '', kind, namespace = '', name }: ResourceIdentifier): string {
  return `${group}/${kind}/${namespace}/${name}`
}

export interface SchedulingStep {
  readonly placement: Placement
  readonly header: PlacementHeader
  readonly wanted: readonly Wanted[]
  /** Names of the rows the scheduler would give up. */
  readonly givenUp: ReadonlySet<string>
  /** Names of the clusters of the fleet. */
  readonly known: ReadonlySet<string>
  readonly percent: number
}

/**
 * The step held back, when too many clusters would be given up because their MemberCluster is missing. One that leaves is
 * not: what is on it stays there, and its rows go before it does.
 */
export function heldScheduling(
  step: SchedulingStep,
): { readonly held: HeldStep; readonly rows: ReadonlySet<string> } | undefined {
  const { placement, header, wanted, givenUp, known, percent } = step
  if (header.uid !== placement.metadata.uid || header.generation !== placement.metadata.generation) return undefined
  const placed = wanted.filter(({ payload, deletedAt }) => payload !== '' && deletedAt === undefined)
  const lost = placed.filter(({ name, cluster }) => givenUp.has(name) && !known.has(cluster))
  if (!isUnusual('clusters', lost.length, placed.length, percent)) return undefined
  const held = heldUnlessApproved(
    { kind: 'clusters', total: placed.length },
    placement,
    lost.map(({ cluster }) => cluster),
  )
  return held && { held, rows: new Set(lost.map(({ name }) => name)) }
}

/** What the user reads: what is held, why, and how to let it go. */
export function heldMessage({ kind, lost, total, step }: HeldStep, { kind: of, metadata }: Placement): string {
  const share = Math.round((lost / total) * 100)
  const what =
    kind === 'objects'
      ? `${lost} of ${total} selected objects (${share} %) are not there any more and would be removed from every cluster`
      : `${lost} of ${total} clusters (${share} %) are not there any more and would lose what is placed on them`
  const object =
    of === 'ResourcePlacement'
      ? `resourceplacement ${metadata.name} -n ${metadata.namespace}`
      : `clusterresourceplacement ${metadata.name}`
  return `${what}. Nothing about the placement asks for it, so nothing is removed. If it is meant: kubectl annotate --overwrite ${object} ${approvalAnnotation}=${step}`
}
