// Drift that a round has just repaired. KubeFleet overwrites such changes silently; here they are told once, until the
// next look finds the object as it should be.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { ManifestCondition } from '../../api/work.ts'
import { findCondition } from '../condition.ts'
import { specHash, specHashAnnotation } from './clean.ts'
import { allPatchDetails, differences, wholeObject } from './patch-details.ts'

export interface Repair {
  readonly manifest: KubeObject
  /** The object before and after the round. */
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
  /** What was noted about the manifest in the round before. */
  readonly noted: ManifestCondition | undefined
}

/**
 * What somebody had changed about an object that was applied before and whose manifest has stayed the same; undefined
 * when it had not drifted.
 */
export function repairedDrift({ manifest, before, after, noted }: Repair): readonly PatchDetail[] | undefined {
  if (!after) return undefined
  if (!before) return findCondition(noted?.conditions, 'Applied')?.status === 'True' ? wholeObject : undefined
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return undefined
  if (before.metadata.annotations?.[specHashAnnotation] !== specHash(manifest)) return undefined
  const found = differences(after, before, allPatchDetails)
  return found.length > 0 ? found : undefined
}

/** A repaired drift is told at least this long, however soon the next look comes; milliseconds. */
const toldMs = 45_000

/** Until when a repaired drift is told. */
export const repairToldMs = toldMs

/** The drift told in the round before, while it has not been told long enough. `now` is epoch milliseconds. */
export function stillTold(noted: ManifestCondition | undefined, now: number): readonly PatchDetail[] | undefined {
  const { firstDriftedObservedTime, observedDrifts } = noted?.driftDetails ?? {}
  if (!observedDrifts || firstDriftedObservedTime === undefined) return undefined
  return now - Date.parse(firstDriftedObservedTime) < toldMs ? observedDrifts : undefined
}
