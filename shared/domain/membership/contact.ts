// What a contact with a member cluster says about it: the status its MemberCluster object gets.
import type { Condition } from '../../api/condition.ts'
import type { MemberCluster, MemberClusterStatus, MemberProfile } from '../../api/member-cluster.ts'
import { findCondition, withCondition } from '../condition.ts'
import { isReportedByAgent } from './agents.ts'
import { memberAgent } from './eligibility.ts'

export type Contact =
  | { readonly kind: 'answered'; readonly profile: MemberProfile }
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Credentials are missing or refused. */
  | { readonly kind: 'refused'; readonly message: string }

/** Property names KubeFleet uses. */
export const propertyNames = { nodeCount: 'kubernetes-fleet.io/node-count', version: 'k8s.io/k8s-version' } as const

/** The status after a contact at `now` (RFC 3339). What was known stays when nothing new was learnt. */
export function statusAfter(cluster: MemberCluster, contact: Contact, now: string): MemberClusterStatus {
  const status = cluster.status ?? {}
  const set = (conditions: readonly Condition[] | undefined, ...all: readonly Said[]) =>
    all.reduce<Condition[]>(
      (list, said) => withCondition(list, { ...said, observedGeneration: cluster.metadata.generation ?? 1 }, now),
      [...(conditions ?? [])],
    )
  if (contact.kind !== 'answered') return isReportedByAgent(cluster) ? status : lost(status, contact, set)
  const { profile } = contact
  return {
    ...status,
    conditions: set(status.conditions, readyToJoin, joined, collected(profile)),
    agentStatus: withAgent(status, (agent) => ({
      type: memberAgent,
      conditions: set(agent?.conditions, agentJoined, health(profile)),
      lastReceivedHeartbeat: now,
    })),
    properties: {
      [propertyNames.nodeCount]: { value: String(profile.nodeCount), observationTime: now },
      [propertyNames.version]: { value: profile.version, observationTime: now },
    },
    resourceUsage: {
      capacity: { ...profile.capacity },
      allocatable: { ...profile.allocatable },
      available: { ...profile.available },
      observationTime: now,
    },
    namespaces: { ...profile.namespaces },
  }
}

type Said = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>
type Setter = (conditions: readonly Condition[] | undefined, ...all: readonly Said[]) => Condition[]

/** An outside agent may report for a cluster the hub has no way to: what it says is left alone. */
function lost(
  status: MemberClusterStatus,
  contact: Exclude<Contact, { kind: 'answered' }>,
  set: Setter,
): MemberClusterStatus {
  const { message } = contact
  const readiness: Said =
    contact.kind === 'refused'
      ? { type: 'ReadyToJoin', status: 'False', reason: 'MemberClusterNotReadyToJoin', message }
      : readyToJoin
  const agent = status.agentStatus?.find(({ type }) => type === memberAgent)
  const everJoined = findCondition(agent?.conditions, 'Joined')?.status === 'True'
  const conditions = everJoined
    ? set(status.conditions, readiness)
    : set(status.conditions, readiness, {
        type: 'Joined',
        status: 'Unknown',
        reason: 'MemberClusterJoinStateUnknown',
        message,
      })
  if (!agent || !isOurs(status)) return { ...status, conditions }
  const unhealthy: Said = {
    type: 'Healthy',
    status: 'False',
    reason: contact.kind === 'refused' ? 'MemberClusterCredentialsRefused' : 'MemberClusterUnreachable',
    message,
  }
  return {
    ...status,
    conditions,
    agentStatus: withAgent(status, (known) => ({
      ...known,
      type: memberAgent,
      conditions: set(known?.conditions, unhealthy),
    })),
  }
}

/** True when the hub's own probe reported for this cluster before: it alone writes this condition. */
function isOurs({ conditions }: MemberClusterStatus): boolean {
  return findCondition(conditions, 'ClusterPropertyCollectionSucceeded') !== undefined
}

type Agent = NonNullable<MemberClusterStatus['agentStatus']>[number]
function withAgent({ agentStatus = [] }: MemberClusterStatus, change: (agent: Agent | undefined) => Agent): Agent[] {
  const known = agentStatus.find(({ type }) => type === memberAgent)
  const others = agentStatus.filter(({ type }) => type !== memberAgent)
  return [change(known), ...others]
}

const readyToJoin: Said = {
  type: 'ReadyToJoin',
  status: 'True',
  reason: 'MemberClusterReadyToJoin',
  message: 'The hub has credentials for the cluster',
}
const joined: Said = {
  type: 'Joined',
  status: 'True',
  reason: 'MemberClusterJoined',
  message: 'The cluster answered and takes work',
}
const agentJoined: Said = {
  type: 'Joined',
  status: 'True',
  reason: 'InternalMemberClusterJoined',
  message: 'The cluster answered and takes work',
}

function health({ ready, readyMessage }: MemberProfile): Said {
  return ready
    ? { type: 'Healthy', status: 'True', reason: 'InternalMemberClusterHealthy', message: 'The API server is ready' }
    : {
        type: 'Healthy',
        status: 'False',
        reason: 'InternalMemberClusterUnhealthy',
        message: `The API server is not ready: ${readyMessage ?? 'no reason given'}`,
      }
}

function collected({ namespacesTruncated }: MemberProfile): Said {
  return {
    type: 'ClusterPropertyCollectionSucceeded',
    status: 'True',
    reason: 'PropertiesCollected',
    message: namespacesTruncated
      ? 'Properties were read; the cluster has more namespaces than are listed'
      : 'Properties were read',
  }
}

/** Whether two statuses differ in more than when they were observed. */
export function sameStatus(a: MemberClusterStatus, b: MemberClusterStatus): boolean {
  return timeless(a) === timeless(b)
}

function timeless(status: MemberClusterStatus): string {
  return JSON.stringify(status, (key, value: unknown) =>
    key === 'observationTime' || key === 'lastReceivedHeartbeat' || key === 'lastTransitionTime'
      ? undefined
      : sortedKeys(value),
  )
}

function sortedKeys(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
}
