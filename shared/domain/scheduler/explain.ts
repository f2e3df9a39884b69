// Why each cluster of the fleet is or is not picked, told from what is stored once scheduling is done: the policy snapshot,
// the fleet, the bindings. The same stored facts give the same explanation, however they came about.
import type { Binding } from '../../api/binding.ts'
import type { ClusterReason } from '../../api/decision.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import { eligibility, eligibilityFacts } from '../membership/eligibility.ts'
import { byText } from '../names.ts'
import { classifyBindings } from './bindings.ts'
import { type CycleInput, lookUp } from './cycle.ts'
import { filteredDecision, ineligibleDecision, notFoundDecision, notPickedDecision } from './decisions.ts'
import { nameOf } from './fleet.ts'
import type { Plugin, Verdict } from './plugin.ts'
import { type Profile, profileOf } from './profile.ts'
import { byRank, filterCluster, prepare, type ScoredCluster, scoreClusters, zeroScore } from './stages.ts'

/** `bindings` as they are when scheduling is done. */
export type ExplainInput = Omit<CycleInput, 'newName'>

/** Characters a wanted or seen value is cut to. */
const wordLimit = 400

interface Fleetwide {
  readonly input: ExplainInput
  readonly profile: Profile
  readonly skipped: ReadonlySet<string>
  /** Live bindings of the current policy, by cluster. */
  readonly selected: ReadonlyMap<string, Binding>
  /** Clusters where what was placed before is still being removed. */
  readonly leaving: ReadonlyMap<string, Binding>
}

/**
 * One reason for every cluster, and for every cluster the policy names: selected ones by name, then those that passed
 * every filter by rank, then those refused by name. Throws InvalidInputError and InvariantError as a cycle does.
 */
export function explain(input: ExplainInput): ClusterReason[] {
  const fleetwide = look(input)
  const { policySnapshot, fleet } = input
  const chosen = fleet.clusters.filter((cluster) => fleetwide.selected.has(nameOf(cluster)))
  const others = fleet.clusters.filter((cluster) => !fleetwide.selected.has(nameOf(cluster)))
  const rest =
    policySnapshot.policy?.placementType === 'PickFixed' ? unnamed(fleetwide, others) : unpicked(fleetwide, others)
  return [...chosen.map((cluster) => picked(fleetwide, cluster)), ...rest].map(bounded)
}

function look(input: ExplainInput): Fleetwide {
  const { policySnapshot, fleet, placement, now, limits } = input
  const sorted = [...input.bindings].sort((a, b) => byText(a.name, b.name))
  const classes = classifyBindings(sorted, policySnapshot.name, fleet.byName)
  const current = [...classes.scheduled, ...classes.bound]
  const context = {
    fleet,
    policy: policySnapshot.policy,
    namespace: placement.namespace,
    current,
    obsolete: [],
    now,
    limits,
  }
  const profile = profileOf(context, input.rules)
  const skipped = prepare(profile.preFilter, 'preFilter')
  return {
    input,
    profile,
    skipped,
    selected: new Map(current.map((binding) => [binding.targetCluster, binding])),
    leaving: new Map(classes.deleting.map((binding) => [binding.targetCluster, binding])),
  }
}

function picked({ input, profile, skipped, selected }: Fleetwide, cluster: MemberCluster): ClusterReason {
  const { placementType = 'PickAll' } = input.policySnapshot.policy ?? {}
  const decision = selected.get(nameOf(cluster))?.clusterDecision
  const kept = placementType === 'PickFixed' ? unfit(cluster, input) : refusedNow(profile, skipped, cluster)
  const score = decision?.clusterScore
  return {
    cluster: nameOf(cluster),
    selected: true,
    plugin: placementType,
    ...(score && { score: { topologySpread: score.priorityScore ?? 0, affinity: score.affinityScore ?? 0 } }),
    reason: decision?.reason ?? '',
    ...(kept !== undefined && { kept }),
  }
}

function refusedNow(profile: Profile, skipped: ReadonlySet<string>, cluster: MemberCluster): string | undefined {
  const verdict = filterCluster(profile.filter, skipped, cluster)
  return verdict?.code === 'ClusterUnschedulable' ? verdict.plugin : undefined
}

/** Named clusters are asked for their eligibility alone. */
function unfit(cluster: MemberCluster, { now, limits }: ExplainInput): string | undefined {
  return eligibility(cluster, now, limits).eligible ? undefined : 'ClusterEligibility'
}

/** Clusters that were free to be picked: refused by a filter, or not among the best. */
function unpicked(fleetwide: Fleetwide, clusters: readonly MemberCluster[]): ClusterReason[] {
  const { profile, skipped } = fleetwide
  const passed: MemberCluster[] = []
  const refused: ClusterReason[] = []
  for (const cluster of clusters) {
    const verdict = filterCluster(profile.filter, skipped, cluster)
    if (verdict?.code === 'ClusterUnschedulable') refused.push(refusedBy(profile.filter, cluster, verdict))
    else passed.push(cluster)
  }
  return [...ranked(fleetwide, passed), ...refused]
}

