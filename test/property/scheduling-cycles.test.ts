// Random scheduling cycles, judged by rules said a second time and more plainly than in the scheduler.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Binding } from '../../shared/api/binding.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { PlacementPolicy, Toleration } from '../../shared/api/placement.ts'
import { matchesLabels } from '../../shared/domain/label-selector.ts'
import { parseQuantity } from '../../shared/domain/quantity.ts'
import { type CycleInput, runCycle } from '../../shared/domain/scheduler/cycle.ts'
import { explain } from '../../shared/domain/scheduler/explain.ts'
import { applied, scheduleFully } from '../../shared/domain/scheduler/schedule.ts'
import { bindingsOn, fleets, policies } from '../support/cycle-arbitraries.ts'
import { cluster, cycleInput, noon } from '../support/fleet-cases.ts'

interface Case {
  readonly policy: PlacementPolicy | undefined
  readonly clusters: readonly MemberCluster[]
  readonly before: readonly Binding[]
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(policies, fleets)
  .chain(([policy, clusters]) => bindingsOn(clusters).map((before) => ({ policy, clusters, before })))
const runs = { numRuns: 600 }

const inputOf = ({ policy, clusters, before }: Case): CycleInput => cycleInput(policy, clusters, before)
const live = (all: readonly Binding[]) =>
  all.filter(
    (each) => each.state !== 'Unscheduled' && !each.deletionTimestamp && each.schedulingPolicySnapshotName === 'web-1',
  )
const targets = (all: readonly Binding[]) => all.map(({ targetCluster }) => targetCluster).sort()

function isEligible({ metadata, status }: MemberCluster): boolean {
  const [agent] = status?.agentStatus ?? []
  const said = (type: string) => agent?.conditions?.find((condition) => condition.type === type)
  const since = (text: string | undefined) => noon - Date.parse(text ?? '')
  const healthy = said('Healthy')
  return (
    !metadata.deletionTimestamp &&
    since(agent?.lastReceivedHeartbeat) <= 300_000 &&
    said('Joined')?.status === 'True' &&
    (healthy?.status === 'True' || since(healthy?.lastTransitionTime) <= 300_000)
  )
}

function isTolerated({ spec }: MemberCluster, tolerations: readonly Toleration[] = []): boolean {
  return (spec.taints ?? []).every((taint) =>
    tolerations.some(
      ({ key, operator, value }) => key === taint.key && (operator === 'Exists' || value === taint.value),
    ),
  )
}

const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Gt: (a, b) => a > b,
  Ge: (a, b) => a >= b,
  Eq: (a, b) => a === b,
  Ne: (a, b) => a !== b,
  Lt: (a, b) => a < b,
  Le: (a, b) => a <= b,
}

function isWanted(target: MemberCluster, policy: PlacementPolicy | undefined): boolean {
  const terms =
    policy?.affinity?.clusterAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.clusterSelectorTerms ?? []
  const amountOf = (name: string) => {
    const amount = target.status?.resourceUsage?.available?.['cpu']
    const text = name.endsWith('available-cpu') ? amount : target.status?.properties?.[name]?.value
    return text === undefined ? undefined : parseQuantity(String(text)).approximate
  }
  return (
    terms.length === 0 ||
    terms.some(
      ({ labelSelector, propertySelector }) =>
        matchesLabels(labelSelector, target.metadata.labels) &&
        (propertySelector?.matchExpressions ?? []).every(({ name, operator, values: [wanted = ''] }) => {
          const value = amountOf(name)
          return value !== undefined && compare[operator]?.(value, parseQuantity(wanted).approximate)
        }),
    )
  )
}

test('whoever is newly picked is eligible, wanted and tolerated', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const result = scheduleFully(inputOf(given))
      assert.equal(result.error, undefined)
      for (const { targetCluster } of [...result.create, ...result.patch]) {
        const target = given.clusters.find(({ metadata }) => metadata.name === targetCluster)
        assert.ok(target && isEligible(target), `${targetCluster} is not eligible`)
        if (given.policy?.placementType === 'PickFixed') {
          assert.ok(given.policy.clusterNames?.includes(targetCluster))
          continue
        }
        assert.ok(isTolerated(target, given.policy?.tolerations), `${targetCluster} is tainted`)
        assert.ok(isWanted(target, given.policy), `${targetCluster} is not wanted`)
      }
    }),
    runs,
  )
})

test('PickAll holds exactly the clusters that qualify, and those it holds already', () => {
  fc.assert(
    fc.property(cases, (given) => {
      if (given.policy && given.policy.placementType !== 'PickAll') return
      const after = targets(live(applied(given.before, scheduleFully(inputOf(given)))))
      const held = targets(live(given.before))
      for (const { metadata, ...rest } of given.clusters) {
        const target = { metadata, ...rest }
        const name = metadata.name ?? ''
        const qualifies =
          isEligible(target) && isTolerated(target, given.policy?.tolerations) && isWanted(target, given.policy)
        assert.equal(after.includes(name), qualifies || (held.includes(name) && !metadata.deletionTimestamp), name)
      }
    }),
    runs,
  )
})

