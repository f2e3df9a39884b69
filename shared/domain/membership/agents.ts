// What a cluster's agents report, put together into the status of its MemberCluster.
import type { Condition } from '../../api/condition.ts'
import type { MemberCluster, MemberClusterStatus } from '../../api/member-cluster.ts'
import { findCondition, withCondition } from '../condition.ts'

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
