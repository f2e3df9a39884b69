import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { needsAnotherCycle, pickCount } from '../../../shared/domain/scheduler/cycle.ts'
import { nameOf } from '../../../shared/domain/scheduler/fleet.ts'
import {
  batchLimit,
  byRank,
  compareScores,
  filterAll,
  filterAndScore,
  filterCluster,
  filterClusters,
  pickBest,
  prepare,
  scoreClusters,
  scoresOf,
} from '../../../shared/domain/scheduler/stages.ts'
import {
  clustersIn,
  compareFiltered,
  compareScored,
  ending,
  failable,
  list,
  named,
  plugins,
  scored,
  scoredText,
  scoreOf,
  type UpstreamScored,
} from './fake-plugins.ts'
import { compareVerdict, type UpstreamScore, type UpstreamVerdict, upstreamScore } from './plugin-answers.ts'
import { compare, compareUnordered, type Difference, type Input, replayTests, type Vector, wantOf } from './replayer.ts'

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

export const schedulerStages = replayTests('scheduler-framework', {
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
  TestRunPostBatchPlugins(input, line) {
    const want = wantOf<{ wantBatchLimit: number; wantStatus?: UpstreamVerdict }>(line)
    const { got, ended } = ending(() =>
      batchLimit(plugins(input['postBatchPlugins']), input['desiredBatchSize'] as number),
    )
    if (want.wantStatus || ended) return compare(want.wantStatus !== undefined, ended, 'failed')
    return compare(want.wantBatchLimit, got, 'limit')
  },
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
})
