// Keeping a work's status small enough to be stored.
import type { Condition } from '../../api/condition.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { ManifestCondition, WorkStatus } from '../../api/work.ts'
import { findCondition, withCondition, withoutCondition } from '../condition.ts'

/** Size of a work, as JSON, that still fits with room to spare (bytes). KubeFleet's limit. */
export const maxWorkBytes = 1_415_578

const omitted = '(omitted)'
const encoder = new TextEncoder()

/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value) ?? '').length
}

/**
 * The status cut down to what must be known: of each object's details only the first path and how many more there are.
 * Statuses reported back are dropped.
 */
export function trimmed(status: WorkStatus): WorkStatus {
  return { ...status, manifestConditions: (status.manifestConditions ?? []).map(trimmedEntry) }
}

/** The status as it may be stored: whole if it fits, otherwise trimmed, with a condition that says so. */
export function fitted(status: WorkStatus, generation: number, now: string): WorkStatus {
  const excessBytes = jsonBytes(status) - maxWorkBytes
  const kept = excessBytes > 0 ? trimmed(status) : status
  if (excessBytes <= 0 && !findCondition(status.conditions, 'StatusTrimmed')) return status
  const limitBytes = maxWorkBytes
  return { ...kept, conditions: withTrimmedCondition(status.conditions, { excessBytes, limitBytes, generation, now }) }
}

function trimmedEntry({ backReportedStatus: _, ...entry }: ManifestCondition): ManifestCondition {
  const { driftDetails: drift, diffDetails: diff } = entry
  return {
    ...entry,
    ...(drift && { driftDetails: { ...drift, observedDrifts: trimmedDetails(drift.observedDrifts) } }),
    ...(diff && { diffDetails: { ...diff, observedDiffs: trimmedDetails(diff.observedDiffs) } }),
  }
}

function trimmedDetails(details: readonly PatchDetail[] | undefined): PatchDetail[] {
  const [first, ...others] = details ?? []
  if (!first) return []
  const path = others.length > 0 ? `${first.path} and ${others.length} more path(s)` : first.path
  return [{ path, valueInMember: omitted, valueInHub: omitted }]
}

/** The conditions with StatusTrimmed set while the untrimmed work is `excessBytes` over a limit, without it otherwise. */
export function withTrimmedCondition(
  conditions: readonly Condition[] | undefined,
  {
    excessBytes,
    limitBytes,
    generation,
    now,
  }: { excessBytes: number; limitBytes: number; generation: number; now: string },
): Condition[] {
  if (excessBytes <= 0) return withoutCondition(conditions, 'StatusTrimmed')
  const message = `Drift and difference details and reported statuses were left out: the work is ${excessBytes} bytes over the limit of ${limitBytes}`
  const said = {
    type: 'StatusTrimmed',
    status: 'True',
    observedGeneration: generation,
    reason: 'Oversized',
    message,
  } as const
  return withCondition(conditions, said, now)
}
