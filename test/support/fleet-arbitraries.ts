// Random fleets, policies and bindings for properties of the scheduler.
import fc from 'fast-check'
import type { Binding } from '../../shared/api/binding.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import { binding, type ClusterCase, cluster } from './fleet-cases.ts'

const name = fc.constantFrom('a', 'a-1', 'a1', 'b', 'B0', 'c', 'c-10', 'c2', 'd', 'e', 'f', 'z9')
const clusterCase: fc.Arbitrary<ClusterCase> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('zone', 'tier'), fc.constantFrom('1', '2', '3')),
    taints: fc.array(fc.constant({ key: 'drain', effect: 'NoSchedule' }), { maxLength: 1 }),
    properties: fc.dictionary(fc.constantFrom('score'), fc.constantFrom('1', '1000m', '2', '0.3', '300m', '1Ki')),
    joined: fc.constantFrom('True' as const, 'True' as const, 'False' as const),
    deletionTimestamp: fc.constantFrom('2026-03-01T11:00:00Z'),
  },
  { requiredKeys: [] },
)
/** Up to ten clusters. */
export const fleet = fc
  .uniqueArray(fc.tuple(name, clusterCase), { selector: ([key]) => key, maxLength: 10 })
  .map((cases) => cases.map(([key, given]) => cluster(key, given)))

const constraints = fc.array(
  fc.record({
    maxSkew: fc.integer({ min: 1, max: 2 }),
    topologyKey: fc.constantFrom('zone', 'tier'),
    whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  }),
  { maxLength: 2 },
)
const preferred = fc.array(
  fc.record({
    weight: fc.integer({ min: -100, max: 100 }),
    preference: fc.constantFrom(
      { labelSelector: { matchLabels: { zone: '1' } } },
      { propertySorter: { name: 'score', sortOrder: 'Ascending' } },
      { propertySorter: { name: 'score', sortOrder: 'Descending' } },
    ),
  }),
  { maxLength: 2 },
)
/** PickN with spread constraints and preferences. */
export const pickN: fc.Arbitrary<PlacementPolicy> = fc
  .record({ numberOfClusters: fc.integer({ min: 0, max: 8 }), topologySpreadConstraints: constraints, preferred })
  .map(({ numberOfClusters, topologySpreadConstraints, preferred: terms }) => ({
    placementType: 'PickN' as const,
    numberOfClusters,
    topologySpreadConstraints,
    affinity: { clusterAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
  }))
/** Any policy, or none. */
export const policy: fc.Arbitrary<PlacementPolicy | undefined> = fc.oneof(
  pickN,
  fc.constant(undefined),
  fc.constant({ placementType: 'PickAll' as const }),
  fc
    .uniqueArray(name, { minLength: 1, maxLength: 5 })
    .map((clusterNames) => ({ placementType: 'PickFixed' as const, clusterNames })),
)
/** At most one binding a cluster, as the hub keeps them. */
export const bindings: fc.Arbitrary<Binding[]> = fc
  .uniqueArray(
    fc.record({
      target: name,
      state: fc.constantFrom('Scheduled' as const, 'Bound' as const, 'Unscheduled' as const),
      current: fc.boolean(),
      deleting: fc.boolean(),
    }),
    { selector: ({ target }) => target, maxLength: 6 },
  )
  .map((cases) =>
    cases.map(({ target, state, current, deleting }) =>
      binding(`${target}-1`, target, {
        state,
        ...(state === 'Unscheduled' && { previousState: 'Bound' as const }),
        ...(!current && { schedulingPolicySnapshotName: 'web-0' }),
        ...(deleting && { deletionTimestamp: '2026-03-01T11:00:00Z' }),
      }),
    ),
  )
