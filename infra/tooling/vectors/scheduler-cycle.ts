// Whole scheduling cycles: stored objects in, bindings and status out.
import type { Binding, ClusterDecision } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { bindingName } from '../../../shared/domain/scheduler/binding-name.ts'
import type { CycleResult } from '../../../shared/domain/scheduler/cycle.ts'
import { fleetOf } from '../../../shared/domain/scheduler/fleet.ts'
import { applied, scheduleFully } from '../../../shared/domain/scheduler/schedule.ts'
import { compare, type Difference, plain, type Replayer, stableText, type Vector } from './replayer.ts'
import { bindingOf, policySnapshotOf, type UpstreamBinding, type UpstreamPolicySnapshot } from './upstream.ts'

interface Case extends Vector {
  readonly now: string
  readonly clusters: readonly MemberCluster[]
  readonly placement: { readonly metadata: { readonly name: string; readonly namespace?: string } }
  readonly policySnapshot: UpstreamPolicySnapshot
  readonly bindings: readonly UpstreamBinding[]
  readonly want: {
    readonly error?: string
    readonly bindings: readonly WantedBinding[]
    readonly decisions: readonly ClusterDecision[]
    readonly condition?: Condition
    readonly observedCRPGeneration: number
  }
}

interface WantedBinding {
  readonly name?: string
  readonly created?: boolean
  readonly unchanged?: boolean
  readonly deleted?: boolean
  readonly deleting?: boolean
  readonly finalizers?: readonly string[]
  readonly spec?: UpstreamBinding['spec']
  readonly targetCluster?: string
}

const schedulerFinalizer = 'kubernetes-fleet.io/scheduler-crb-cleanup'

export const schedulerCycle: Replayer = {
  matches: (_, line) => Array.isArray(line['clusters']) && line['policySnapshot'] !== undefined,
  run(line) {
    const wanted = plain(line) as Case
    const { placement } = wanted
    const before = wanted.bindings.map(bindingOf)
    const result = scheduleFully({
      placement: { name: placement.metadata.name, namespace: placement.metadata.namespace },
      policySnapshot: policySnapshotOf(wanted.policySnapshot),
      fleet: fleetOf(wanted.clusters),
      bindings: before,
      now: Date.parse(wanted.now),
      newName: (cluster) => bindingName(placement.metadata.name, cluster, '00000000'),
    })
    return [
      ...compare(wanted.want.error !== undefined, result.error !== undefined, 'error').map((difference) => ({
        ...difference,
        got: result.error ?? 'no error',
      })),
      ...compareBindings(wanted, before, result),
      ...compareStatus(wanted, result),
    ]
  },
}

function compareStatus({ want, policySnapshot }: Case, { status }: CycleResult): Difference[] {
  const stored = policySnapshot.status
  const decisions = status?.listed ?? stored?.targetClusters ?? []
  const condition = status?.condition ?? stored?.conditions?.find(({ type }) => type === 'Scheduled')
  const ordered = want.decisions.length === decisions.length && sameSet(want.decisions, decisions)
  return [
    ...compare(want.decisions.map(exact), decisions.map(exact), 'decisions').filter(
      // A status that was right already was left as it was, in whatever order.
      () => !(ordered && (status === undefined || (want as { writes?: { status: number } }).writes?.status === 0)),
    ),
    ...compare(want.condition?.status, condition?.status, 'condition.status'),
    ...compare(want.condition?.reason, condition?.reason, 'condition.reason'),
    ...compare(want.condition?.observedGeneration, condition?.observedGeneration, 'condition.observedGeneration'),
    ...compare(
      want.observedCRPGeneration,
      status?.observedGeneration ?? stored?.observedCRPGeneration,
      'observedCRPGeneration',
    ),
  ]
}

function sameSet(a: readonly ClusterDecision[], b: readonly ClusterDecision[]): boolean {
  return stableText(a.map(exact).sort()) === stableText(b.map(exact).sort())
}

/** Everything of a decision as one text: an absent score is not a score of nothing. */
function exact(decision: ClusterDecision): string {
  return stableText(decision)
}

/** The wanted forms of bindings and ours, as texts; the order carries no meaning. */
function compareBindings({ want, bindings }: Case, before: readonly Binding[], result: CycleResult): Difference[] {
  const after = new Map(applied(before, result).map((binding) => [binding.name, binding]))
  const created = new Set(result.create.map(({ name }) => name))
  const ours = [
    ...bindings.map((raw, index) => outcomeOf(raw, before[index], after, result)),
    ...[...after.values()]
      .filter(({ name }) => created.has(name))
      .map((binding) => stableText({ created: true, spec: specOf(binding) })),
  ]
  return compare(want.bindings.map(wantedText).sort(), ours.sort(), 'bindings')
}

function outcomeOf(
  raw: UpstreamBinding,
  before: Binding | undefined,
  after: ReadonlyMap<string, Binding>,
  result: CycleResult,
): string {
  const name = raw.metadata?.name ?? ''
  const finalizers = raw.metadata?.finalizers ?? []
  if (raw.metadata?.deletionTimestamp) {
    if (!finalizers.includes(schedulerFinalizer)) return stableText({ name, unchanged: true })
    const left = result.removeFinalizer.includes(name)
      ? finalizers.filter((finalizer) => finalizer !== schedulerFinalizer)
      : finalizers
    return stableText(left.length === 0 ? { name, deleted: true } : { name, deleting: true, finalizers: left })
  }
  const binding = after.get(name)
  return binding === before || binding === undefined
    ? stableText({ name, unchanged: true })
    : stableText({ name, spec: specOf(binding), finalizers })
}

/** The stored spec of a binding. */
function specOf(binding: Binding): UpstreamBinding['spec'] {
  const { clusterDecision, schedulingPolicySnapshotName, resourceSnapshotName, state, targetCluster } = binding
  const { resourceOverrideSnapshots, clusterResourceOverrideSnapshots, applyStrategy } = binding
  return {
    clusterDecision,
    schedulingPolicySnapshotName,
    resourceSnapshotName,
    state,
    targetCluster,
    ...(resourceOverrideSnapshots && { resourceOverrideSnapshots }),
    ...(clusterResourceOverrideSnapshots && { clusterResourceOverrideSnapshots }),
    ...(applyStrategy && { applyStrategy }),
  }
}

function wantedText({ name, created, unchanged, deleted, deleting, finalizers, spec }: WantedBinding): string {
  if (created) return stableText({ created: true, spec: { resourceSnapshotName: '', ...spec } })
  if (unchanged) return stableText({ name, unchanged })
  if (deleted) return stableText({ name, deleted })
  if (deleting) return stableText({ name, deleting, finalizers })
  return stableText({ name, spec: { resourceSnapshotName: '', ...spec }, finalizers: finalizers ?? [] })
}