test('PickN never exceeds N, misses it only when nobody is left who qualifies, and says which', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { policy } = given
      if (policy?.placementType !== 'PickN') return
      const result = scheduleFully(inputOf(given))
      const held = targets(live(applied(given.before, result)))
      const wanted = policy.numberOfClusters ?? 0
      assert.ok(held.length <= wanted, `${held.length} of ${wanted}`)
      assert.equal(result.status?.condition.status, held.length === wanted ? 'True' : 'False')
      if (held.length === wanted || policy.topologySpreadConstraints?.length) return
      const free = given.clusters.filter(
        (each) =>
          !held.includes(each.metadata.name ?? '') &&
          isEligible(each) &&
          isTolerated(each, policy.tolerations) &&
          isWanted(each, policy),
      )
      assert.deepEqual(free, [])
    }),
    runs,
  )
})

/** The largest difference between the numbers of held clusters per value of a label. */
function skewOf(clusters: readonly MemberCluster[], held: ReadonlySet<string>, key: string): number {
  const counts = new Map<string, number>()
  for (const { metadata } of clusters) {
    const domain = metadata.labels?.[key]
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + (held.has(metadata.name ?? '') ? 1 : 0))
  }
  return counts.size === 0 ? 0 : Math.max(...counts.values()) - Math.min(...counts.values())
}

/** The constraints a pick on this cluster must keep. */
function constraintsOn(target: string | undefined, { policy, clusters }: Case) {
  const { metadata } = clusters.find((each) => each.metadata.name === target) ?? {}
  return (policy?.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable, topologyKey }) =>
      whenUnsatisfiable === 'DoNotSchedule' && metadata?.labels?.[topologyKey] !== undefined,
  )
}

test('no pick leaves a skew that its constraint forbids', () => {
  fc.assert(
    fc.property(cases, (given) => {
      if (!given.policy?.topologySpreadConstraints?.length) return
      let held = [...given.before]
      for (let cycle = 0; cycle < 20; cycle += 1) {
        const result = runCycle(cycleInput(given.policy, given.clusters, held))
        held = applied(held, result)
        const [pick, ...others] = [...result.create, ...result.patch]
        assert.deepEqual(others, [])
        const now = new Set(targets(live(held)))
        for (const { maxSkew = 1, topologyKey } of constraintsOn(pick?.targetCluster, given))
          assert.ok(skewOf(given.clusters, now, topologyKey) <= maxSkew)
        if (!result.requeue) break
      }
    }),
    runs,
  )
})

test('adding a cluster takes nothing away and moves nothing', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const settled = applied(given.before, scheduleFully(inputOf(given)))
      const more = [...given.clusters, cluster('new-one', { labels: { region: 'west', rack: 'r1' } })]
      const result = scheduleFully(cycleInput(given.policy, more, settled))
      assert.deepEqual([result.patch, result.unschedule], [[], []])
      for (const { targetCluster } of result.create)
        assert.ok(targetCluster === 'new-one' || given.policy?.topologySpreadConstraints?.length, targetCluster)
    }),
    runs,
  )
})

test('scheduling again changes nothing, and the order of clusters and bindings never matters', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const first = scheduleFully(inputOf(given))
      const settled = applied(given.before, first)
      const again = scheduleFully(cycleInput(given.policy, given.clusters, settled))
      assert.deepEqual([again.create, again.patch, again.unschedule], [[], [], []])
      const turned = scheduleFully(cycleInput(given.policy, given.clusters.toReversed(), given.before.toReversed()))
      assert.deepEqual(targets(turned.create), targets(first.create))
      assert.deepEqual(targets(turned.patch), targets(first.patch))
      assert.deepEqual(targets(turned.unschedule), targets(first.unschedule))
      assert.deepEqual(turned.status, first.status)
    }),
    runs,
  )
})

test('every cluster has a reason that agrees with the bindings and with the rules', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const input = inputOf(given)
      const bindings = applied(given.before, scheduleFully(input))
      const reasons = explain({ ...input, bindings })
      const held = new Set(
        targets(
          live(bindings).filter(
            (each) => input.fleet.byName.get(each.targetCluster)?.metadata.deletionTimestamp === undefined,
          ),
        ),
      )
      for (const target of given.clusters) {
        const name = target.metadata.name ?? ''
        const reason = reasons.find((each) => each.cluster === name)
        assert.ok(reason, `${name} has no reason`)
        assert.equal(reason.selected, held.has(name))
        const judges: Readonly<Record<string, () => boolean>> = {
          ClusterEligibility: () => !isEligible(target),
          TaintToleration: () => !isTolerated(target, given.policy?.tolerations),
          ClusterAffinity: () => !isWanted(target, given.policy),
          Score: () => isEligible(target) && isWanted(target, given.policy),
        }
        assert.ok(judges[reason.plugin]?.() ?? true, `${name}: ${reason.plugin} is not why`)
      }
    }),
    runs,
  )
})
