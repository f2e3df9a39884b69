// Which changes of a member cluster may change where placements go, and which placements they concern.
import type { MemberCluster, MemberClusterStatus, Taint } from '../../api/member-cluster.ts'
import type { Placement } from '../../api/placement.ts'
import { findCondition, isTrueAt } from '../condition.ts'
import { labelAspect, propertyAspect } from '../scheduler/cluster-concern.ts'
import { resourcePropertyPrefix } from '../scheduler/fleet.ts'
import { placementConditionType } from '../status/stages.ts'
import { type EligibilityLimits, eligibility, eligibilityLimits } from './eligibility.ts'

/** What must be scheduled again: nothing, placements that could still take a cluster, or every placement. */
export type Wake = 'none' | 'open' | 'all'

/**
 * What a change of a cluster wakes; `next` is undefined when it is gone. Nobody is woken by what could only take clusters
 * away, for placed is placed: an added taint, lost eligibility, a heartbeat alone, a mark for deletion. A new cluster wakes
 * nobody either: it does so when it becomes eligible.
 */
export function wakeOf(
  old: MemberCluster | undefined,
  next: MemberCluster | undefined,
  now: number,
  limits: EligibilityLimits = eligibilityLimits,
): Wake {
  if (!next) return 'all'
  if (!old || next.metadata.deletionTimestamp) return 'none'
  return offersMore(old, next, now, limits) ? 'open' : 'none'
}

function offersMore(old: MemberCluster, next: MemberCluster, now: number, limits: EligibilityLimits): boolean {
  const [before, after] = [old.status ?? {}, next.status ?? {}]
  return (
    !sameMap(old.metadata.labels, next.metadata.labels) ||
    lostTaint(old.spec.taints, next.spec.taints) ||
    !sameMap(valuesOf(before.properties), valuesOf(after.properties)) ||
    !sameMap(before.namespaces, after.namespaces) ||
    (['capacity', 'allocatable', 'available'] as const).some(
      (field) => !sameMap(before.resourceUsage?.[field], after.resourceUsage?.[field]),
    ) ||
    (!eligibility(old, now, limits).eligible && eligibility(next, now, limits).eligible)
  )
}

/** Values without the times they were seen at. */
function valuesOf(properties: MemberClusterStatus['properties']): Record<string, string> {
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, { value }]) => [name, value]))
}

/** More aspects than this are not listed one by one. */
const mostAspects = 50

/**
 * What of a cluster changed, as policies name it; undefined when that is more than labels and properties, or too much to
 * list: then it may matter to anyone.
 */
export function changedAspects(
  old: MemberCluster,
  next: MemberCluster,
  now: number,
  limits: EligibilityLimits = eligibilityLimits,
): readonly string[] | undefined {
  const [before, after] = [old.status ?? {}, next.status ?? {}]
  const beyond =
    lostTaint(old.spec.taints, next.spec.taints) ||
    !sameMap(before.namespaces, after.namespaces) ||
    (!eligibility(old, now, limits).eligible && eligibility(next, now, limits).eligible)
  if (beyond) return undefined
  const usage = usageFields.flatMap(([field, word]) =>
    changedKeys(before.resourceUsage?.[field], after.resourceUsage?.[field]).map(
      (resource) => `${resourcePropertyPrefix}${word}-${resource}`,
    ),
  )
  const aspects = [
    ...changedKeys(old.metadata.labels, next.metadata.labels).map(labelAspect),
    ...[...changedKeys(valuesOf(before.properties), valuesOf(after.properties)), ...usage].map(propertyAspect),
  ]
  return aspects.length > mostAspects ? undefined : aspects
}

/** Whether labels may be among what changed. */
export function hasLabelChange(changed: readonly string[] | undefined): boolean {
  return changed?.some((aspect) => aspect.startsWith(labelAspect(''))) ?? true
}

const usageFields = [
  ['capacity', 'total'],
  ['allocatable', 'allocatable'],
  ['available', 'available'],
] as const

function changedKeys(
  a: Readonly<Record<string, string | number>> = {},
  b: Readonly<Record<string, string | number>> = {},
): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (key) => Object.hasOwn(a, key) !== Object.hasOwn(b, key) || String(a[key]) !== String(b[key]),
  )
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
