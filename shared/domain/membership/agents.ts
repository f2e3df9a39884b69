// What a cluster's agents report, put together into the status of its MemberCluster.
import type { Condition } from '../../api/condition.ts'
import type { ObjectMeta } from '../../api/kube-object.ts'
import type { MemberCluster, MemberClusterStatus } from '../../api/member-cluster.ts'
import { findCondition, withCondition } from '../condition.ts'
import { memberAgent } from './eligibility.ts'

/** Agents of KubeFleet's cross-cluster networking; expected of a cluster only where that is installed. */
export const networkingAgents = ['MultiClusterServiceAgent', 'ServiceExportImportAgent'] as const

/** Says that an agent on the cluster reports for it, so that the hub, without credentials, does not declare it lost. */
const reportedAnnotation = 'hubless.io/reported-by-agent'

/** Metadata that says so. */
export function reportedByAgent(metadata: ObjectMeta): ObjectMeta {
  return { ...metadata, annotations: { ...metadata.annotations, [reportedAnnotation]: 'true' } }
}

/** Metadata that no longer says so: the hub reached the cluster itself. */
export function reportedByHub(metadata: ObjectMeta): ObjectMeta {
  if (metadata.annotations?.[reportedAnnotation] === undefined) return metadata
  const { [reportedAnnotation]: _, ...annotations } = metadata.annotations
  return { ...metadata, annotations }
}

export function isReportedByAgent({ metadata }: Pick<MemberCluster, 'metadata'>): boolean {
  return metadata.annotations?.[reportedAnnotation] === 'true'
}

/** Whether the agent of a cluster said that it left: it does nothing for the hub any more. */
export function hasLeft({ status }: Pick<MemberCluster, 'status'>): boolean {
  const agent = status?.agentStatus?.find(({ type }) => type === memberAgent)
  return findCondition(agent?.conditions, 'Joined')?.status === 'False'
}

/** The status after a report of an agent on the cluster; see `withReport`. Whoever reports can join. */
export function statusReported(
  cluster: Pick<MemberCluster, 'metadata' | 'status'>,
  reported: MemberClusterStatus,
  expectedAgents: readonly string[],
  now: string,
): MemberClusterStatus {
  const generation = cluster.metadata.generation ?? 0
  const message = 'An agent reports for the cluster'
  const ready = condition('ReadyToJoin', 'True', 'MemberClusterReadyToJoin', generation, message)
  const conditions = withCondition(cluster.status?.conditions, ready, now)
  return withReport({ ...cluster, status: { ...cluster.status, conditions } }, reported, expectedAgents, now)
}

/**
 * The status of a member cluster after a report. The conditions of the report are about the cluster's current generation
 * from here on. `reported` undefined: nothing was reported yet, and nothing changes.
 */
export function withReport(
  cluster: Pick<MemberCluster, 'metadata' | 'status'>,
  reported: MemberClusterStatus | undefined,
  expectedAgents: readonly string[],
  now: string,
): MemberClusterStatus {
  const status = cluster.status ?? {}
  if (!reported) return status
  const generation = cluster.metadata.generation ?? 0
  const stamped = (condition: Condition): Condition => ({ ...condition, observedGeneration: generation })
  const agentStatus = reported.agentStatus?.map((agent) => ({
    ...agent,
    ...(agent.conditions && { conditions: agent.conditions.map(stamped) }),
  }))
  const copied = (reported.conditions ?? [])
    .map(stamped)
    .reduce<Condition[]>((list, condition) => withCondition(list, condition, now), [...(status.conditions ?? [])])
  const joined = joinedConditions({ agentStatus: agentStatus ?? [] }, expectedAgents, generation)
  const { resourceUsage, properties, namespaces } = reported
  return {
    ...(resourceUsage && { resourceUsage }),
    ...(properties && { properties }),
    ...(namespaces && { namespaces }),
    ...(agentStatus && { agentStatus }),
    conditions: joined.reduce((list, condition) => withCondition(list, condition, now), copied),
  }
}

/**
 * The Joined condition agents agree on: True or False when all expected ones say so, Unknown while some are missing,
 * silent or of another mind. When all have left, the cluster is no longer ready to join either.
 */
export function joinedConditions(
  { agentStatus = [] }: Pick<MemberClusterStatus, 'agentStatus'>,
  expectedAgents: readonly string[],
  generation: number,
): Condition[] {
  const states = expectedAgents.map((type) => {
    const agent = agentStatus.find((candidate) => candidate.type === type)
    return findCondition(agent?.conditions, 'Joined')?.status
  })
  if (states.every((state) => state === 'True')) {
    return [condition('Joined', 'True', 'MemberClusterJoined', generation, 'All agents have joined')]
  }
  if (states.every((state) => state === 'False')) {
    return [
      condition('Joined', 'False', 'MemberClusterLeft', generation, 'All agents have left'),
      condition('ReadyToJoin', 'False', 'MemberClusterNotReadyToJoin', generation, 'The cluster has left the fleet'),
    ]
  }
  const message = `Not all of ${expectedAgents.join(', ')} say whether they have joined, or they differ`
  return [condition('Joined', 'Unknown', 'MemberClusterJoinStateUnknown', generation, message)]
}

function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  observedGeneration: number,
  message: string,
): Condition {
  return { type, status, observedGeneration, reason, message }
}
