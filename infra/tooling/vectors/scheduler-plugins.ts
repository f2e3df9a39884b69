// Each scheduler plugin on its own.
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import type { ClusterSelectorTerm, PlacementPolicy, TopologySpreadConstraint } from '../../../shared/api/placement.ts'
import { eligibility } from '../../../shared/domain/membership/eligibility.ts'
import { compareQuantities, parseQuantity, type Quantity } from '../../../shared/domain/quantity.ts'
import { fleetOf, readProperty, readResource } from '../../../shared/domain/scheduler/fleet.ts'
import {
  type CycleContext,
  isVerdict,
  type Plugin,
  type PluginFactory,
  type Score,
  type Verdict,
} from '../../../shared/domain/scheduler/plugin.ts'
import {
  clusterAffinity,
  type PreferredTerm,
  propertyRanges,
  type Range,
  shareOf,
  termMatcher,
  termScorer,
} from '../../../shared/domain/scheduler/plugins/cluster-affinity.ts'
import { clusterEligibility } from '../../../shared/domain/scheduler/plugins/cluster-eligibility.ts'
import { namespaceAffinity } from '../../../shared/domain/scheduler/plugins/namespace-affinity.ts'
import { samePlacementAffinity } from '../../../shared/domain/scheduler/plugins/same-placement-affinity.ts'
import { taintToleration } from '../../../shared/domain/scheduler/plugins/taint-toleration.ts'
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
import { compare, type Difference, type Input, replayTests, type Vector, vectorNow, wantOf } from './replayer.ts'
import { bindingOf, type UpstreamBinding } from './upstream.ts'

export interface UpstreamVerdict {
  readonly code: string
  readonly reasons?: readonly string[]
  readonly sourcePlugin?: string
}

export interface UpstreamScore {
  readonly TopologySpreadScore?: number
  readonly AffinityScore?: number
  readonly ObsoletePlacementAffinityScore?: number
}

/** A wanted plugin answer against ours; reasons only where the vector has them. */
export function compareVerdict(
  wanted: UpstreamVerdict | undefined,
  got: Verdict | undefined,
  field: string,
): Difference[] {
  if (!wanted || !got) {
    return wanted === undefined && got === undefined
      ? []
      : [{ field, wanted: wanted ?? 'success', got: got ?? 'success' }]
  }
  return [
    ...compare(wanted.code, got.code, `${field}.code`),
    ...compare(wanted.sourcePlugin, got.plugin, `${field}.plugin`),
    ...(wanted.reasons && wanted.reasons.length > 0 ? compare(wanted.reasons, got.reasons, `${field}.reasons`) : []),
  ]
}

/** Points under upstream's names. */
export function upstreamScore(score: Partial<Score>): UpstreamScore {
  return {
    TopologySpreadScore: score.topologySpread ?? 0,
    AffinityScore: score.affinity ?? 0,
    ObsoletePlacementAffinityScore: score.obsoleteAffinity ?? 0,
  }
}

type Snapshot = {
  readonly metadata?: { readonly namespace?: string }
  readonly spec?: { readonly policy?: PlacementPolicy }
}

interface Setting {
  readonly snapshot?: Snapshot | undefined
  readonly clusters?: readonly MemberCluster[]
  readonly current?: readonly UpstreamBinding[]
  readonly obsolete?: readonly UpstreamBinding[]
}

function contextOf({ snapshot, clusters = [], current = [], obsolete = [] }: Setting): CycleContext {
  return {
    fleet: fleetOf(clusters),
    policy: snapshot?.spec?.policy,
    namespace: snapshot?.metadata?.namespace,
    current: current.map(bindingOf),
    obsolete: obsolete.map(bindingOf),
    now: vectorNow,
  }
}

function plugin(factory: PluginFactory, setting: Setting): Plugin {
  return factory(contextOf(setting))
}

const list = <T>(value: unknown) => (value ?? []) as T[]
const snapshotIn = (input: Input) => (input['ps'] ?? input['policySnapshot'] ?? input['policy']) as Snapshot

