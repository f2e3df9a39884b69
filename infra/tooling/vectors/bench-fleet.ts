// Whole schedules on one large fleet: each policy of the file starts from nothing and must pick what was recorded.
import type { ClusterDecision } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { bindingName } from '../../../shared/domain/scheduler/binding-name.ts'
import type { CycleInput, CycleResult } from '../../../shared/domain/scheduler/cycle.ts'
import { fleetOf } from '../../../shared/domain/scheduler/fleet.ts'
import { scheduleFully } from '../../../shared/domain/scheduler/schedule.ts'
import { compare, type Difference, plain, type Replayer, stableText } from './replayer.ts'
import { policySnapshotOf, type UpstreamPolicySnapshot } from './upstream.ts'

export interface Policy {
  readonly name: string
  readonly placement: { readonly metadata: { readonly name: string; readonly namespace?: string } }
  readonly policySnapshot: UpstreamPolicySnapshot
  /** Absent for a fleet that was not recorded. */
  readonly want?: Outcome
}

interface Outcome {
  /** Names of the clusters picked, sorted. */
  readonly bindings: readonly string[]
  readonly decisions: readonly ClusterDecision[]
  readonly condition?: Condition
  readonly observedCRPGeneration: number
}

export interface BenchFleet {
  readonly now: string
  readonly clusters: readonly MemberCluster[]
  readonly policies: readonly Policy[]
}

/** What the scheduler is asked for one policy; the fleet is read anew, as after a change of it. */
export function scheduleInput({ now, clusters }: BenchFleet, { placement, policySnapshot }: Policy): CycleInput {
  const { name, namespace } = placement.metadata
  return {
    placement: { name, namespace },
    policySnapshot: policySnapshotOf(policySnapshot),
    fleet: fleetOf(clusters),
    bindings: [],
    now: Date.parse(now),
    newName: (cluster) => bindingName(name, cluster, '00000000'),
  }
}

/** Where an outcome differs from the recorded one. */
export function outcomeDifferences({ name }: Policy, want: Outcome, { create, status }: CycleResult): Difference[] {
  const picked = create.map(({ targetCluster }) => targetCluster).sort()
  return [
    ...compare(want.bindings, picked, `${name}.bindings`),
    ...compare(want.decisions.map(stableText), status?.listed.map(stableText), `${name}.decisions`),
    ...compare(want.condition?.status, status?.condition.status, `${name}.condition.status`),
    ...compare(want.condition?.reason, status?.condition.reason, `${name}.condition.reason`),
    ...compare(want.observedCRPGeneration, status?.observedGeneration, `${name}.observedCRPGeneration`),
  ]
}

export const benchFleet: Replayer = {
  matches: (_, line) => Array.isArray(line['clusters']) && Array.isArray(line['policies']),
  run(line) {
    const fleet = plain(line) as BenchFleet
    return fleet.policies.flatMap((policy) => {
      const result = scheduleFully(scheduleInput(fleet, policy))
      return policy.want
        ? outcomeDifferences(policy, policy.want, result)
        : [{ field: `${policy.name}.want`, wanted: 'an outcome', got: 'none' }]
    })
  },
}
