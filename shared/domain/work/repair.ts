// Drift that a round has just repaired. KubeFleet overwrites such changes silently; here they are told once, until the
// next look finds the object as it should be.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { ManifestCondition } from '../../api/work.ts'
import { findCondition } from '../condition.ts'
import { specHash, specHashAnnotation } from './clean.ts'
import { differences, wholeObject } from './patch-details.ts'

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
  const found = differences(after, before)
  return found.length > 0 ? found : undefined
}
