// Which changes of a member cluster may change where placements go, and which placements they concern.
import type { MemberCluster, MemberClusterStatus, Taint } from '../../api/member-cluster.ts'
import type { Placement } from '../../api/placement.ts'
import { findCondition, isTrueAt } from '../condition.ts'
import { placementConditionType } from '../status/stages.ts'
import { eligibility } from './eligibility.ts'

/** What must be scheduled again: nothing, placements that could still take a cluster, or every placement. */
export type Wake = 'none' | 'open' | 'all'

/**
 * What a change of a cluster wakes; `next` is undefined when it is gone. Nobody is woken by what could only take clusters
 * away, for placed is placed: an added taint, lost eligibility, a heartbeat alone, a mark for deletion. A new cluster wakes
 * nobody either: it does so when it becomes eligible.
 */
export function wakeOf(old: MemberCluster | undefined, next: MemberCluster | undefined, now: number): Wake {
  if (!next) return 'all'
  if (!old || next.metadata.deletionTimestamp) return 'none'
  return offersMore(old, next, now) ? 'open' : 'none'
}

function offersMore(old: MemberCluster, next: MemberCluster, now: number): boolean {
  const [before, after] = [old.status ?? {}, next.status ?? {}]
  return (
    !sameMap(old.metadata.labels, next.metadata.labels) ||
    lostTaint(old.spec.taints, next.spec.taints) ||
    !sameMap(valuesOf(before.properties), valuesOf(after.properties)) ||
    !sameMap(before.namespaces, after.namespaces) ||
    (['capacity', 'allocatable', 'available'] as const).some(
      (field) => !sameMap(before.resourceUsage?.[field], after.resourceUsage?.[field]),
    ) ||
    (!eligibility(old, now).eligible && eligibility(next, now).eligible)
  )
}

/** Values without the times they were seen at. */
function valuesOf(properties: MemberClusterStatus['properties']): Record<string, string> {
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, { value }]) => [name, value]))
}

/** A changed taint counts as removed: what did not tolerate the old one may tolerate the new. */
function lostTaint(old: readonly Taint[] = [], next: readonly Taint[] = []): boolean {
  const text = ({ key, value = '', effect }: Taint) => JSON.stringify([key, value, effect])
  const kept = new Set(next.map(text))
  return old.some((taint) => !kept.has(text(taint)))
}

function sameMap(
  a: Readonly<Record<string, string | number>> = {},
  b: Readonly<Record<string, string | number>> = {},
): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && String(a[name]) === String(b[name]))
  )
}

/** Whether the scheduler said of the current generation that it has all clusters it wants. */
export function isFullyScheduled({ kind, metadata, status }: Pick<Placement, 'kind' | 'metadata' | 'status'>): boolean {
  const condition = findCondition(status?.conditions, placementConditionType(kind, 'Scheduled'))
  return isTrueAt(condition, metadata.generation ?? 0)
}

/** Whether a cluster that offers more can matter to a placement: it takes all there are, or still misses some. */
export function isOpen(placement: Pick<Placement, 'kind' | 'metadata' | 'spec' | 'status'>): boolean {
  const { policy } = placement.spec
  return !policy || policy.placementType === 'PickAll' || !isFullyScheduled(placement)
}

/** The placements a change wakes, in the order given. */
export function wokenPlacements<T extends Pick<Placement, 'kind' | 'metadata' | 'spec' | 'status'>>(
  wake: Wake,
  placements: readonly T[],
): T[] {
  if (wake === 'none') return []
  return wake === 'all' ? [...placements] : placements.filter(isOpen)
}
