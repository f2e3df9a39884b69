// Member clusters: which may receive work, how their agents' answers add up, and which placements a change of one wakes.
// Everything here is about the hub's view of a cluster; talking to it is the member-cluster port.
import type { MemberCluster } from '../../api/member-cluster.ts'
import { findCondition } from '../condition.ts'

/** Agent whose status decides; others (networking) do not matter for scheduling. */
export const memberAgent = 'MemberAgent'

/** Milliseconds without a heartbeat, and of bad health, after which a cluster is given nothing new. */
export interface EligibilityLimits {
  readonly heartbeatMs: number
  readonly unhealthyMs: number
}

/** KubeFleet's fixed limits. */
export const eligibilityLimits: EligibilityLimits = { heartbeatMs: 5 * 60_000, unhealthyMs: 5 * 60_000 }

export type Eligibility =
  | { readonly eligible: true; readonly reason: '' }
  | { readonly eligible: false; readonly reason: string }

const yes: Eligibility = { eligible: true, reason: '' }

/**
 * Whether a cluster may be picked at `now` (epoch milliseconds), and if not why. Looks at the member agent's entry only,
 * without comparing generations. A heartbeat exactly at the limit, and a shorter spell of bad health, are forgiven.
 */
export function eligibility(
  cluster: MemberCluster,
  now: number,
  limits: EligibilityLimits = eligibilityLimits,
): Eligibility {
  if (cluster.metadata.deletionTimestamp) return no('cluster has left the fleet')
  const agent = cluster.status?.agentStatus?.find(({ type }) => type === memberAgent)
  if (!agent) return disconnected('member agent not online yet')
  const silence = now - timeOf(agent.lastReceivedHeartbeat)
  if (silence > limits.heartbeatMs) {
    return disconnected(`no recent heartbeat signals (last received ${minutes(silence)} minutes ago)`)
  }
  if (findCondition(agent.conditions, 'Joined')?.status !== 'True') return disconnected('member agent not joined yet')
  const health = findCondition(agent.conditions, 'Healthy')
  if (!health) return disconnected('health condition from member agent is not available')
  const spell = now - timeOf(health.lastTransitionTime)
  if (health.status !== 'True' && spell > limits.unhealthyMs) {
    return disconnected(`unhealthy for a prolonged period of time (last transitioned ${minutes(spell)} minutes ago)`)
  }
  return yes
}

/** What eligibility asks for and what it reads of a cluster. */
export function eligibilityFacts({ metadata, status }: MemberCluster): {
  readonly wanted: string
  readonly seen: string
} {
  const wanted = `joined, heard of within ${eligibilityLimits.heartbeatMs / 60_000} min, healthy`
  if (metadata.deletionTimestamp) return { wanted, seen: `leaving since ${metadata.deletionTimestamp}` }
  const agent = status?.agentStatus?.find(({ type }) => type === memberAgent)
  if (!agent) return { wanted, seen: 'never heard of' }
  const facts = ['Joined', 'Healthy'].map((type) => {
    const condition = findCondition(agent.conditions, type)
    return condition ? `${type}=${condition.status} since ${condition.lastTransitionTime ?? 'ever'}` : `no ${type}`
  })
  return { wanted, seen: [`last heard of ${agent.lastReceivedHeartbeat ?? 'never'}`, ...facts].join(', ') }
}

function no(reason: string): Eligibility {
  return { eligible: false, reason }
}

function disconnected(reason: string): Eligibility {
  return no(`cluster is not connected to the fleet: ${reason}`)
}

function minutes(milliseconds: number): string {
  return (milliseconds / 60_000).toFixed(2)
}

/** A missing or unreadable time counts as long ago. */
function timeOf(text: string | undefined): number {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? 0 : time
}