function filterTest(factory: PluginFactory, field = 'wantStatus') {
  return (input: Input, line: Vector): Difference[] => {
    const context = input['context'] as { policy?: Snapshot } | undefined
    const cluster = input['cluster'] as MemberCluster
    const snapshot = snapshotIn(input) ?? context?.policy
    const got = plugin(factory, { snapshot, clusters: [cluster] }).filter?.(cluster)
    return compareVerdict(wantOf<Record<string, UpstreamVerdict>>(line)[field], got, 'filter')
  }
}

function preFilterTest(factory: PluginFactory) {
  return (input: Input, line: Vector): Difference[] =>
    compareVerdict(
      wantOf<{ wantStatus?: UpstreamVerdict }>(line).wantStatus,
      plugin(factory, {
        snapshot: snapshotIn(input),
        clusters: list(input['clusters']),
        current: list(input['bindings']),
      }).preFilter?.(),
      'preFilter',
    )
}

type Table = { readonly minMaxValuesByProperty?: Record<string, { min?: string; max?: string }> }

function rangesOf(table: unknown): Map<string, Range> {
  const entries = Object.entries((table as Table | undefined)?.minMaxValuesByProperty ?? {})
  const read = (text: string | undefined) => (text === undefined ? undefined : parseQuantity(text))
  return new Map(entries.map(([name, { min, max }]) => [name, { min: read(min), max: read(max) }]))
}

/** Runs something that may fail, as the vector says it must or must not. */
function failable<T>(line: Vector, run: () => T, check: (got: T) => Difference[]): Difference[] {
  const wanted = wantOf<{ expectedToFail?: boolean }>(line).expectedToFail ?? false
  try {
    const got = run()
    return wanted ? [{ field: 'error', wanted: 'an error', got }] : check(got)
  } catch (error) {
    return wanted ? [] : [{ field: 'error', wanted: 'none', got: String(error) }]
  }
}

function sameQuantity(wanted: string | undefined, got: Quantity | undefined, field: string): Difference[] {
  const equal =
    wanted === undefined || got === undefined
      ? wanted === undefined && got === undefined
      : compareQuantities(parseQuantity(wanted), got) === 0
  return equal ? [] : [{ field, wanted: wanted ?? 'nothing', got: String(got?.nanos) }]
}

const wantedNumber = (line: Vector) => (got: number | boolean) =>
  compare(wantOf<{ want?: number | boolean }>(line).want, got)

export const affinityPlugin = replayTests('scheduler-clusteraffinity', {
  TestPreFilter: preFilterTest(clusterAffinity),
  TestFilter: filterTest(clusterAffinity),
  TestPreScore(input, line) {
    const want = wantOf<{ wantStatus?: UpstreamVerdict; wantPS?: Table }>(line)
    const clusters = list<MemberCluster>(input['clusters'])
    const snapshot = snapshotIn(input)
    const preferred = snapshot.spec?.policy?.affinity?.clusterAffinity?.preferredDuringSchedulingIgnoredDuringExecution
    const ranges = propertyRanges(clusters, preferred ?? [], readProperty)
    const wanted = Object.entries(want.wantPS?.minMaxValuesByProperty ?? {})
    return [
      ...compareVerdict(want.wantStatus, plugin(clusterAffinity, { snapshot, clusters }).preScore?.(), 'preScore'),
      ...wanted.flatMap(([name, { min, max }]) => [
        ...sameQuantity(min, ranges.get(name)?.min, `${name}.min`),
        ...sameQuantity(max, ranges.get(name)?.max, `${name}.max`),
      ]),
    ]
  },
  TestPluginScore(input, line) {
    const ranges = rangesOf(input['ps'])
    const policy = (input['policy'] as Snapshot).spec?.policy
    const preferred = policy?.affinity?.clusterAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const affinity = preferred
      .map((term) => termScorer(term)(input['cluster'] as MemberCluster, ranges, readProperty))
      .reduce((sum, points) => sum + points, 0)
    return compare(wantOf<{ wantScore: UpstreamScore }>(line).wantScore, upstreamScore({ affinity }))
  },
  TestRetrieveResourceUsageFrom: (input, line) =>
    failable(
      line,
      () => readResource(input['cluster'] as MemberCluster | undefined, input['propertyName'] as string),
      (got) => sameQuantity(wantOf<{ wantQuantity?: string }>(line).wantQuantity, got, 'quantity'),
    ),
  TestRetrievePropertyValueFrom: (input, line) =>
    failable(
      line,
      () => readProperty(input['cluster'] as MemberCluster, input['propertyName'] as string),
      (got) => sameQuantity(wantOf<{ wantQuantity?: string }>(line).wantQuantity, got, 'quantity'),
    ),
  TestClusterRequirementMatches(input, line) {
    const { ClusterSelectorTerm: term } = input['clusterRequirement'] as { ClusterSelectorTerm: ClusterSelectorTerm }
    return failable(line, () => termMatcher(term)(input['cluster'] as MemberCluster, readProperty), wantedNumber(line))
  },
  TestClusterPreferenceScores(input, line) {
    const { Weight, Preference } = input['clusterPreference'] as {
      Weight: number
      Preference: PreferredTerm['preference']
    }
    const score = () =>
      termScorer({ weight: Weight, preference: Preference })(
        input['cluster'] as MemberCluster,
        rangesOf(input['state']),
        readProperty,
      )
    return failable(line, score, wantedNumber(line))
  },
  TestInterpolateWeightFor(input, line) {
    const name = input['propertyName'] as string
    const share = () => {
      const value = readProperty(input['cluster'] as MemberCluster, name)
      return shareOf(input['weight'] as number, input['sortOrder'] as string, value, rangesOf(input['state']).get(name))
    }
    return failable(line, share, wantedNumber(line))
  },
})

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

