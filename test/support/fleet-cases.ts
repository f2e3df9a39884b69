// Clusters, policies and bindings for tests of the placement domain: plain data with sensible defaults.
import type { Binding } from '../../shared/api/binding.ts'
import type { MemberCluster } from '../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../shared/api/placement.ts'
import type { PolicySnapshot } from '../../shared/api/placement-record.ts'
import type { CycleInput } from '../../shared/domain/scheduler/cycle.ts'
import { fleetOf } from '../../shared/domain/scheduler/fleet.ts'

/** The instant every case happens at. */
export const noon = Date.parse('2026-03-01T12:00:00Z')
export const noonText = '2026-03-01T12:00:00Z'

export interface ClusterCase {
  readonly labels?: Record<string, string>
  readonly taints?: MemberCluster['spec']['taints']
  readonly properties?: Readonly<Record<string, string>>
  readonly available?: Record<string, string>
  readonly namespaces?: Record<string, string>
  readonly heartbeat?: string
  readonly joined?: 'True' | 'False'
  readonly healthy?: 'True' | 'False'
  readonly healthySince?: string
  readonly deletionTimestamp?: string
}

/** A joined, healthy cluster unless the case says otherwise. */
export function cluster(name: string, given: ClusterCase = {}): MemberCluster {
  const { heartbeat = '2026-03-01T11:59:30Z', joined = 'True', healthy = 'True' } = given
  const since = given.healthySince ?? '2026-03-01T11:00:00Z'
  const properties = Object.entries(given.properties ?? {}).map(([key, value]) => [
    key,
    { value, observationTime: noonText },
  ])
  return {
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: {
      name,
      ...(given.labels && { labels: given.labels }),
      ...(given.deletionTimestamp && { deletionTimestamp: given.deletionTimestamp }),
    },
    spec: { identity: { kind: 'User', name }, ...(given.taints && { taints: given.taints }) },
    status: {
      properties: Object.fromEntries(properties),
      ...(given.available && { resourceUsage: { available: given.available } }),
      ...(given.namespaces && { namespaces: given.namespaces }),
      agentStatus: [
        {
          type: 'MemberAgent',
          lastReceivedHeartbeat: heartbeat,
          conditions: [
            { type: 'Joined', status: joined, reason: '', message: '', lastTransitionTime: since },
            { type: 'Healthy', status: healthy, reason: '', message: '', lastTransitionTime: since },
          ],
        },
      ],
    },
  }
}

/** A binding of the current policy snapshot `web-1`. */
export function binding(name: string, targetCluster: string, given: Partial<Binding> = {}): Binding {
  return {
    name,
    generation: 1,
    state: 'Bound',
    targetCluster,
    clusterDecision: { clusterName: targetCluster, selected: true, reason: '' },
    schedulingPolicySnapshotName: 'web-1',
    resourceSnapshotName: 'web-0-snapshot',
    conditions: [],
    ...given,
  }
}

/** The policy snapshot `web-1`; N is the policy's. */
export function policySnapshot(policy: PlacementPolicy | undefined): PolicySnapshot {
  return {
    name: 'web-1',
    index: 1,
    hash: 'hash',
    ...(policy && { policy }),
    ...(policy?.numberOfClusters !== undefined && { numberOfClusters: policy.numberOfClusters }),
    placementGeneration: 3,
    createdAt: noonText,
  }
}

/** Everything a cycle needs. New bindings are called `<cluster>-new`. */
export function cycleInput(
  policy: PlacementPolicy | undefined,
  clusters: readonly MemberCluster[],
  bindings: readonly Binding[] = [],
  namespace?: string,
): CycleInput {
  return {
    placement: { name: 'web', ...(namespace && { namespace }) },
    policySnapshot: policySnapshot(policy),
    fleet: fleetOf(clusters),
    bindings,
    now: noon,
    newName: (target) => `${target}-new`,
  }
}

export const pickN = (numberOfClusters: number, rest: Partial<PlacementPolicy> = {}): PlacementPolicy => ({
  placementType: 'PickN',
  numberOfClusters,
  ...rest,
})
