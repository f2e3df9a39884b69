// Random scheduling cycles of the kind the golden ones are: fleets of up to 40 clusters in every state of health, policies
// with everything a policy can say, and bindings that earlier cycles, rollouts and changes left behind.
import fc from 'fast-check'
import type { Binding } from '../../shared/api/binding.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { ClusterSelectorTerm, PlacementPolicy, TopologySpreadConstraint } from '../../shared/api/placement.ts'
import { binding, type ClusterCase, cluster } from './fleet-cases.ts'

const letters = [...'abc019-']
/** Names that share prefixes and mix digits, letters and dashes, so that ties show how names are compared. */
const name = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'c1', 'c-1'), fc.array(fc.constantFrom(...letters), { maxLength: 3 }))
  .map(([head, tail]) => `${head}${tail.join('')}x`)

const labels = fc.record(
  {
    region: fc.constantFrom('west', 'east', 'north'),
    zone: fc.constantFrom('1', '2', '3', '4'),
    env: fc.constantFrom('prod', 'test'),
    tier: fc.constantFrom('gold', 'iron'),
    rack: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5'),
  },
  { requiredKeys: ['rack'] },
)
const taint = fc.record({
  key: fc.constantFrom('drain', 'gpu'),
  value: fc.constantFrom('yes', 'no'),
  effect: fc.constant('NoSchedule'),
})
/** The same few values in many notations. */
const quantity = fc.constantFrom('0', '1', '1000m', '2', '0.5', '500m', '1Ki', '1024', '3e0', '5.', '+4')
const health: fc.Arbitrary<ClusterCase> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ joined: 'False' as const }) },
  { weight: 1, arbitrary: fc.constant({ heartbeat: '2026-03-01T11:54:59Z' }) },
  { weight: 1, arbitrary: fc.constant({ heartbeat: '2026-03-01T11:55:00Z' }) },
  { weight: 1, arbitrary: fc.constant({ healthy: 'False' as const, healthySince: '2026-03-01T11:50:00Z' }) },
  { weight: 1, arbitrary: fc.constant({ healthy: 'False' as const, healthySince: '2026-03-01T11:58:00Z' }) },
  { weight: 1, arbitrary: fc.constant({ deletionTimestamp: '2026-03-01T11:59:00Z' }) },
)
const clusterCase = fc
  .record({
    labels,
    taints: fc.oneof(
      { weight: 3, arbitrary: fc.array(taint, { maxLength: 0 }) },
      { weight: 1, arbitrary: fc.array(taint, { maxLength: 2 }) },
    ),
    properties: fc.dictionary(fc.constantFrom('kubernetes-fleet.io/node-count', 'cost'), quantity),
    available: fc.dictionary(fc.constantFrom('cpu', 'memory'), quantity),
    health,
  })
  .map(({ health: state, ...rest }): ClusterCase => ({ ...rest, ...state }))
const one = fc.tuple(name, clusterCase).map(([key, given]) => cluster(key, given))

/** Three quarters have at most 8 clusters. */
export const fleets: fc.Arbitrary<MemberCluster[]> = fc.oneof(
  { weight: 3, arbitrary: fleetOfAtMost(8) },
  { weight: 1, arbitrary: fleetOfAtMost(40) },
)
function fleetOfAtMost(maxLength: number) {
  return fc.uniqueArray(one, { selector: ({ metadata }) => metadata.name, maxLength })
}

const labelSelector = fc.oneof(
  fc.record({ region: fc.constantFrom('west', 'east') }).map((matchLabels) => ({ matchLabels })),
  fc
    .record({ key: fc.constantFrom('env', 'tier'), operator: fc.constantFrom('Exists', 'DoesNotExist') })
    .map((expression) => ({ matchExpressions: [expression] })),
  fc
    .record({
      key: fc.constant('zone'),
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.array(fc.constantFrom('1', '2'), { minLength: 1, maxLength: 2 }),
    })
    .map((expression) => ({ matchExpressions: [expression] })),
)
const property = fc.constantFrom(
  'kubernetes-fleet.io/node-count',
  'cost',
  'resources.kubernetes-fleet.io/available-cpu',
)
const requiredTerm: fc.Arbitrary<ClusterSelectorTerm> = fc
  .record(
    {
      labelSelector,
      expression: fc.record({
        name: property,
        operator: fc.constantFrom('Gt', 'Ge', 'Eq', 'Ne', 'Lt', 'Le'),
        value: quantity,
      }),
    },
    { requiredKeys: [] },
  )
  .map(({ labelSelector: by, expression }) => ({
    ...(by && { labelSelector: by }),
    ...(expression && {
      propertySelector: {
        matchExpressions: [{ name: expression.name, operator: expression.operator, values: [expression.value] }],
      },
    }),
  }))
