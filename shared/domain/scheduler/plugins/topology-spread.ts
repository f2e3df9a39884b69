// Topology spread: keeps the numbers of picked clusters per domain (a label value) close to each other.
import type { Binding } from '../../../api/binding.ts'
import type { MemberCluster } from '../../../api/member-cluster.ts'
import type { PlacementPolicy, TopologySpreadConstraint } from '../../../api/placement.ts'
import { nameOf } from '../fleet.ts'
import type { Plugin, PluginFactory, Verdict, VerdictCode } from '../plugin.ts'

const name = 'TopologySpreadConstraints'
/** Points taken for each ScheduleAnyway constraint a pick would violate. */
const violationPenalty = 1000

/** Picked clusters per domain of one label key, with the figures every decision needs. All -1 when there is no domain. */
export interface DomainCount {
  readonly counts: ReadonlyMap<string, number>
  readonly smallest: number
  readonly secondSmallest: number
  readonly largest: number
}

/** What the constraints say of each cluster, by name. */
export interface SpreadEvaluation {
  readonly violations: ReadonlyMap<string, readonly string[]>
  readonly scores: ReadonlyMap<string, number>
}

interface Classified {
  readonly doNotSchedule: readonly TopologySpreadConstraint[]
  readonly scheduleAnyway: readonly TopologySpreadConstraint[]
}

/** One pick a cycle while there are constraints, so that each pick is judged against the spread it leaves behind. */
export const topologySpread: PluginFactory = ({ fleet, policy, current }) => {
  const classified = classifyConstraints(policy?.topologySpreadConstraints ?? [])
  const constraints = [...classified.doNotSchedule, ...classified.scheduleAnyway]
  const counts = lazy(() => countsOf(fleet.clusters, current, constraints))
  return {
    ...spreadPlugin(
      policy,
      lazy(() => evaluateConstraints(fleet.clusters, current, classified)),
    ),
    explain: (cluster) => ({
      wanted: classified.doNotSchedule.map(constraintWords).join(' and '),
      seen: classified.doNotSchedule.map(({ topologyKey }) => domainWords(cluster, topologyKey, counts())).join(', '),
    }),
    scoreParts: (cluster) =>
      constraints.map(
        (constraint) => `${constraintWords(constraint)}: ${domainWords(cluster, constraint.topologyKey, counts())}`,
      ),
  }
}

function constraintWords({ topologyKey, maxSkew }: TopologySpreadConstraint): string {
  return `skew of at most ${maxSkew ?? 1} over ${topologyKey}`
}

function domainWords(cluster: MemberCluster, key: string, counts: ReadonlyMap<string, DomainCount>): string {
  const domain = domainOf(cluster, key)
  const count = counts.get(key)
  if (domain === undefined || !count) return `no ${key}`
  const here = count.counts.get(domain) ?? 0
  return `${key}=${domain} has ${here} picked, domains hold between ${count.smallest} and ${count.largest}`
}

/** The plugin over what `evaluation` says of the clusters. */
export function spreadPlugin(policy: PlacementPolicy | undefined, evaluation: () => SpreadEvaluation): Plugin {
  const constraints = policy?.topologySpreadConstraints ?? []
  const says = (code: VerdictCode, ...reasons: string[]): Verdict => ({ code, reasons, plugin: name })
  /** Only placements with a policy are scored. */
  const absent = policy
    ? says('Skip', 'no topology spread constraint is present')
    : says('InternalError', 'failed to get policy')
  return {
    name,
    postBatch: () => (constraints.length === 0 ? { verdict: absent } : { limit: 1 }),
    preFilter() {
      if (!policy) return says('Skip', 'policy does not exist')
      if (constraints.length === 0) return absent
      return classifyConstraints(constraints).doNotSchedule.length === 0
        ? says('Skip', 'no DoNotSchedule topology spread constraint is present')
        : undefined
    },
    filter(cluster) {
      const reasons = evaluation().violations.get(nameOf(cluster))
      return reasons && says('ClusterUnschedulable', ...reasons)
    },
    preScore: () => (constraints.length === 0 ? absent : undefined),
    score(cluster) {
      const topologySpread = evaluation().scores.get(nameOf(cluster))
      return topologySpread === undefined
        ? says('InternalError', `cluster ${nameOf(cluster)} was filtered and cannot be scored`)
        : { topologySpread }
    },
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Splits constraints by what happens when they cannot be met, in spec order. Nothing said means DoNotSchedule. */
export function classifyConstraints(constraints: readonly TopologySpreadConstraint[]): Classified {
  return {
    doNotSchedule: constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable !== 'ScheduleAnyway'),
    scheduleAnyway: constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway'),
  }
}

/** Counts bindings per domain of `key`. Domains are the label values over all clusters, eligible or not. */
export function countByDomain(
  clusters: readonly MemberCluster[],
  bindings: readonly Binding[],
  key: string,
): DomainCount {
  const picked = new Map<string, number>()
  for (const { targetCluster } of bindings) picked.set(targetCluster, (picked.get(targetCluster) ?? 0) + 1)
  const counts = new Map<string, number>()
  for (const cluster of clusters) {
    const domain = domainOf(cluster, key)
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + (picked.get(nameOf(cluster)) ?? 0))
  }
  return summarise(counts)
}

