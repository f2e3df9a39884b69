// Runs the plugins of a profile stage by stage. A plugin that answers what its stage does not allow ends the cycle.
import type { MemberCluster } from '../../api/member-cluster.ts'
import { InvariantError } from '../../errors.ts'
import { byText } from '../names.ts'
import { nameOf } from './fleet.ts'
import { isVerdict, type Plugin, type Score, type Verdict } from './plugin.ts'
import type { Profile } from './profile.ts'

export interface ScoredCluster {
  readonly cluster: MemberCluster
  readonly score: Score
}

export interface FilteredCluster {
  readonly cluster: MemberCluster
  readonly verdict: Verdict
}

export const zeroScore: Score = { topologySpread: 0, affinity: 0, obsoleteAffinity: 0 }

/** How many clusters one cycle may pick: the smallest advice, at most `desired`. Throws InvariantError. */
export function batchLimit(plugins: readonly Plugin[], desired: number): number {
  let limit = desired
  for (const plugin of plugins) {
    const advice = plugin.postBatch?.() ?? {}
    if (advice.verdict && advice.verdict.code !== 'Skip') fail(advice.verdict)
    if (advice.verdict || advice.limit === undefined || advice.limit < 0) continue
    limit = Math.min(limit, advice.limit)
  }
  return limit
}

/** Runs a preparing stage; gives the names of plugins whose own stage is dropped. Throws InvariantError. */
export function prepare(plugins: readonly Plugin[], stage: 'preFilter' | 'preScore'): Set<string> {
  const skipped = new Set<string>()
  for (const plugin of plugins) {
    const verdict = plugin[stage]?.()
    if (!verdict) continue
    if (verdict.code !== 'Skip') fail(verdict)
    skipped.add(plugin.name)
  }
  return skipped
}

/** The first verdict against a cluster, or undefined when every filter lets it pass. */
export function filterCluster(
  plugins: readonly Plugin[],
  skipped: ReadonlySet<string>,
  cluster: MemberCluster,
): Verdict | undefined {
  for (const plugin of plugins) {
    if (skipped.has(plugin.name)) continue
    const verdict = plugin.filter?.(cluster)
    if (verdict?.code === 'Skip') return { ...verdict, code: 'InternalError' }
    if (verdict) return verdict
  }
  return undefined
}

/** Sorts clusters into those that pass and those refused with a reason; the already selected are in neither. */
export function filterClusters(
  plugins: readonly Plugin[],
  skipped: ReadonlySet<string>,
  clusters: readonly MemberCluster[],
): { readonly passed: MemberCluster[]; readonly filtered: FilteredCluster[] } {
  const passed: MemberCluster[] = []
  const filtered: FilteredCluster[] = []
  for (const cluster of clusters) {
    const verdict = filterCluster(plugins, skipped, cluster)
    if (!verdict) passed.push(cluster)
    else if (verdict.code === 'InternalError') fail(verdict)
    else if (verdict.code === 'ClusterUnschedulable') filtered.push({ cluster, verdict })
  }
  return { passed, filtered }
}

/** Points of a cluster by plugin name. Throws InvariantError when a plugin answers with a verdict. */
export function scoresOf(
  plugins: readonly Plugin[],
  skipped: ReadonlySet<string>,
  cluster: MemberCluster,
): Map<string, Score> {
  const scores = new Map<string, Score>()
  for (const plugin of plugins) {
    if (skipped.has(plugin.name)) continue
    scores.set(plugin.name, pointsOf(plugin, cluster))
  }
  return scores
}

function pointsOf(plugin: Plugin, cluster: MemberCluster): Score {
  const outcome = plugin.score?.(cluster) ?? zeroScore
  if (isVerdict(outcome)) return fail(outcome)
  const { topologySpread = 0, affinity = 0, obsoleteAffinity = 0 } = outcome
  return { topologySpread, affinity, obsoleteAffinity }
}

/** Adds up the points of every cluster. Throws InvariantError. */
export function scoreClusters(
  plugins: readonly Plugin[],
  skipped: ReadonlySet<string>,
  clusters: readonly MemberCluster[],
): ScoredCluster[] {
  const asked = plugins.filter(({ name }) => !skipped.has(name))
  return clusters.map((cluster) => {
    let score = zeroScore
    for (const plugin of asked) score = addScores(score, pointsOf(plugin, cluster))
    return { cluster, score }
  })
}

/** Everything a PickAll placement needs: clusters that pass, with no points, and those refused. */
export function filterAll(
  profile: Profile,
  clusters: readonly MemberCluster[],
): { readonly scored: ScoredCluster[]; readonly filtered: FilteredCluster[] } {
  const skipped = prepare(profile.preFilter, 'preFilter')
  const { passed, filtered } = filterClusters(profile.filter, skipped, clusters)
  return { scored: passed.map((cluster) => ({ cluster, score: zeroScore })), filtered }
}

/** Everything a PickN placement needs to pick at most `limit` clusters. */
export function filterAndScore(
  profile: Profile,
  clusters: readonly MemberCluster[],
  desired: number,
): {
  readonly limit: number
  readonly scored: ScoredCluster[]
  readonly filtered: FilteredCluster[]
  readonly skippedFilters: ReadonlySet<string>
  readonly skippedScores: ReadonlySet<string>
} {
  const limit = batchLimit(profile.postBatch, desired)
  const skippedFilters = prepare(profile.preFilter, 'preFilter')
  const { passed, filtered } = filterClusters(profile.filter, skippedFilters, clusters)
  const skippedScores = prepare(profile.preScore, 'preScore')
  return {
    limit,
    scored: scoreClusters(profile.score, skippedScores, passed),
    filtered,
    skippedFilters,
    skippedScores,
  }
}

export function addScores(a: Score, b: Score): Score {
  return {
    topologySpread: a.topologySpread + b.topologySpread,
    affinity: a.affinity + b.affinity,
    obsoleteAffinity: a.obsoleteAffinity + b.obsoleteAffinity,
  }
}

/** Negative when `a` is the lower score. */
export function compareScores(a: Score, b: Score): number {
  return a.topologySpread - b.topologySpread || a.affinity - b.affinity || a.obsoleteAffinity - b.obsoleteAffinity
}

/** Order of picking: the higher score first, and of equal ones the larger name. */
export function byRank(a: ScoredCluster, b: ScoredCluster): number {
  return compareScores(b.score, a.score) || byText(nameOf(b.cluster), nameOf(a.cluster))
}

/** The best `count` clusters and the rest, both best first. With nothing to pick the rest stays as it came. */
export function pickBest(
  scored: readonly ScoredCluster[],
  count: number,
): { readonly picked: ScoredCluster[]; readonly notPicked: ScoredCluster[] } {
  if (count === 0) return { picked: [], notPicked: [...scored] }
  const ranked = [...scored].sort(byRank)
  return { picked: ranked.slice(0, count), notPicked: ranked.slice(count) }
}

/** Ends the cycle with what a plugin said. */
function fail({ plugin, code, reasons }: Verdict): never {
  throw new InvariantError(`scheduler plugin ${plugin} answered ${[code, ...reasons].join(', ')}`)
}
