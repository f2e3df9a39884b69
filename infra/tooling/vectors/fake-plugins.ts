import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { nameOf } from '../../../shared/domain/scheduler/fleet.ts'
import type { Plugin, Score, Verdict } from '../../../shared/domain/scheduler/plugin.ts'
import type { FilteredCluster, ScoredCluster } from '../../../shared/domain/scheduler/stages.ts'
import { InvalidInputError, InvariantError } from '../../../shared/errors.ts'
import { type UpstreamScore, type UpstreamVerdict, upstreamScore } from './plugin-answers.ts'
import { compare, compareUnordered, type Difference, type Input, type Vector, wantOf } from './replayer.ts'
import { bindingOf, policySnapshotOf, type UpstreamBinding, type UpstreamPolicySnapshot } from './upstream.ts'

export interface FakePlugin {
  readonly name: string
  readonly preFilterReturns?: UpstreamVerdict
  readonly preScoreReturns?: UpstreamVerdict
  readonly postBatchReturns?: { readonly size?: number; readonly status?: UpstreamVerdict }
  readonly filterReturnsByCluster?: Readonly<Record<string, UpstreamVerdict>>
  readonly scoreReturnsByCluster?: Readonly<
    Record<string, { readonly score?: UpstreamScore; readonly status?: UpstreamVerdict }>
  >
}

export interface UpstreamScored {
  readonly Cluster: MemberCluster
  readonly Score: UpstreamScore
}

export interface UpstreamFiltered {
  readonly cluster: MemberCluster
  readonly status: UpstreamVerdict
}

export const list = <T>(value: unknown) => (value ?? []) as T[]

export function verdictOf(verdict: UpstreamVerdict | undefined): Verdict | undefined {
  return (
    verdict && {
      code: verdict.code as Verdict['code'],
      reasons: verdict.reasons ?? [],
      plugin: verdict.sourcePlugin ?? '',
    }
  )
}

export function scoreOf(score: UpstreamScore | undefined): Score {
  return {
    topologySpread: score?.TopologySpreadScore ?? 0,
    affinity: score?.AffinityScore ?? 0,
    obsoleteAffinity: score?.ObsoletePlacementAffinityScore ?? 0,
  }
}

export function fake(table: FakePlugin): Plugin {
  const { postBatchReturns: batch } = table
  return {
    name: table.name,
    postBatch: () => ({
      ...(batch?.size !== undefined && { limit: batch.size }),
      verdict: verdictOf(batch?.status),
    }),
    preFilter: () => verdictOf(table.preFilterReturns),
    preScore: () => verdictOf(table.preScoreReturns),
    filter: (cluster) => verdictOf(table.filterReturnsByCluster?.[nameOf(cluster)]),
    score(cluster) {
      const answer = table.scoreReturnsByCluster?.[nameOf(cluster)]
      return verdictOf(answer?.status) ?? scoreOf(answer?.score)
    },
  }
}

export const plugins = (value: unknown) => list<FakePlugin>(value).map(fake)

/** Runs something that may end the cycle. Anything but the hub's own errors is a defect of ours. */
export function ending<T>(run: () => T): { readonly got?: T; readonly ended: boolean } {
  try {
    return { got: run(), ended: false }
  } catch (error) {
    if (error instanceof InvariantError || error instanceof InvalidInputError) return { ended: true }
    throw error
  }
}

export function failable<T>(
  line: Vector,
  run: () => T,
  check: (got: T) => Difference[],
  field = 'expectedToFail',
): Difference[] {
  const wanted = Boolean(wantOf<Record<string, unknown>>(line)[field])
  const { got, ended } = ending(run)
  if (wanted || ended) return compare(wanted, ended, 'failed')
  return check(got as T)
}

export const scored = ({ Cluster, Score }: UpstreamScored): ScoredCluster => ({
  cluster: Cluster,
  score: scoreOf(Score),
})
export const filtered = ({ cluster, status }: UpstreamFiltered): FilteredCluster => ({
  cluster,
  verdict: verdictOf(status) ?? { code: 'ClusterUnschedulable', reasons: [], plugin: '' },
})
export const scoredText = ({ cluster, score }: ScoredCluster) => ({ cluster: nameOf(cluster), ...upstreamScore(score) })
export const filteredText = ({ cluster, verdict }: FilteredCluster) => ({
  cluster: nameOf(cluster),
  code: verdict.code,
  plugin: verdict.plugin,
})
export const byCluster = ({ cluster }: { readonly cluster: string }) => cluster

export function compareScored(wanted: unknown, got: readonly ScoredCluster[]): Difference[] {
  const ours = got.map(scoredText)
  return compareUnordered(list<UpstreamScored>(wanted).map(scored).map(scoredText), ours, 'scored', byCluster)
}

export function compareFiltered(wanted: unknown, got: readonly FilteredCluster[]): Difference[] {
  const theirs = list<UpstreamFiltered>(wanted).map(filtered).map(filteredText)
  return compareUnordered(theirs, got.map(filteredText), 'filtered', byCluster)
}

export const clustersIn = (input: Input) => list<MemberCluster>((input['context'] as { clusters?: unknown })?.clusters)
export const named = (name: string) => ({ metadata: { name }, spec: {} }) as MemberCluster
export const snapshotIn = (input: Input) =>
  policySnapshotOf(
    (input['policy'] ?? (input['context'] as { policy?: unknown })?.policy ?? {}) as UpstreamPolicySnapshot,
  )
export const bindings = (value: unknown) => list<UpstreamBinding>(value).map(bindingOf)
export const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)
export const wantedNames = (value: unknown) => list<UpstreamBinding>(value).map(({ metadata }) => metadata?.name ?? '')

/** What counts of a binding; a state left empty by the vector is not compared. */
export const bindingText = (binding: ReturnType<typeof bindingOf>) => ({
  cluster: binding.targetCluster,
  state: binding.state,
  decision: binding.clusterDecision,
  policy: binding.schedulingPolicySnapshotName,
})
