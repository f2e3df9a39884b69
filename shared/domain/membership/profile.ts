// What other tools should know of a cluster of the fleet: its ClusterProfile, made from its MemberCluster.
import type { ClusterProfileSpec, ClusterProfileStatus } from '../../api/cluster-profile.ts'
import type { Condition } from '../../api/condition.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import { findCondition, isTrueAt, withCondition } from '../condition.ts'
import { memberAgent } from './eligibility.ts'
import { propertyNames } from './properties.ts'

/** KubeFleet's name of itself in profiles, and the label that repeats it. */
export const clusterManager = 'KubeFleet'
export const clusterManagerLabel = 'x-k8s.io/cluster-manager'

export interface WantedProfile {
  readonly labels: Readonly<Record<string, string>>
  readonly spec: ClusterProfileSpec
  readonly status: ClusterProfileStatus
}

export interface ProfileInput {
  readonly cluster: MemberCluster
  /** Status of the profile as it is; its times stay while nothing changes. */
  readonly current: ClusterProfileStatus | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** RFC 3339. */
  readonly time: string
  /** A heartbeat older than this many milliseconds is lost. */
  readonly staleMs: number
}

/** The profile a cluster is to have; none before it joined and once it leaves. */
export function wantedProfile({ cluster, current, now, time, staleMs }: ProfileInput): WantedProfile | undefined {
  const { metadata, status } = cluster
  const joined = findCondition(status?.conditions, 'Joined')?.status === 'True'
  if (metadata.deletionTimestamp || (!joined && current === undefined)) return undefined
  const name = metadata.name ?? ''
  const { lastTransitionTime: _, ...said } = controlPlane(cluster, now, staleMs)
  return {
    labels: { [clusterManagerLabel]: clusterManager },
    spec: { clusterManager: { name: clusterManager }, displayName: name },
    status: {
      ...known(cluster),
      conditions: withCondition(current?.conditions, said, time),
    },
  }
}

/** What the properties tell, as far as they were collected. */
function known({ metadata, status }: MemberCluster): ClusterProfileStatus {
  const collected = findCondition(status?.conditions, 'ClusterPropertyCollectionSucceeded')
  if (!isTrueAt(collected, metadata.generation ?? 0)) return {}
  const value = (name: string) => status?.properties?.[name]?.value
  const version = value(propertyNames.version)
  const server = value(propertyNames.entrypoint)
  const authority = value(propertyNames.certificateAuthority)
  return {
    ...(version !== undefined && { version: { kubernetes: version } }),
    accessProviders: [
      {
        name: clusterManager,
        cluster: {
          server: server ?? '',
          ...(authority !== undefined && {
            'certificate-authority-data': base64(authority),
          }),
        },
      },
    ],
  }
}

function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)))
}

function controlPlane({ metadata, status }: MemberCluster, now: number, staleMs: number): Condition {
  const say = (status: Condition['status'], reason: string, message: string): Condition => ({
    type: 'ControlPlaneHealthy',
    status,
    reason,
    message,
    observedGeneration: metadata.generation ?? 0,
  })
  const agent = status?.agentStatus?.find(({ type }) => type === memberAgent)
  if (!agent) return say('Unknown', 'MemberAgentReportedNoStatus', 'Nothing was reported about the cluster yet')
  const health = findCondition(agent.conditions, 'Healthy')
  if (!health || health.status === 'Unknown')
    return say('Unknown', 'MemberAgentReportedNoHealthInfo', 'Nothing was reported about the health of the cluster')
  const heartbeat = Date.parse(agent.lastReceivedHeartbeat ?? '')
  if (Number.isNaN(heartbeat) || now - heartbeat > staleMs)
    return say('False', 'MemberAgentHeartbeatLost', 'The last heartbeat of the cluster is too old')
  return health.status === 'False'
    ? say('False', 'MemberClusterAPIServerUnhealthy', 'The API server of the cluster is not healthy')
    : say('True', 'MemberClusterAPIServerHealthy', 'The API server of the cluster is healthy')
}
