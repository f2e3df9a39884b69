// What the scheduler tells the user: a decision per cluster, with its reason, and the Scheduled condition.
import type { Binding, ClusterDecision } from '../../api/binding.ts'
import type { Condition } from '../../api/condition.ts'
import type { SchedulingStatus } from '../../api/placement-record.ts'
import { saysSame } from '../condition.ts'
import { nameOf } from './fleet.ts'
import type { Score } from './plugin.ts'
import type { FilteredCluster, ScoredCluster } from './stages.ts'

/** KubeFleet's status shows at most this many decisions, and of them this many about clusters not selected. */
export const decisionLimits = { total: 1000, unselected: 20 } as const

/** What became of the fleet in one cycle. */
export interface Outcome {
  /** Binding sets in the order they are listed. */
  readonly selected: readonly (readonly Binding[])[]
  readonly notPicked: readonly ScoredCluster[]
  readonly filtered: readonly FilteredCluster[]
}

/** The decision about a cluster that was picked. Without a score for placements that name their clusters. */
export function selectedDecision(cluster: string, score?: Score): ClusterDecision {
  const points = score ? ` (${scoreText(score)})` : ''
  return {
    clusterName: cluster,
    selected: true,
    ...(score && { clusterScore: { affinityScore: score.affinity, priorityScore: score.topologySpread } }),
    reason: `Successfully scheduled resources for placement in ${JSON.stringify(cluster)}${points}: picked by scheduling policy`,
  }
}

/** The decision about a cluster that passed every filter and was not among the best. */
export function notPickedDecision({ cluster, score }: ScoredCluster): ClusterDecision {
  return {
    clusterName: nameOf(cluster),
    selected: false,
    clusterScore: { affinityScore: score.affinity, priorityScore: score.topologySpread },
    reason: `Cluster ${JSON.stringify(nameOf(cluster))} does not score high enough (${scoreText(score)})`,
  }
}

/** The decision about a cluster that a filter refused. */
export function filteredDecision({ cluster, verdict }: FilteredCluster): ClusterDecision {
  return { clusterName: nameOf(cluster), selected: false, reason: [verdict.code, ...verdict.reasons].join(', ') }
}

/** The decision about a named cluster that may not be picked now. */
export function ineligibleDecision(cluster: string, why: string): ClusterDecision {
  return {
    clusterName: cluster,
    selected: false,
    reason: `Cluster ${JSON.stringify(cluster)} is not eligible for resource placement yet: ${why}`,
  }
}

/** The decision about a named cluster that does not exist. */
export function notFoundDecision(cluster: string): ClusterDecision {
  return { clusterName: cluster, selected: false, reason: `Specified cluster ${JSON.stringify(cluster)} is not found` }
}

function scoreText({ affinity, topologySpread }: Score): string {
  return `affinity score: ${affinity}, topology spread score: ${topologySpread}`
}

/** Every decision: selected clusters, then those not picked by rank, then those filtered by name; each cluster once. */
export function allDecisions({ selected, notPicked, filtered }: Outcome): ClusterDecision[] {
  const seen = new Set<string>()
  return [
    ...selected.flat().map(({ clusterDecision }) => clusterDecision),
    ...notPicked.map(notPickedDecision),
    ...filtered.map(filteredDecision),
  ].filter(({ clusterName }) => !seen.has(clusterName) && seen.add(clusterName))
}

/** The decisions KubeFleet's status lists: selected ones up to the limit, then few of the others. */
export function listedDecisions(
  { selected, notPicked, filtered }: Outcome,
  limits: { readonly total: number; readonly unselected: number } = decisionLimits,
): ClusterDecision[] {
  const listed = selected
    .flat()
    .slice(0, limits.total)
    .map(({ clusterDecision }) => clusterDecision)
  const seen = new Set(listed.map(({ clusterName }) => clusterName))
  let room = Math.min(limits.unselected, limits.total - listed.length)
  for (const candidate of notPicked) {
    if (room === 0) break
    if (seen.has(nameOf(candidate.cluster))) continue
    listed.push(notPickedDecision(candidate))
    seen.add(nameOf(candidate.cluster))
    room -= 1
  }
  // A cluster already listed still uses up its place among the filtered, as in KubeFleet.
  for (const candidate of filtered.slice(0, room)) {
    if (!seen.has(nameOf(candidate.cluster))) listed.push(filteredDecision(candidate))
  }
  return listed
}

/** The Scheduled condition; `generation` is the policy snapshot's. */
export function scheduledCondition(found: number, fulfilled: boolean, generation: number): Condition {
  return {
    type: 'Scheduled',
    status: fulfilled ? 'True' : 'False',
    observedGeneration: generation,
    reason: fulfilled ? 'SchedulingPolicyFulfilled' : 'SchedulingPolicyUnfulfilled',
    message: fulfilled
      ? `found all cluster needed as specified by the scheduling policy, found ${found} cluster(s)`
      : `could not find all clusters needed as specified by the scheduling policy, found ${found} cluster(s) instead`,
  }
}

/** Whether two lists hold the same decisions, in any order. */
export function sameDecisions(a: readonly ClusterDecision[], b: readonly ClusterDecision[]): boolean {
  if (a.length !== b.length) return false
  const texts = new Map<string, number>()
  for (const decision of a) count(texts, decisionText(decision), 1)
  return b.every((decision) => count(texts, decisionText(decision), -1) >= 0)
}

function count(texts: Map<string, number>, text: string, by: number): number {
  const next = (texts.get(text) ?? 0) + by
  texts.set(text, next)
  return next
}

function decisionText({ clusterName, selected, clusterScore, reason }: ClusterDecision): string {
  const score = clusterScore && [clusterScore.affinityScore ?? null, clusterScore.priorityScore ?? null]
  return JSON.stringify([clusterName, selected, score ?? null, reason])
}

/** Whether a stored scheduling status already says what a new one says; order and messages do not count. */
export function sameScheduling(stored: SchedulingStatus | undefined, next: SchedulingStatus): boolean {
  return (
    stored !== undefined &&
    stored.policySnapshot === next.policySnapshot &&
    stored.observedPlacementGeneration === next.observedPlacementGeneration &&
    saysSame(stored.condition, next.condition) &&
    sameDecisions(stored.listed, next.listed)
  )
}
