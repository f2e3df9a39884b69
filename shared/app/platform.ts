// What the use cases are handed: every port once, and the settings they heed. A use case takes the part it needs.
import type { KubeObject } from '../api/kube-object.ts'
import { networkingAgents } from '../domain/membership/agents.ts'
import { type EligibilityLimits, memberAgent } from '../domain/membership/eligibility.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { ClusterStore } from '../ports/cluster-store.ts'
import type { GarbageCollector } from '../ports/garbage.ts'
import type { KindIndex } from '../ports/kind-index.ts'
import type { Log } from '../ports/log.ts'
import type { MessageBus } from '../ports/message-bus.ts'
import type { NamespaceIndex } from '../ports/namespace-index.ts'
import type { ObjectIndex } from '../ports/object-index.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Outbox } from '../ports/outbox.ts'
import type { PayloadStore } from '../ports/payload-store.ts'
import type { PlacementStore } from '../ports/placement-store.ts'
import type { FleetLists } from './fleet-lists.ts'
import type { MemberAccess } from './member-access.ts'
import type { PlacedKinds } from './placed-kinds.ts'

/** Times in milliseconds. */
export interface Settings {
  readonly snapshotMinIntervalMs: number
  readonly snapshotCollectMs: number
  readonly coalesceMs: number
  /** `clients`: the hub makes no snapshots and rolls nothing out, it schedules what clients say. */
  readonly policySnapshots: 'hub' | 'clients'
  /** How long one look at what others change on members lasts; 0 looks at what has happened and no longer. */
  readonly driftWatchMs: number
  /** Share of a placement's objects or clusters, in percent, that may go in one step nobody asked for. */
  readonly removalGuardPercent: number
  readonly membership: MembershipSettings
}

/** When a cluster counts as lost, and how long its leaving is waited for. Times in milliseconds. */
export interface MembershipSettings extends EligibilityLimits {
  /** An agent that does not say it left is no longer waited for after this time. */
  readonly forceDeleteWaitMs: number
  /** A ClusterProfile calls its cluster lost when the last heartbeat is older. */
  readonly profileStaleMs: number
  /** Agents a cluster joins with. */
  readonly expectedAgents: readonly string[]
  /** Whether the namespaces of a cluster decide where namespaced placements may go. */
  readonly namespaceCollection: boolean
}

export interface Platform {
  readonly objects: ObjectStore
  readonly index: ObjectIndex
  readonly placements: PlacementStore
  readonly clusters: ClusterStore
  readonly payloads: PayloadStore
  readonly outboxes: readonly Outbox[]
  readonly bus: MessageBus
  readonly access: MemberAccess
  /** CustomResourceDefinitions every member needs before it can be worked on. */
  readonly memberCrds: readonly KubeObject[]
  readonly kinds: KindIndex
  readonly namespaces: NamespaceIndex
  readonly garbage: GarbageCollector
  readonly lists: FleetLists
  readonly placedKinds: PlacedKinds
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly settings: Settings
  /** Aborted when the process is about to end: whatever only waits returns. */
  readonly ending: AbortSignal
}

/** Agents whose word decides whether a cluster has joined; `networking` where cross-cluster networking runs too. */
export function expectedAgents(networking: boolean): readonly string[] {
  return networking ? [memberAgent, ...networkingAgents] : [memberAgent]
}