/** The figures of a count. The second smallest equals the smallest on a tie and when there is one domain. */
export function summarise(counts: ReadonlyMap<string, number>): DomainCount {
  if (counts.size === 0) return { counts, smallest: -1, secondSmallest: -1, largest: -1 }
  let smallest = Number.POSITIVE_INFINITY
  let second = Number.POSITIVE_INFINITY
  let largest = 0
  for (const count of counts.values()) {
    if (count < smallest) {
      second = smallest
      smallest = count
    } else if (count < second) second = count
    if (count > largest) largest = count
  }
  return { counts, smallest, secondSmallest: second === Number.POSITIVE_INFINITY ? smallest : second, largest }
}

/** Whether one more pick in `domain` breaks the constraint, and by how much the skew changes. */
export function weighPick(
  { counts, smallest, secondSmallest, largest }: DomainCount,
  domain: string,
  maxSkew: number,
): { readonly violated: boolean; readonly skewChange: number } | undefined {
  const count = counts.get(domain)
  if (count === undefined || count < smallest || count > largest) return undefined
  const skew = largest - smallest
  const skewChange =
    largest === smallest ? 1 : count === smallest && smallest !== secondSmallest ? -1 : count === largest ? 1 : 0
  return { violated: skew + skewChange > maxSkew, skewChange }
}

/** Judges every cluster. Only the first DoNotSchedule constraint violated is named; such a cluster gets no points. */
export function evaluateConstraints(
  clusters: readonly MemberCluster[],
  bindings: readonly Binding[],
  { doNotSchedule, scheduleAnyway }: Classified,
): SpreadEvaluation {
  const counts = countsOf(clusters, bindings, [...doNotSchedule, ...scheduleAnyway])
  const weigh = (cluster: MemberCluster, { topologyKey, maxSkew }: TopologySpreadConstraint) => {
    const domain = domainOf(cluster, topologyKey)
    const count = counts.get(topologyKey)
    return domain === undefined || !count ? undefined : weighPick(count, domain, maxSkew ?? 1)
  }
  const violations = new Map<string, readonly string[]>()
  const scores = new Map<string, number>()
  for (const cluster of clusters) {
    const outcome = judge(cluster, doNotSchedule, scheduleAnyway, weigh)
    if (typeof outcome === 'string') violations.set(nameOf(cluster), [outcome])
    else scores.set(nameOf(cluster), outcome)
  }
  return { violations, scores }
}

/** The count of every key that a constraint names. */
function countsOf(
  clusters: readonly MemberCluster[],
  bindings: readonly Binding[],
  constraints: readonly TopologySpreadConstraint[],
): Map<string, DomainCount> {
  const keys = new Set(constraints.map(({ topologyKey }) => topologyKey))
  return new Map([...keys].map((key) => [key, countByDomain(clusters, bindings, key)]))
}

function judge(
  cluster: MemberCluster,
  doNotSchedule: Classified['doNotSchedule'],
  scheduleAnyway: Classified['scheduleAnyway'],
  weigh: (cluster: MemberCluster, constraint: TopologySpreadConstraint) => ReturnType<typeof weighPick>,
): string | number {
  let score = 0
  for (const constraint of doNotSchedule) {
    const outcome = weigh(cluster, constraint)
    if (outcome?.violated) {
      const key = JSON.stringify(constraint.topologyKey)
      return `violated doNotSchedule topology spread constraint ${key} (max skew ${constraint.maxSkew ?? 1})`
    }
    score -= outcome?.skewChange ?? 0
  }
  for (const constraint of scheduleAnyway) {
    const outcome = weigh(cluster, constraint)
    score -= outcome?.violated ? violationPenalty : (outcome?.skewChange ?? 0)
  }
  return score === 0 ? 0 : score
}

function domainOf(cluster: MemberCluster, key: string): string | undefined {
  const labels = cluster.metadata.labels
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined
}
