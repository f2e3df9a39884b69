// Before anything is written: which manifests cannot be processed, and which objects of earlier rounds are not wanted
// any more.
import type { Condition } from '../../api/condition.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { ManifestCondition, WorkResourceIdentifier } from '../../api/work.ts'
import { findCondition } from '../condition.ts'
import { identityText } from './identity.ts'
import type { ApplyResult } from './result.ts'

export interface Problem {
  readonly result: Extract<ApplyResult, 'DecodingErred' | 'FoundGenerateName' | 'Duplicated'>
  readonly error: string
}

/** Why an object cannot be processed at all; `served` says whether the member knows its kind. */
export function manifestProblem(object: KubeObject, served: boolean): Problem | undefined {
  if (!served) {
    return {
      result: 'DecodingErred',
      error: `the member cluster does not serve ${object.kind} of ${object.apiVersion}`,
    }
  }
  const { name, generateName } = object.metadata
  if (!name && generateName) {
    return {
      result: 'FoundGenerateName',
      error: 'the manifest has generateName but no name: every apply would make another object',
    }
  }
  return name ? undefined : { result: 'DecodingErred', error: 'the manifest has no name' }
}

/** The positions of items whose identity came up before; the first of each stays. */
export function duplicates(ids: readonly (string | undefined)[]): ReadonlySet<number> {
  const seen = new Set<string>()
  const again = new Set<number>()
  for (const [at, id] of ids.entries()) {
    if (id === undefined) continue
    if (seen.has(id)) again.add(at)
    seen.add(id)
  }
  return again
}

export const duplicated: Problem = { result: 'Duplicated', error: 'a duplicate manifest has been found' }

/** Entries by identity; of unreadable manifests there is none. */
export function indexByIdentity<T extends { readonly identifier: WorkResourceIdentifier }>(
  entries: readonly T[],
): Map<string, T> {
  const index = new Map<string, T>()
  for (const entry of entries) {
    const text = identityText(entry.identifier)
    if (text !== undefined) index.set(text, entry)
  }
  return index
}

/**
 * What is noted about a manifest before its first write, so that a crash right after the write leaves a trace of what has
 * to be cleaned up some day: the entry there is, or a new one that says the object is about to be written.
 */
export function writeAheadEntry(
  identifier: WorkResourceIdentifier,
  existing: ReadonlyMap<string, ManifestCondition>,
  generation: number,
  now: string,
): ManifestCondition {
  const text = identityText(identifier)
  const known = text === undefined ? undefined : existing.get(text)
  return known ? { ...known, identifier } : { identifier, conditions: [preparing(generation, now)] }
}

function preparing(generation: number, now: string): Condition {
  return {
    type: 'Applied',
    status: 'False',
    observedGeneration: generation,
    lastTransitionTime: now,
    reason: 'PreparingToProcess',
    message: 'The manifest is about to be applied',
  }
}

/**
 * Which entries count as "may be on the member". KubeFleet forgets an object whose last apply failed, although an earlier
 * one had placed it; the hub itself keeps every entry until the object is known to be gone.
 */
export type LeftOverRule = 'kubefleet' | 'hubless'

/** Entries of earlier rounds that are wanted no more and whose objects may be on the member. */
export function leftOvers<
  T extends { readonly identifier: WorkResourceIdentifier; readonly conditions?: Condition[] | undefined },
>(existing: readonly T[], wanted: Iterable<WorkResourceIdentifier>, rule: LeftOverRule = 'kubefleet'): T[] {
  const keep = new Set([...wanted].map(identityText))
  return [...indexByIdentity(existing)].flatMap(([text, entry]) =>
    !keep.has(text) && (rule === 'hubless' || wasWritten(entry.conditions)) ? [entry] : [],
  )
}

function wasWritten(conditions: readonly Condition[] | undefined): boolean {
  const applied = findCondition(conditions, 'Applied')
  return applied?.status === 'True' || applied?.reason === 'PreparingToProcess'
}