export const taintPlugin = replayTests('scheduler-tainttoleration', { TestFilter: filterTest(taintToleration) })

export const namespacePlugin = replayTests('scheduler-namespaceaffinity', {
  TestPreFilter: preFilterTest(namespaceAffinity),
  TestFilter: filterTest(namespaceAffinity),
})

export const eligibilityPlugin = replayTests('scheduler-clustereligibility', {
  TestFilter(input, line) {
    const cluster = input['cluster'] as MemberCluster
    const got = plugin(clusterEligibility, { clusters: [cluster] }).filter?.(cluster)
    const { want } = wantOf<{ want?: UpstreamVerdict }>(line)
    return compareVerdict(want && { ...want, reasons: [] }, got, 'filter')
  },
  TestIsClusterEligible(input, line) {
    const want = wantOf<{ wantEligible: boolean; wantReasonPrefix: string }>(line)
    const limits = input['context'] as { heartbeatCheckTimeoutSeconds: number; healthCheckTimeoutSeconds: number }
    const { eligible, reason } = eligibility(input['cluster'] as MemberCluster, vectorNow, {
      heartbeatMs: limits.heartbeatCheckTimeoutSeconds * 1000,
      unhealthyMs: limits.healthCheckTimeoutSeconds * 1000,
    })
    const starts = reason.startsWith(want.wantReasonPrefix)
    return [
      ...compare(want.wantEligible, eligible, 'eligible'),
      ...(starts ? [] : [{ field: 'reason', wanted: want.wantReasonPrefix, got: reason }]),
    ]
  },
})

function named(name: string): MemberCluster {
  const identity = { kind: 'User', name }
  return {
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name },
    spec: { identity },
  }
}

export const samePlacementPlugin = replayTests('scheduler-sameplacementaffinity', {
  TestFilter(input, line) {
    const { clusterName } = input['context'] as { clusterName: string }
    const got = plugin(samePlacementAffinity, { current: list(input['scheduledOrBoundBindings']) }).filter?.(
      named(clusterName),
    )
    return compareVerdict(wantOf<{ want?: UpstreamVerdict }>(line).want, got, 'filter')
  },
  TestScore(input, line) {
    const { clusterName } = input['context'] as { clusterName: string }
    const got =
      plugin(samePlacementAffinity, { obsolete: list(input['obsoleteBindings']) }).score?.(named(clusterName)) ?? {}
    if (isVerdict(got)) return [{ field: 'score', wanted: 'points', got }]
    return compare(wantOf<{ want: UpstreamScore }>(line).want, upstreamScore(got), 'score')
  },
})
