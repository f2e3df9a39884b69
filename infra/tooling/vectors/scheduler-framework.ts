// The stages of a scheduling cycle, run with the plugins the vectors describe as tables.
import type { ClusterDecision } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { PlacementKey } from '../../../shared/api/message.ts'
import { placementLocation } from '../../../shared/app/fleet-lists.ts'
import { bindingName } from '../../../shared/domain/scheduler/binding-name.ts'
import { byRemoval, classifyBindings, downscale, matchBindings } from '../../../shared/domain/scheduler/bindings.ts'
import {
  lookUp,
  needsAnotherCycle,
  pickCount,
  report,
  reportNamed,
  type SchedulingOutcome,
  surplusOf,
} from '../../../shared/domain/scheduler/cycle.ts'
import { listedDecisions, sameDecisions, selectedDecision } from '../../../shared/domain/scheduler/decisions.ts'
import { fleetOf, nameOf } from '../../../shared/domain/scheduler/fleet.ts'
import type { Plugin, Score, Verdict } from '../../../shared/domain/scheduler/plugin.ts'
import {
  batchLimit,
  byRank,
  compareScores,
  type FilteredCluster,
  filterAll,
  filterAndScore,
  filterCluster,
  filterClusters,
  pickBest,
  prepare,
  type ScoredCluster,
  scoreClusters,
  scoresOf,
} from '../../../shared/domain/scheduler/stages.ts'
import { InvalidInputError, InvariantError } from '../../../shared/errors.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  replayTests,
  type Vector,
  vectorNow,
  wantOf,
} from './replayer.ts'
import { compareVerdict, type UpstreamScore, type UpstreamVerdict, upstreamScore } from './scheduler-plugins.ts'
import { bindingOf, policySnapshotOf, type UpstreamBinding, type UpstreamPolicySnapshot } from './upstream.ts'

interface FakePlugin {
  readonly name: string
  readonly preFilterReturns?: UpstreamVerdict
  readonly preScoreReturns?: UpstreamVerdict
  readonly postBatchReturns?: { readonly size?: number; readonly status?: UpstreamVerdict }
  readonly filterReturnsByCluster?: Readonly<Record<string, UpstreamVerdict>>
  readonly scoreReturnsByCluster?: Readonly<
    Record<string, { readonly score?: UpstreamScore; readonly status?: UpstreamVerdict }>
  >
}

interface UpstreamScored {
  readonly Cluster: MemberCluster
  readonly Score: UpstreamScore
}

interface UpstreamFiltered {
  readonly cluster: MemberCluster
  readonly status: UpstreamVerdict
}

const list = <T>(value: unknown) => (value ?? []) as T[]

function verdictOf(verdict: UpstreamVerdict | undefined): Verdict | undefined {
  return (
    verdict && {
      code: verdict.code as Verdict['code'],
      reasons: verdict.reasons ?? [],
      plugin: verdict.sourcePlugin ?? '',
    }
  )
}

function scoreOf(score: UpstreamScore | undefined): Score {
  return {
    topologySpread: score?.TopologySpreadScore ?? 0,
    affinity: score?.AffinityScore ?? 0,
    obsoleteAffinity: score?.ObsoletePlacementAffinityScore ?? 0,
  }
}

