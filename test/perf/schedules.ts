// Whole schedules in memory: one fleet, four policies, no parsing and no storage in the time. With HUBLESS_BENCH_FLEETS the
// fleets are the files `bench-fleet-N.json.gz` of that folder, whose outcomes are checked; otherwise they are generated.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BenchFleet,
  outcomeDifferences,
  type Policy,
  scheduleInput,
} from '../../infra/tooling/vectors/bench-fleet.ts'
import { readVectors } from '../../infra/tooling/vectors/files.ts'
import { plain } from '../../infra/tooling/vectors/replayer.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { ClusterSelectorTerm, PlacementPolicy } from '../../shared/api/placement.ts'
import type { CycleResult } from '../../shared/domain/scheduler/cycle.ts'
import { scheduleFully } from '../../shared/domain/scheduler/schedule.ts'
import { seededRandom } from '../support/faults.ts'

export const fleetSizes = [100, 1000, 5000] as const

/** Medians over `runs`, after as many that only warm the compiler; and what came out other than it should have. */
export function schedules(seed: number, runs = 15): { lines: string[]; wrong: string[] } {
  const lines: string[] = []
  const wrong: string[] = []
  for (const clusters of fleetSizes) {
    const fleet = recorded(clusters) ?? generated(clusters, seed)
    for (const policy of fleet.policies) {
      const { ms, result } = timed(fleet, policy, runs)
      lines.push(`${policy.name}, ${clusters} clusters: ${ms.toFixed(1)} ms`)
      wrong.push(...problems(fleet, policy, result).map((problem) => `${clusters} ${policy.name}: ${problem}`))
    }
  }
  return { lines, wrong }
}

function timed(fleet: BenchFleet, policy: Policy, runs: number): { ms: number; result: CycleResult } {
  let result = scheduleFully(scheduleInput(fleet, policy))
  const samples = Array.from({ length: 2 * runs }, () => {
    const start = performance.now()
    result = scheduleFully(scheduleInput(fleet, policy))
    return performance.now() - start
  })
  const measured = samples.slice(runs).sort((a, b) => a - b)
  return { ms: measured[Math.floor(runs / 2)] ?? Number.NaN, result }
}

function recorded(clusters: number): BenchFleet | undefined {
  const folder = process.env['HUBLESS_BENCH_FLEETS']
  if (folder === undefined) return undefined
  const path = join(folder, `bench-fleet-${clusters}.json.gz`)
  if (!existsSync(path)) throw new Error(`HUBLESS_BENCH_FLEETS: there is no ${path}`)
  return plain(readVectors(path)[0]) as BenchFleet
}

function problems({ clusters }: BenchFleet, policy: Policy, result: CycleResult): string[] {
  if (policy.want) return outcomeDifferences(policy, policy.want, result).map(({ field }) => `${field} differs`)
  const picked = result.create.length
  const expected = policy.policySnapshot.spec?.policy?.numberOfClusters
  if (expected !== undefined) return picked === expected ? [] : [`${picked} picked of ${expected}`]
  return picked > 0 && picked <= clusters.length ? [] : [`${picked} picked of ${clusters.length}`]
}

const now = '2026-03-01T12:00:00Z'

/** Ten regions of three zones, one cluster in twenty tainted, one in fifty without a heartbeat; properties on all. */
function generated(count: number, seed: number): BenchFleet {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const clusters = Array.from({ length: count }, (_, index) => generatedCluster(index, below))
  return { now, clusters, policies: Object.entries(policies).map(([name, policy]) => generatedPolicy(name, policy)) }
}

function generatedCluster(index: number, below: (limit: number) => number): MemberCluster {
  const name = `member-${String(index).padStart(5, '0')}`
  const region = `region-${below(10)}`
  const labels = {
    'kubernetes-fleet.io/member-name': name,
    region,
    zone: `${region}-${1 + below(3)}`,
    env: ['prod', 'staging', 'dev'][below(3)] ?? 'dev',
    tier: ['gold', 'silver'][below(2)] ?? 'gold',
  }
  const cores = 4 + below(60)
  const free = below(cores * 1000)
  const condition = (type: string) => ({
    type,
    status: 'True' as const,
    reason: type,
    message: '',
    lastTransitionTime: now,
  })
  return {
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name, labels },
    spec: {
      identity: { kind: 'User', name },
      ...(below(20) === 0 && { taints: [{ key: 'drain', effect: 'NoSchedule' }] }),
    },
    status: {
      ...(below(50) !== 0 && {
        agentStatus: [
          { type: 'MemberAgent', conditions: [condition('Joined'), condition('Healthy')], lastReceivedHeartbeat: now },
        ],
      }),
      properties: {
        'kubernetes-fleet.io/node-count': { value: String(1 + below(20)), observationTime: now },
        'kubernetes.azure.com/per-cpu-core-cost': { value: `0.${100 + below(200)}`, observationTime: now },
      },
      resourceUsage: {
        capacity: { cpu: String(cores), memory: `${cores * 4}Gi` },
        allocatable: { cpu: `${cores * 980}m`, memory: `${cores * 3900}Mi` },
        available: { cpu: `${free}m`, memory: `${free * 3}Mi` },
      },
    },
  }
}

const term: ClusterSelectorTerm = {
  labelSelector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['prod', 'staging'] }] },
  propertySelector: {
    matchExpressions: [
      { name: 'resources.kubernetes-fleet.io/available-cpu', operator: 'Ge', values: ['4'] },
      { name: 'kubernetes-fleet.io/node-count', operator: 'Ge', values: ['5'] },
    ],
  },
}
const withAffinity: PlacementPolicy = {
  placementType: 'PickN',
  numberOfClusters: 20,
  affinity: {
    clusterAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms: [term] },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 30, preference: { labelSelector: { matchLabels: { tier: 'gold' } } } },
        {
          weight: 60,
          preference: {
            propertySorter: { name: 'kubernetes.azure.com/per-cpu-core-cost', sortOrder: 'Ascending' },
          },
        },
        {
          weight: 40,
          preference: {
            propertySorter: { name: 'resources.kubernetes-fleet.io/available-memory', sortOrder: 'Descending' },
          },
        },
      ],
    },
  },
}
const policies: Readonly<Record<string, PlacementPolicy | undefined>> = {
  'pick-20-affinity-spread': {
    ...withAffinity,
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'region', whenUnsatisfiable: 'DoNotSchedule' },
      { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
  },
  'pick-20-affinity': withAffinity,
  'pick-all-selector': {
    placementType: 'PickAll',
    affinity: {
      clusterAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          clusterSelectorTerms: [{ labelSelector: { matchLabels: { env: 'prod', tier: 'gold' } } }],
        },
      },
    },
  },
  'pick-all': undefined,
}

function generatedPolicy(name: string, policy: PlacementPolicy | undefined): Policy {
  const number = policy?.numberOfClusters
  const annotations = {
    'kubernetes-fleet.io/CRP-generation': '1',
    ...(number !== undefined && { 'kubernetes-fleet.io/number-of-clusters': String(number) }),
  }
  return {
    name,
    placement: { metadata: { name: 'placement' } },
    policySnapshot: {
      metadata: { name: 'placement-0', labels: { 'kubernetes-fleet.io/policy-index': '0' }, annotations },
      spec: policy ? { policy } : {},
    },
  }
}
