// Whether what bindings report changed in a way a placement's status must follow. Order and observation times do not count.
import type { DiffedPlacement, DriftedPlacement, FailedPlacement, PatchDetail } from '../../api/placement.ts'
import { saysSame } from '../condition.ts'
import { byText } from '../names.ts'
import { identifierText } from './stages.ts'

type Items<T> = readonly T[] | undefined

/** The same failed objects for the same reasons. */
export function sameFailed(a: Items<FailedPlacement>, b: Items<FailedPlacement>): boolean {
  return sameItems(a, b, (one, other) => saysSame(one.condition, other.condition))
}

/** The same drifts, first seen at the same time on the same generation. */
export function sameDrifted(a: Items<DriftedPlacement>, b: Items<DriftedPlacement>): boolean {
  return sameItems(
    a,
    b,
    (one, other) =>
      one.targetClusterObservedGeneration === other.targetClusterObservedGeneration &&
      sameTime(one.firstDriftedObservedTime, other.firstDriftedObservedTime) &&
      sameDetails(one.observedDrifts, other.observedDrifts),
  )
}

/** The same differences, first seen at the same time on the same generation. */
export function sameDiffed(a: Items<DiffedPlacement>, b: Items<DiffedPlacement>): boolean {
  return sameItems(
    a,
    b,
    (one, other) =>
      (one.targetClusterObservedGeneration ?? 0) === (other.targetClusterObservedGeneration ?? 0) &&
      sameTime(one.firstDiffedObservedTime, other.firstDiffedObservedTime) &&
      sameDetails(one.observedDiffs, other.observedDiffs),
  )
}

function sameItems<T extends FailedPlacement | DriftedPlacement | DiffedPlacement>(
  a: Items<T>,
  b: Items<T>,
  same: (one: T, other: T) => boolean,
): boolean {
  if ((a?.length ?? 0) !== (b?.length ?? 0)) return false
  const others = sorted(b)
  return sorted(a).every((one, index) => {
    const other = others[index]
    return other !== undefined && identifierText(one) === identifierText(other) && same(one, other)
  })
}

function sorted<T extends FailedPlacement | DriftedPlacement | DiffedPlacement>(items: Items<T>): T[] {
  return [...(items ?? [])].sort((a, b) => byText(identifierText(a), identifierText(b)))
}

function sameDetails(a: Items<PatchDetail>, b: Items<PatchDetail>): boolean {
  const texts = (details: Items<PatchDetail>) =>
    (details ?? []).map(({ path, valueInMember = '', valueInHub = '' }) =>
      JSON.stringify([path, valueInMember, valueInHub]),
    )
  return texts(a).sort(byText).join('\n') === texts(b).sort(byText).join('\n')
}

function sameTime(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Date.parse(a) === Date.parse(b))
}
