// What a contact with a member cluster says about it: the status its MemberCluster object gets.
import type { Condition } from '../../api/condition.ts'
import type { MemberCluster, MemberClusterStatus, MemberProfile } from '../../api/member-cluster.ts'
import { findCondition, withCondition } from '../condition.ts'
import { isReportedByAgent, joinedConditions } from './agents.ts'
import { memberAgent } from './eligibility.ts'
import { collectedProperties } from './properties.ts'

/** What a contact must know of the hub's settings. */
export interface ContactSettings {
  /** Agents a cluster joins with. */
  readonly expectedAgents: readonly string[]
  /** Whether namespaces decide where namespaced placements may go. */
  readonly namespaceCollection: boolean
}

export type Contact =
  | { readonly kind: 'answered'; readonly profile: MemberProfile }
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Credentials are missing or refused. */
  | { readonly kind: 'refused'; readonly message: string }

/** The status after a contact at `now` (RFC 3339). What was known stays when nothing new was learnt. */
export function statusAfter(
  cluster: MemberCluster,
  contact: Contact,
  now: string,
  { expectedAgents, namespaceCollection }: ContactSettings,
): MemberClusterStatus {
  const status = cluster.status ?? {}
  const set = (conditions: readonly Condition[] | undefined, ...all: readonly Said[]) =>
    all.reduce<Condition[]>(
      (list, said) => withCondition(list, { ...said, observedGeneration: cluster.metadata.generation ?? 1 }, now),
      [...(conditions ?? [])],
    )
  if (contact.kind !== 'answered') return isReportedByAgent(cluster) ? status : lost(status, contact, set)
  const { profile } = contact
  const { properties, conditions } = collectedProperties(profile, now, { namespaceCollection })
  const agentStatus = withAgent(status, (agent) => ({
    type: memberAgent,
    conditions: set(agent?.conditions, agentJoined, health(profile)),
    lastReceivedHeartbeat: now,
  }))
  const joined = joinedConditions({ agentStatus }, expectedAgents, cluster.metadata.generation ?? 1)
  const told = [readyToJoin, ...joined, ...conditions]
  return {
    ...status,
    conditions: set(withoutStale(status.conditions, told), ...told),
    agentStatus,
    properties,
    resourceUsage: {
      capacity: { ...profile.capacity },
      allocatable: { ...profile.allocatable },
      available: { ...profile.available },
      observationTime: now,
    },
    namespaces: { ...profile.namespaces },
  }
}

/** Conditions of the probe's own that it has no reason to say any more: no node is on Azure, nobody asks for namespaces. */
function withoutStale(conditions: readonly Condition[] = [], told: readonly Said[]): Condition[] {
  return conditions.filter(({ type }) => !sometimes.has(type) || told.some((said) => said.type === type))
}
const sometimes = new Set(['AKSClusterCostPropertiesCollectionSucceeded', 'NamespaceCollectionSucceeded'])

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
