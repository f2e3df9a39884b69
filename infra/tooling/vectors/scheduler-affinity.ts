// The cluster affinity plugin: required terms, preferred terms, properties.
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import type { ClusterSelectorTerm } from '../../../shared/api/placement.ts'
import { compareQuantities, parseQuantity, type Quantity } from '../../../shared/domain/quantity.ts'
import { readProperty, readResource } from '../../../shared/domain/scheduler/fleet.ts'
import {
  clusterAffinity,
  type PreferredTerm,
  propertyRanges,
  type Range,
  shareOf,
  termMatcher,
  termScorer,
} from '../../../shared/domain/scheduler/plugins/cluster-affinity.ts'
import {
  compareVerdict,
  filterTest,
  list,
  plugin,
  preFilterTest,
  type Snapshot,
  snapshotIn,
  type UpstreamScore,
  type UpstreamVerdict,
  upstreamScore,
} from './plugin-answers.ts'
import { compare, type Difference, replayTests, type Vector, wantOf } from './replayer.ts'

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
