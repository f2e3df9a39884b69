// The scheduler: picks clusters for a placement. A plugin is one rule, one file under plugins/ and one line in profile.ts;
// a cycle runs the plugins stage by stage over the whole fleet and turns the outcome into changes of bindings.
import type { Binding } from '../../api/binding.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { PlacementPolicy } from '../../api/placement.ts'
import type { EligibilityLimits } from '../membership/eligibility.ts'
import type { Fleet } from './fleet.ts'

/** What a plugin sees of a cycle. Plugins must not change it. */
export interface CycleContext {
  readonly fleet: Fleet
  readonly policy: PlacementPolicy | undefined
  /** Namespace of a ResourcePlacement; absent for a ClusterResourcePlacement. */
  readonly namespace?: string | undefined
  /** Bindings of the current policy snapshot that are scheduled or bound. */
  readonly current: readonly Binding[]
  /** Bindings that another policy snapshot made. */
  readonly obsolete: readonly Binding[]
  /** Epoch milliseconds. */
  readonly now: number
  /** When a cluster counts as lost; KubeFleet's limits unless given. */
  readonly limits?: EligibilityLimits | undefined
}

export type VerdictCode = 'Skip' | 'ClusterUnschedulable' | 'ClusterAlreadySelected' | 'InternalError'

/**
 * What a plugin says when it does not simply agree. `Skip` (of a preparing stage) drops the plugin's own later stage,
 * `ClusterUnschedulable` and `ClusterAlreadySelected` (of a filter) leave the cluster out, `InternalError` ends the cycle.
 */
export interface Verdict {
  readonly code: VerdictCode
  readonly reasons: readonly string[]
  readonly plugin: string
}

/** Points of a cluster, summed over plugins and compared in this order. */
export interface Score {
  readonly topologySpread: number
  readonly affinity: number
  readonly obsoleteAffinity: number
}

/** How many clusters a plugin lets one cycle pick at most. */
export interface BatchAdvice {
  readonly limit?: number
  readonly verdict?: Verdict | undefined
}

/** What a rule asks for and what it found on a cluster, in words. Times are absolute: the words change only with the facts. */
export interface Finding {
  readonly wanted: string
  readonly seen: string
}

/** A plugin at work in one cycle: made anew for each, so what it prepares lives in its closure. Undefined = agreed. */
export interface Plugin {
  readonly name: string
  /** Answers depend on nothing a cycle changes: only on the fleet, the policy and the time. They may be remembered. */
  readonly stable?: boolean
  postBatch?(): BatchAdvice
  preFilter?(): Verdict | undefined
  filter?(cluster: MemberCluster): Verdict | undefined
  preScore?(): Verdict | undefined
  score?(cluster: MemberCluster): Partial<Score> | Verdict
  /** Why the filter refuses a cluster. Asked only about clusters it refused. */
  explain?(cluster: MemberCluster): Finding
  /** What the points of a cluster are made of, one text a part. */
  scoreParts?(cluster: MemberCluster): readonly string[]
}

export type PluginFactory = (context: CycleContext) => Plugin

/** True when a score stage answered with a verdict instead of points. */
export function isVerdict(outcome: Partial<Score> | Verdict): outcome is Verdict {
  return 'code' in outcome
}
