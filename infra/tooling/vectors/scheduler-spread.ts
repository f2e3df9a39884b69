// The topology spread plugin: counting, weighing, evaluating.
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import type { TopologySpreadConstraint } from '../../../shared/api/placement.ts'
import { isVerdict, type Plugin } from '../../../shared/domain/scheduler/plugin.ts'
import {
  classifyConstraints,
  countByDomain,
  type DomainCount,
  evaluateConstraints,
  spreadPlugin,
  summarise,
  topologySpread,
  weighPick,
} from '../../../shared/domain/scheduler/plugins/topology-spread.ts'
import {
  compareVerdict,
  list,
  plugin,
  preFilterTest,
  type Snapshot,
  snapshotIn,
  type UpstreamScore,
  type UpstreamVerdict,
  upstreamScore,
} from './plugin-answers.ts'
import { compare, type Difference, type Input, replayTests, type Vector, wantOf } from './replayer.ts'
import { bindingOf, type UpstreamBinding } from './upstream.ts'

interface Counter {
  readonly counter?: Readonly<Record<string, number>>
  readonly smallest: number
  readonly secondSmallest: number
  readonly largest: number
}

const countOf = ({ counter, smallest, secondSmallest, largest }: Counter): DomainCount => ({
  counts: new Map(Object.entries(counter ?? {})),
  smallest,
  secondSmallest,
  largest,
})

const counterOf = ({ counts, smallest, secondSmallest, largest }: DomainCount): Counter => ({
  counter: Object.fromEntries(counts),
  smallest,
  secondSmallest,
  largest,
})

interface State {
  readonly violations?: Readonly<Record<string, readonly string[]>>
  readonly scores?: Readonly<Record<string, number>>
}

function evaluationOf(input: Input, classified: ReturnType<typeof classifyConstraints>): State {
  const clusters = list<MemberCluster>(input['clusters'])
  const evaluation = evaluateConstraints(clusters, list<UpstreamBinding>(input['bindings']).map(bindingOf), classified)
  return { violations: Object.fromEntries(evaluation.violations), scores: Object.fromEntries(evaluation.scores) }
}

function stateTest(field: string) {
  return (input: Input, line: Vector): Difference[] => {
    const want = wantOf<Record<string, State & Record<string, unknown>>>(line)[field]
    if (!want) return []
    const { doNotScheduleConstraints, scheduleAnywayConstraints, violations, scores } = want
    const classified = classifyConstraints(snapshotIn(input).spec?.policy?.topologySpreadConstraints ?? [])
    return [
      ...compare(doNotScheduleConstraints, classified.doNotSchedule, 'doNotSchedule'),
      ...compare(scheduleAnywayConstraints, classified.scheduleAnyway, 'scheduleAnyway'),
      ...compare({ violations, scores }, evaluationOf(input, classified)),
    ]
  }
}

/** The plugin over a prepared state. */
function prepared(input: Input): Plugin {
  const state = (input['ps'] ?? {}) as State
  const { policy } = (input['context'] ?? {}) as { policy?: Snapshot }
  return spreadPlugin(policy?.spec?.policy, () => ({
    violations: new Map(Object.entries(state.violations ?? {})),
    scores: new Map(Object.entries(state.scores ?? {})),
  }))
}

export const spreadPlugins = replayTests('scheduler-topologyspread', {
  TestPostBatch(input, line) {
    const want = wantOf<{ wantLimit: number; wantStatus?: UpstreamVerdict }>(line)
    const advice = plugin(topologySpread, { snapshot: snapshotIn(input) }).postBatch?.()
    return [
      ...compare(want.wantLimit, advice?.limit, 'limit'),
      ...compareVerdict(want.wantStatus, advice?.verdict, 'status'),
    ]
  },
  TestPreFilter: (input, line) => [
    ...preFilterTest(topologySpread)(input, line),
    ...stateTest('wantPluginState')(input, line),
  ],
  TestFilter: (input, line) =>
    compareVerdict(
      wantOf<{ want?: UpstreamVerdict }>(line).want,
      prepared(input).filter?.(input['cluster'] as MemberCluster),
      'filter',
    ),
  TestPreScore: (input, line) =>
    compareVerdict(
      wantOf<{ want?: UpstreamVerdict }>(line).want,
      plugin(topologySpread, { snapshot: snapshotIn({ policy: input['policy'] }) }).preScore?.(),
      'preScore',
    ),
  TestScore(input, line) {
    const want = wantOf<{ wantScore?: UpstreamScore; wantStatus?: UpstreamVerdict }>(line)
    const { cluster } = input['context'] as { cluster: MemberCluster }
    const got = prepared(input).score?.(cluster) ?? {}
    return isVerdict(got)
      ? compareVerdict(want.wantStatus, got, 'status')
      : [
          ...compareVerdict(want.wantStatus, undefined, 'status'),
          ...compare(want.wantScore, upstreamScore(got), 'score'),
        ]
  },
  TestBindingCounterByDomain(input, line) {
    const want = wantOf<Record<'wantSmallest' | 'wantSecondSmallest' | 'wantLargest', number>>(line)
    const { counts, smallest, secondSmallest, largest } = summarise(countOf(input['counter'] as Counter).counts)
    if (input['initialized'] !== true) return compare([-1, -1, -1, 0], [smallest, secondSmallest, largest, counts.size])
    return compare([want.wantSmallest, want.wantSecondSmallest, want.wantLargest], [smallest, secondSmallest, largest])
  },
  TestCountByDomain(input, line) {
    const { topologyKey1 } = input['context'] as { topologyKey1: string }
    const bindings = list<UpstreamBinding>(input['bindings']).map(bindingOf)
    const want = wantOf<{ wantBindingCounterByDomain: Counter }>(line).wantBindingCounterByDomain
    return compare(want, counterOf(countByDomain(list(input['clusters']), bindings, topologyKey1)))
  },
  TestClassifyConstriants(input, line) {
    const want = wantOf<{ wantDoNotSchedule: unknown; wantScheduleAnyway: unknown }>(line)
    const got = classifyConstraints(snapshotIn(input).spec?.policy?.topologySpreadConstraints ?? [])
    return compare([want.wantDoNotSchedule, want.wantScheduleAnyway], [got.doNotSchedule, got.scheduleAnyway])
  },
  TestWillViolate(input, line) {
    const want = wantOf<{ wantViolated?: boolean; wantSkewChange?: number; expectedToFail: boolean }>(line)
    const got = weighPick(countOf(input['counter'] as Counter), input['dn'] as string, input['maxSkew'] as number)
    if (want.expectedToFail || !got) return compare(want.expectedToFail, got === undefined, 'failed')
    return compare([want.wantViolated, want.wantSkewChange], [got.violated, got.skewChange])
  },
  TestEvaluateAllConstraints(input, line) {
    const want = wantOf<{ wantViolations?: State['violations']; wantScores?: State['scores'] }>(line)
    const constraints = (name: string) => list<TopologySpreadConstraint>(input[name])
    const got = evaluationOf(input, {
      doNotSchedule: constraints('doNotSchedule'),
      scheduleAnyway: constraints('scheduleAnyway'),
    })
    return compare({ violations: want.wantViolations, scores: want.wantScores }, got)
  },
  TestPrepareTopologySpreadConstraintsPluginState: stateTest('want'),
})