function refusedBy(plugins: readonly Plugin[], cluster: MemberCluster, verdict: Verdict): ClusterReason {
  const finding = plugins.find(({ name }) => name === verdict.plugin)?.explain?.(cluster)
  return {
    cluster: nameOf(cluster),
    selected: false,
    plugin: verdict.plugin,
    ...finding,
    reason: filteredDecision({ cluster, verdict }).reason,
  }
}

function ranked(fleetwide: Fleetwide, passed: readonly MemberCluster[]): ClusterReason[] {
  const { input, profile } = fleetwide
  if (input.policySnapshot.policy?.placementType !== 'PickN')
    return passed.map((cluster) => waiting(fleetwide, { cluster, score: zeroScore }))
  const skipped = prepare(profile.preScore, 'preScore')
  const scored = scoreClusters(profile.score, skipped, passed).sort(byRank)
  const parts = profile.score.filter(({ name }) => !skipped.has(name))
  return scored.map((each, at) => outscored(fleetwide, each, { rank: at + 1, of: scored.length, parts }))
}

interface Standing {
  readonly rank: number
  readonly of: number
  readonly parts: readonly Plugin[]
}

function outscored(fleetwide: Fleetwide, each: ScoredCluster, { rank, of, parts }: Standing): ClusterReason {
  const { input, selected, leaving } = fleetwide
  const wantedCount = input.policySnapshot.numberOfClusters ?? 0
  if (leaving.has(nameOf(each.cluster)) && selected.size < wantedCount) return waiting(fleetwide, each)
  const { topologySpread, affinity } = each.score
  const terms = parts.flatMap((plugin) => plugin.scoreParts?.(each.cluster) ?? [])
  return {
    cluster: nameOf(each.cluster),
    selected: false,
    plugin: 'Score',
    wanted: `one of the ${wantedCount} picked first`,
    seen: `passes every filter, ${rank} of ${of} that were left over`,
    score: { topologySpread, affinity, ...(terms.length > 0 && { terms }) },
    reason: notPickedDecision(each).reason,
  }
}

/** It may be picked once what was placed there before is gone. */
function waiting({ leaving }: Fleetwide, { cluster }: ScoredCluster): ClusterReason {
  const since = leaving.get(nameOf(cluster))?.deletionTimestamp
  return {
    cluster: nameOf(cluster),
    selected: false,
    plugin: 'Removal',
    wanted: 'nothing left of what this placement had there',
    seen: since === undefined ? 'not scheduled yet' : `being removed since ${since}`,
    reason: `Cluster ${JSON.stringify(nameOf(cluster))} is taken once what was placed there before is gone`,
  }
}

/** PickFixed: named clusters that cannot be used, and everyone else. */
function unnamed({ input }: Fleetwide, clusters: readonly MemberCluster[]): ClusterReason[] {
  const names = input.policySnapshot.policy?.clusterNames ?? []
  const wanted = `one of the ${names.length} named`
  const free = new Set(clusters.map(nameOf))
  const { ineligible, unknown } = lookUp(names, input)
  const reasons = new Map<string, ClusterReason>()
  for (const { cluster, reason } of ineligible.filter((each) => free.has(nameOf(each.cluster)))) {
    reasons.set(nameOf(cluster), {
      cluster: nameOf(cluster),
      selected: false,
      plugin: 'ClusterEligibility',
      ...eligibilityFacts(cluster),
      reason: ineligibleDecision(nameOf(cluster), reason).reason,
    })
  }
  const absent = unknown.map(
    (name): ClusterReason => ({
      cluster: name,
      selected: false,
      plugin: 'PickFixed',
      wanted: 'a cluster of that name',
      seen: 'none in the fleet',
      reason: notFoundDecision(name).reason,
    }),
  )
  const others = clusters.map(
    (cluster): ClusterReason =>
      reasons.get(nameOf(cluster)) ?? {
        cluster: nameOf(cluster),
        selected: false,
        plugin: 'PickFixed',
        wanted,
        seen: names.includes(nameOf(cluster)) ? 'named, not scheduled yet' : 'not named',
        reason: `Cluster ${JSON.stringify(nameOf(cluster))} is not named by the policy`,
      },
  )
  return [...others, ...absent]
}

function bounded({ wanted, seen, ...reason }: ClusterReason): ClusterReason {
  return {
    ...reason,
    ...(wanted !== undefined && { wanted: cut(wanted) }),
    ...(seen !== undefined && { seen: cut(seen) }),
  }
}

function cut(text: string): string {
  return text.length <= wordLimit ? text : `${text.slice(0, wordLimit - 1)}…`
}