function fake(table: FakePlugin): Plugin {
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

const plugins = (value: unknown) => list<FakePlugin>(value).map(fake)

/** Runs something that may end the cycle. Anything but the hub's own errors is a defect of ours. */
function ending<T>(run: () => T): { readonly got?: T; readonly ended: boolean } {
  try {
    return { got: run(), ended: false }
  } catch (error) {
    if (error instanceof InvariantError || error instanceof InvalidInputError) return { ended: true }
    throw error
  }
}

function failable<T>(
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

const scored = ({ Cluster, Score }: UpstreamScored): ScoredCluster => ({ cluster: Cluster, score: scoreOf(Score) })
const filtered = ({ cluster, status }: UpstreamFiltered): FilteredCluster => ({
  cluster,
  verdict: verdictOf(status) ?? { code: 'ClusterUnschedulable', reasons: [], plugin: '' },
})
const scoredText = ({ cluster, score }: ScoredCluster) => ({ cluster: nameOf(cluster), ...upstreamScore(score) })
const filteredText = ({ cluster, verdict }: FilteredCluster) => ({
  cluster: nameOf(cluster),
  code: verdict.code,
  plugin: verdict.plugin,
})
const byCluster = ({ cluster }: { readonly cluster: string }) => cluster

function compareScored(wanted: unknown, got: readonly ScoredCluster[]): Difference[] {
  const ours = got.map(scoredText)
  return compareUnordered(list<UpstreamScored>(wanted).map(scored).map(scoredText), ours, 'scored', byCluster)
}

function compareFiltered(wanted: unknown, got: readonly FilteredCluster[]): Difference[] {
  const theirs = list<UpstreamFiltered>(wanted).map(filtered).map(filteredText)
  return compareUnordered(theirs, got.map(filteredText), 'filtered', byCluster)
}

const clustersIn = (input: Input) => list<MemberCluster>((input['context'] as { clusters?: unknown })?.clusters)
const named = (name: string) => ({ metadata: { name }, spec: {} }) as MemberCluster
const snapshotIn = (input: Input) =>
  policySnapshotOf(
    (input['policy'] ?? (input['context'] as { policy?: unknown })?.policy ?? {}) as UpstreamPolicySnapshot,
  )
const bindings = (value: unknown) => list<UpstreamBinding>(value).map(bindingOf)
const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)
const wantedNames = (value: unknown) => list<UpstreamBinding>(value).map(({ metadata }) => metadata?.name ?? '')

/** What counts of a binding; a state left empty by the vector is not compared. */
const bindingText = (binding: ReturnType<typeof bindingOf>) => ({
  cluster: binding.targetCluster,
  state: binding.state,
  decision: binding.clusterDecision,
  policy: binding.schedulingPolicySnapshotName,
})

function skippedTest(stage: 'preFilter' | 'preScore', field: string) {
  return (input: Input, line: Vector): Difference[] => {
    const want = wantOf<{ wantSkippedPluginNames?: string[]; wantStatus?: UpstreamVerdict }>(line)
    const { got, ended } = ending(() => prepare(plugins(input[field]), stage))
    return [
      ...compare(want.wantStatus !== undefined, ended, 'failed'),
      ...(ended ? [] : compareUnordered(want.wantSkippedPluginNames, [...(got ?? [])], 'skipped')),
    ]
  }
}

function decisionsTest(bindingsField: string, wantField: string, exact: boolean) {
  return (input: Input, line: Vector): Difference[] => {
    const got = listedDecisions(
      {
        selected: list<unknown>(input[bindingsField]).map(bindings),
        notPicked: list<UpstreamScored>(input['notPicked']).map(scored),
        filtered: list<UpstreamFiltered>(input['filtered']).map(filtered),
      },
      { total: 1000, unselected: input['maxUnselectedClusterDecisionCount'] as number },
    )
    const brief = ({ clusterName, selected }: ClusterDecision) => ({ clusterName, selected })
    const wanted = list<ClusterDecision>(wantOf<Record<string, unknown>>(line)[wantField])
    return compare(exact ? wanted : wanted.map(brief), exact ? got : got.map(brief), 'decisions')
  }
}

function compareOutcome(line: Vector, got: SchedulingOutcome): Difference[] {
  const want = wantOf<{
    wantObservedCRPGeneration: number
    wantDecisions?: ClusterDecision[]
    wantCondition: Condition
  }>(line)
  return [
    ...compare(want.wantObservedCRPGeneration, got.observedGeneration, 'observedGeneration'),
    ...compare(want.wantDecisions, got.listed, 'decisions'),
    ...compare(want.wantCondition.status, got.condition.status, 'condition.status'),
    ...compare(want.wantCondition.reason, got.condition.reason, 'condition.reason'),
    ...compare(want.wantCondition.observedGeneration, got.condition.observedGeneration, 'condition.observedGeneration'),
  ]
}

export const schedulerFramework = replayTests('scheduler-framework', {
  TestClassifyBindings(input, line) {
    const want = wantOf<Record<string, unknown>>(line)
    const fleet = fleetOf(list(input['clusters']))
    const got = classifyBindings(bindings(input['bindings']), snapshotIn(input).name, fleet.byName)
    const wantedClasses = {
      bound: 'wantBound',
      scheduled: 'wantScheduled',
      obsolete: 'wantObsolete',
      unscheduled: 'wantUnscheduled',
      dangling: 'wantDangling',
      deleting: 'wantDeleting',
    } as const
    return Object.entries(wantedClasses).flatMap(([ours, theirs]) =>
      compare(wantedNames(want[theirs]), names(got[ours as keyof typeof got]), ours),
    )
  },
  TestRunPreFilterPlugins: skippedTest('preFilter', 'preFilterPlugins'),
  TestRunPreScorePlugins: skippedTest('preScore', 'preScorePlugins'),
  TestRunFilterPluginsFor(input, line) {
    const { clusterName } = input['context'] as { clusterName: string }
    const skipped = new Set(list<string>(input['skippedPluginNames']))
    const got = filterCluster(plugins(input['filterPlugins']), skipped, named(clusterName))
    return compareVerdict(wantOf<{ wantStatus?: UpstreamVerdict }>(line).wantStatus, got, 'status')
  },
  TestRunFilterPlugins: (input, line) =>
    failable(
      line,
      () => filterClusters(plugins(input['filterPlugins']), new Set(), clustersIn(input)),
      (got) => {
        const want = wantOf<{ wantClusters?: MemberCluster[]; wantFiltered?: unknown }>(line)
        return [
          ...compareUnordered(want.wantClusters?.map(nameOf), got.passed.map(nameOf), 'passed'),
          ...compareFiltered(want.wantFiltered, got.filtered),
        ]
      },
    ),
  TestRunAllPluginsForPickAllPlacementType: (input, line) =>
    failable(
      line,
      () =>
        filterAll(
          {
            postBatch: [],
            preFilter: plugins(input['preFilterPlugins']),
            filter: plugins(input['filterPlugins']),
            preScore: [],
            score: [],
          },
          clustersIn(input),
        ),
      (got) => {
        const want = wantOf<{ wantScored?: unknown; wantFiltered?: unknown }>(line)
        return [...compareScored(want.wantScored, got.scored), ...compareFiltered(want.wantFiltered, got.filtered)]
      },
    ),
  TestCrossReferencePickedClustersAndDeDupBindings(input, line) {
    const want = wantOf<{
      wantToCreate?: UpstreamBinding[]
      wantToPatch?: { updated: UpstreamBinding }[]
      wantToDelete?: UpstreamBinding[]
    }>(line)
    const { crpName } = input['context'] as { crpName: string }
    const got = matchBindings(
      list<UpstreamScored>(input['picked']).map(scored),
      bindings(input['obsolete']),
      bindings(input['unscheduled']),
      {
        policySnapshot: snapshotIn(input).name,
        decide: ({ cluster, score }) => selectedDecision(nameOf(cluster), score),
        newName: (cluster) => bindingName(crpName, cluster, '00000000'),
        createdAt: new Date(vectorNow).toISOString(),
      },
    )
    const texts = (items: readonly UpstreamBinding[] | undefined) => (items ?? []).map(bindingOf).map(bindingText)
    const prefixed = got.create.every(({ name, targetCluster }) => name.startsWith(`${crpName}-${targetCluster}-`))
    const patched = want.wantToPatch?.map(({ updated }) => updated)
    return [
      ...compareUnordered(texts(want.wantToCreate), got.create.map(bindingText), 'create', byCluster),
      ...compareUnordered(texts(patched), got.patch.map(bindingText), 'patch', byCluster),
      ...compareUnordered(wantedNames(want.wantToDelete), names(got.unschedule), 'unschedule'),
      ...compare(true, prefixed, 'names'),
    ]
  },
  TestUpdatePolicySnapshotStatusFromBindings(input, line) {
    const selected = list<unknown>(input['existing']).map(bindings)
    const outcome = {
      selected,
      notPicked: list<UpstreamScored>(input['notPicked']).map(scored),
      filtered: list<UpstreamFiltered>(input['filtered']).map(filtered),
    }
    const got = report({ input: { policySnapshot: snapshotIn(input) } }, outcome, selected.flat().length)
    const unselected = input['maxUnselectedClusterDecisionCount'] as number
    return compareOutcome(line, { ...got, listed: listedDecisions(outcome, { total: 1000, unselected }) })
  },
  TestUpdatePolicySnapshotStatusForPickFixedPlacementType: (input, line) =>
    compareOutcome(
      line,
      reportNamed(
        { policySnapshot: snapshotIn(input) },
        { valid: list(input['valid']), ineligible: list(input['invalid']), unknown: list(input['notFound']) },
      ),
    ),
  TestShouldDownscale(input, line) {
    const want = wantOf<{ wantAct: boolean; wantCount: number }>(line)
    const number = (name: string) => (input[name] ?? 0) as number
    const got = surplusOf(snapshotIn(input).policy, number('desired'), number('present'), number('obsolete'))
    return [...compare(want.wantAct, got !== undefined, 'act'), ...compare(want.wantCount, got ?? 0, 'count')]
  },
  TestSortByClusterScoreAndName: (input, line) =>
    compare(
      wantedNames(wantOf<{ want?: unknown }>(line).want),
      names([...bindings(input['bindings'])].sort(byRemoval)),
    ),
  TestNewSchedulingDecisionsFromBindings: decisionsTest('existing', 'want', true),
  TestNewSchedulingDecisionsFromOversized: decisionsTest('bindingSets', 'wantDecisions', false),
  TestEqualDecisions: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, sameDecisions(list(input['current']), list(input['desired']))),
  TestRunPostBatchPlugins(input, line) {
    const want = wantOf<{ wantBatchLimit: number; wantStatus?: UpstreamVerdict }>(line)
    const { got, ended } = ending(() =>
      batchLimit(plugins(input['postBatchPlugins']), input['desiredBatchSize'] as number),
    )
    if (want.wantStatus || ended) return compare(want.wantStatus !== undefined, ended, 'failed')
    return compare(want.wantBatchLimit, got, 'limit')
  },
  TestDownscale: (input, line) =>
    failable(
      line,
      () => downscale(bindings(input['scheduled']), bindings(input['bound']), input['count'] as number),
      (got) => {
        const want = wantOf<Record<'wantUpdatedScheduled' | 'wantUpdatedBound' | 'wantUnscheduled', unknown>>(line)
        return [
          ...compare(wantedNames(want.wantUpdatedScheduled), names(got.scheduled), 'scheduled'),
          ...compare(wantedNames(want.wantUpdatedBound), names(got.bound), 'bound'),
          ...compareUnordered(wantedNames(want.wantUnscheduled), names(got.unschedule), 'unscheduled'),
          ...compare([], names(got.unschedule.filter(({ state }) => state !== 'Unscheduled')), 'unscheduled.state'),
        ]
      },
    ),
  TestRunScorePluginsFor(input, line) {
    const want = wantOf<{ wantStatus?: UpstreamVerdict; wantScoreList?: Record<string, UpstreamScore> }>(line)
    const { clusterName } = input['context'] as { clusterName: string }
    const skipped = new Set(list<string>(input['skippedPluginNames']))
    const { got, ended } = ending(() => scoresOf(plugins(input['scorePlugins']), skipped, named(clusterName)))
    if (want.wantStatus || ended) return compare(want.wantStatus !== undefined, ended, 'failed')
    const ours = [...(got ?? [])].map(([plugin, score]) => [plugin, upstreamScore(score)])
    return compare(want.wantScoreList, Object.fromEntries(ours), 'scores')
  },
  TestRunScorePlugins: (input, line) =>
    failable(
      line,
      () => scoreClusters(plugins(input['scorePlugins']), new Set(), list(input['clusters'])),
      (got) => compareScored(wantOf<{ wantScoredClusters?: unknown }>(line).wantScoredClusters, got),
    ),
  TestCalcNumOfClustersToSelect: (input, line) =>
    compare(
      wantOf<{ want: number }>(line).want,
      pickCount(input['desired'] as number, input['limit'] as number, input['scored'] as number),
    ),
  TestPickTopNScoredClusters(input, line) {
    const want = wantOf<{ wantPicked?: UpstreamScored[]; wantNotPicked?: UpstreamScored[] }>(line)
    const got = pickBest(list<UpstreamScored>(input['scoredClusters']).map(scored), (input['picks'] ?? 0) as number)
    const texts = (items: UpstreamScored[] | undefined) => (items ?? []).map(scored).map(scoredText)
    return [
      ...compare(texts(want.wantPicked), got.picked.map(scoredText), 'picked'),
      ...compare(texts(want.wantNotPicked), got.notPicked.map(scoredText), 'notPicked'),
    ]
  },
  TestShouldRequeue: (input, line) =>
    compare(
      wantOf<{ want: boolean }>(line).want,
      needsAnotherCycle(
        input['desiredBatchSize'] as number,
        input['batchLimit'] as number,
        input['bindingCount'] as number,
      ),
    ),
  TestCrossReferenceClustersWithTargetNames(input, line) {
    const want = wantOf<{
      wantValid?: MemberCluster[]
      wantInvalid?: { cluster: MemberCluster; reason: string }[]
      wantNotFound?: string[]
    }>(line)
    const { current } = input['context'] as { current: MemberCluster[] }
    const got = lookUp(list(input['target']), { fleet: fleetOf(current), now: vectorNow })
    const brief = (items: readonly { cluster: MemberCluster; reason: string }[] | undefined) =>
      (items ?? []).map(({ cluster, reason }) => ({ cluster: nameOf(cluster), reason }))
    return [
      ...compare((want.wantValid ?? []).map(nameOf), got.valid.map(nameOf), 'valid'),
      ...compare(brief(want.wantInvalid), brief(got.ineligible), 'invalid'),
      ...compare(want.wantNotFound, got.unknown, 'notFound'),
    ]
  },
  TestRunAllPluginsForPickNPlacementType(input, line) {
    const number = (name: string) => (input[name] ?? 0) as number
    const desired = number('numOfClusters') - number('numOfBoundOrScheduledBindings')
    const profile = {
      postBatch: plugins(input['postBatchPlugins']),
      preFilter: plugins(input['preFilterPlugins']),
      filter: plugins(input['filterPlugins']),
      preScore: plugins(input['preScorePlugins']),
      score: plugins(input['scorePlugins']),
    }
    return failable(
      line,
      () => filterAndScore(profile, clustersIn(input), desired),
      (got) => {
        const want = wantOf<{
          wantState: {
            skippedFilterPlugins?: string[]
            skippedScorePlugins?: string[]
            desiredBatchSize: number
            batchSizeLimit: number
          }
          wantScoredClusters?: unknown
          wantFiltered?: unknown
        }>(line)
        return [
          ...compare(want.wantState.batchSizeLimit, got.limit, 'limit'),
          ...compare(want.wantState.desiredBatchSize, desired, 'desired'),
          ...compareUnordered(want.wantState.skippedFilterPlugins, [...got.skippedFilters], 'skippedFilters'),
          ...compareUnordered(want.wantState.skippedScorePlugins, [...got.skippedScores], 'skippedScores'),
          ...compareScored(want.wantScoredClusters, got.scored),
          ...compareFiltered(want.wantFiltered, got.filtered),
        ]
      },
    )
  },
  TestGenerateBinding(input, line) {
    const want = wantOf<{
      expectedType?: string
      expectedNamespace?: string
      expectedLabel?: string
      expectedError: boolean
    }>(line)
    const key = PlacementKey.safeParse(input['placementKey'])
    if (want.expectedError || !key.success) return compare(want.expectedError, !key.success, 'failed')
    const { namespace, name } = placementLocation(key.data).key
    const kind = namespace ? 'ResourceBinding' : 'ClusterResourceBinding'
    return compare([want.expectedType, want.expectedNamespace, want.expectedLabel], [kind, namespace ?? '', name])
  },
  TestClusterScoreEqual: (input, line) =>
    compare(
      wantOf<{ want: boolean }>(line).want,
      compareScores(scoreOf(input['s1'] as UpstreamScore), scoreOf(input['s2'] as UpstreamScore)) === 0,
    ),
  TestClusterScoreLess(input, line) {
    const [one, two] = [scoreOf(input['s1'] as UpstreamScore), scoreOf(input['s2'] as UpstreamScore)]
    const { want } = wantOf<{ want: boolean }>(line)
    return compare([want, !want], [compareScores(one, two) < 0, compareScores(two, one) < 0])
  },
  TestScoredClustersSort(input, line) {
    const texts = (value: unknown) => list<UpstreamScored>(value).map(scored)
    const got = [...texts(input['scs'])].sort(byRank)
    return compare(texts(wantOf<{ want?: unknown }>(line).want).map(scoredText), got.map(scoredText))
  },
  TestClusterResourceBindingUniqueName: (input, line) =>
    failable(
      line,
      () => bindingName(input['crpName'] as string, input['clusterName'] as string, '0123456789abcdef'),
      (got) => {
        const want = wantOf<{ wantPrefix: string; wantLength: number }>(line)
        return [
          ...compare(want.wantPrefix, got.slice(0, want.wantPrefix.length), 'prefix'),
          ...compare(want.wantLength, got.length, 'length'),
        ]
      },
    ),
})