const preferredTerm = fc
  .record({
    weight: fc.integer({ min: -100, max: 100 }),
    by: fc.option(labelSelector, { nil: undefined }),
    sorter: fc.option(fc.record({ name: property, sortOrder: fc.constantFrom('Ascending', 'Descending') }), {
      nil: undefined,
    }),
  })
  .map(({ weight, by, sorter }) => ({
    weight,
    preference: { ...(by && { labelSelector: by }), ...(sorter && { propertySorter: sorter }) },
  }))
const toleration = fc.oneof(
  fc.record({ key: fc.constantFrom('drain', 'gpu'), operator: fc.constant('Exists') }),
  fc.record({
    key: fc.constantFrom('drain', 'gpu'),
    operator: fc.constant('Equal'),
    value: fc.constantFrom('yes', 'no'),
  }),
)
const constraint: fc.Arbitrary<TopologySpreadConstraint> = fc.record({
  maxSkew: fc.integer({ min: 1, max: 3 }),
  topologyKey: fc.constantFrom('region', 'zone', 'rack'),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
})

const choosy = fc.record({
  required: fc.array(requiredTerm, { maxLength: 2 }),
  preferred: fc.array(preferredTerm, { maxLength: 3 }),
  tolerations: fc.array(toleration, { maxLength: 2 }),
  spread: fc.oneof(
    { weight: 2, arbitrary: fc.array(constraint, { maxLength: 0 }) },
    { weight: 1, arbitrary: fc.array(constraint, { minLength: 1, maxLength: 3 }) },
  ),
  numberOfClusters: fc.integer({ min: 0, max: 15 }),
})

/** Shares of the golden cycles: no policy 6 %, PickAll 22 %, PickFixed 16 %, PickN 56 %. */
export const policies: fc.Arbitrary<PlacementPolicy | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 22,
    arbitrary: choosy.map(({ required, tolerations }) => ({
      placementType: 'PickAll' as const,
      tolerations,
      ...(required.length > 0 && { affinity: affinityOf(required, []) }),
    })),
  },
  {
    weight: 16,
    arbitrary: fc
      .uniqueArray(name, { maxLength: 5 })
      .map((clusterNames) => ({ placementType: 'PickFixed' as const, clusterNames })),
  },
  {
    weight: 56,
    arbitrary: choosy.map(({ required, preferred, tolerations, spread, numberOfClusters }) => ({
      placementType: 'PickN' as const,
      numberOfClusters,
      tolerations,
      topologySpreadConstraints: spread,
      affinity: affinityOf(required, preferred),
    })),
  },
)

function affinityOf(required: ClusterSelectorTerm[], preferred: { weight: number; preference: ClusterSelectorTerm }[]) {
  return {
    clusterAffinity: {
      ...(required.length > 0 && {
        requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms: required },
      }),
      ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
    },
  }
}

const left = fc.record({
  at: fc.nat(),
  elsewhere: fc.boolean(),
  state: fc.constantFrom('Scheduled' as const, 'Bound' as const, 'Unscheduled' as const),
  current: fc.boolean(),
  deleting: fc.boolean(),
  score: fc.option(
    fc.record({ affinityScore: fc.integer({ min: -9, max: 9 }), priorityScore: fc.integer({ min: -2, max: 2 }) }),
    { nil: undefined },
  ),
})

/** Bindings in any mix, at most one a cluster; some of clusters that are gone. */
export function bindingsOn(clusters: readonly MemberCluster[]): fc.Arbitrary<Binding[]> {
  return fc.array(left, { maxLength: 8 }).map((cases) => {
    const made = new Map<string, Binding>()
    for (const { at, elsewhere, state, current, deleting, score } of cases) {
      const target =
        elsewhere || clusters.length === 0 ? `gone-${at % 5}` : (clusters[at % clusters.length]?.metadata.name ?? '')
      made.set(
        target,
        binding(`${target}-1`, target, {
          state,
          clusterDecision: { clusterName: target, selected: true, reason: '', ...(score && { clusterScore: score }) },
          ...(state === 'Unscheduled' && { previousState: 'Bound' as const }),
          ...(!current && { schedulingPolicySnapshotName: 'web-0' }),
          ...(deleting && { deletionTimestamp: '2026-03-01T11:00:00Z' }),
        }),
      )
    }
    return [...made.values()]
  })
}
