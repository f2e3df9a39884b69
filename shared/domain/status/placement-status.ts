// The whole status of a placement, rebuilt on every pass from records; nothing but transition times is taken from the old.
import type { Binding, ClusterDecision } from '../../api/binding.ts'
import type { Condition, ConditionStatus } from '../../api/condition.ts'
import type { Placement, PlacementStatus, ResourceIdentifier } from '../../api/placement.ts'
import type { ResourceSnapshot, SchedulingStatus } from '../../api/placement-record.ts'
import { InvariantError } from '../../errors.ts'
import { isTrueAt, withCondition } from '../condition.ts'
import { type ClusterStatus, clusterStatus, unscheduledEntry } from './cluster-status.ts'
import { externalView } from './external.ts'
import { allStages, chainOf, placementCondition, placementConditionType, type Stage } from './stages.ts'

export interface PlacementStatusInput {
  readonly placement: Pick<Placement, 'kind' | 'metadata' | 'spec' | 'status'>
  /** Latest policy snapshot. */
  readonly policySnapshot: { readonly name: string; readonly generation?: number | undefined }
  /** What the scheduler said about that snapshot; absent before it did. */
  readonly scheduling?: SchedulingStatus | undefined
  /** What the placement selects; while a new snapshot is held back, what the old one holds. */
  readonly selectedResources: readonly ResourceIdentifier[]
  /** Stored resource snapshots, newest last. */
  readonly snapshots: readonly ResourceSnapshot[]
  /** The snapshot the placement rolls out; by default the newest, or none when the rollout is external. */
  readonly latest?: ResourceSnapshot
  readonly bindings: readonly Binding[]
  /** RFC 3339. */
  readonly now: string
}

export interface PlacementStatusResult {
  readonly status: PlacementStatus
  /** The scheduler is done and as many clusters as wanted (none included) are known. */
  readonly scheduled: boolean
}

/** Folds everything known into the status. Throws InvariantError when more clusters are selected than were wanted. */
export function placementStatus(input: PlacementStatusInput): PlacementStatusResult {
  const { placement, now } = input
  const external = placement.spec.strategy?.type === 'External'
  const latest = input.latest ?? (external ? undefined : input.snapshots.at(-1))
  const scheduled = scheduledOf(input)
  const old = placement.status?.conditions ?? []
  const status: PlacementStatus = {
    selectedResources: [...input.selectedResources],
    observedResourceIndex: latest ? String(latest.index) : '',
    conditions: withCondition(old, scheduled, now),
  }
  if (scheduled.status === 'Unknown') return { status: { ...status, placementStatuses: [] }, scheduled: false }
  const selected = selectedStatuses(input, latest)
  status.placementStatuses = [...selected.map(({ entry }) => entry), ...missingEntries(input, selected.length)]
  if (selected.length === 0) {
    return {
      status: { ...status, conditions: withCondition([], keep(old, scheduled), now) },
      scheduled: wantsNone(placement),
    }
  }
  return {
    status: external ? externalStatus(input, status, selected) : overall(input, status, selected),
    scheduled: true,
  }
}

/** The scheduled condition with its transition time, for a list that starts anew. */
function keep(old: readonly Condition[], scheduled: Condition): Condition {
  const before = old.find(({ type, status }) => type === scheduled.type && status === scheduled.status)
  return before?.lastTransitionTime ? { ...scheduled, lastTransitionTime: before.lastTransitionTime } : scheduled
}

function generationOf({ placement }: Pick<PlacementStatusInput, 'placement'>): number {
  return placement.metadata.generation ?? 0
}

/** The scheduler's word, or Unknown when it has not yet spoken about this generation of this policy. */
function scheduledOf(input: PlacementStatusInput): Condition {
  const { placement, policySnapshot, scheduling } = input
  const generation = generationOf(input)
  const type = placementConditionType(placement.kind, 'Scheduled')
  const said = scheduling?.policySnapshot === policySnapshot.name ? scheduling : undefined
  const stale =
    !said ||
    said.condition.status === 'Unknown' ||
    (said.condition.observedGeneration ?? 0) < (policySnapshot.generation ?? 1) ||
    said.observedPlacementGeneration < generation
  if (stale) {
    const message = 'Scheduling has not completed'
    return { type, status: 'Unknown', observedGeneration: generation, reason: 'SchedulePending', message }
  }
  const { status, reason, message } = said.condition
  return { type, status, observedGeneration: generation, reason, message }
}

function decisionsOf(scheduling: SchedulingStatus | undefined, selected: boolean): ClusterDecision[] {
  return (scheduling?.listed ?? []).filter((decision) => decision.selected === selected)
}

function selectedStatuses(input: PlacementStatusInput, latest: ResourceSnapshot | undefined): ClusterStatus[] {
  const { placement, policySnapshot, scheduling, snapshots, now } = input
  const bindings = bindingsByCluster(input.bindings, policySnapshot.name)
  const before = conditionsByCluster(placement.status)
  const indexOf = indexLookup(snapshots)
  return decisionsOf(scheduling, true).map((decision) =>
    clusterStatus(decision, bindings.get(decision.clusterName), before.get(decision.clusterName) ?? [], {
      generation: generationOf(input),
      chain: chainOf(placement.spec.strategy),
      external: placement.spec.strategy?.type === 'External',
      latest: latest && { name: latest.name, index: String(latest.index) },
      indexOf,
      now,
    }),
  )
}

/** Live bindings of a policy snapshot by their cluster. */
export function bindingsByCluster(bindings: readonly Binding[], policySnapshot: string): Map<string, Binding> {
  return new Map(
    bindings
      .filter(
        ({ deletionTimestamp, targetCluster, schedulingPolicySnapshotName }) =>
          !deletionTimestamp && targetCluster !== '' && schedulingPolicySnapshotName === policySnapshot,
      )
      .map((binding) => [binding.targetCluster, binding]),
  )
}

/** Conditions a status has per cluster; anonymous entries and those without conditions are left out. */
export function conditionsByCluster(status: PlacementStatus | undefined): Map<string, readonly Condition[]> {
  return new Map(
    (status?.placementStatuses ?? []).flatMap(({ clusterName, conditions }) =>
      clusterName && conditions && conditions.length > 0 ? [[clusterName, conditions] as const] : [],
    ),
  )
}

/** Index text of a snapshot by its master's name. */
export function indexLookup(
  snapshots: readonly Pick<ResourceSnapshot, 'name' | 'index'>[],
): (name: string) => string | undefined {
  const indices = new Map(snapshots.map(({ name, index }) => [name, String(index)]))
  return (name) => indices.get(name)
}

function missingEntries(input: PlacementStatusInput, selected: number) {
  const unselected = decisionsOf(input.scheduling, false)
  const missing = missingClusters(input.placement.spec.policy, selected, unselected.length)
  return unselected.slice(0, missing).map(({ reason }) => unscheduledEntry(reason, generationOf(input), input.now))
}

/**
 * How many wanted clusters could not be picked, as far as there are decisions to explain it.
 * Throws InvariantError when more are selected than wanted.
 */
export function missingClusters(policy: Placement['spec']['policy'], selected: number, unselected: number): number {
  const wanted = wantedClusters(policy)
  if (wanted === undefined) return 0
  if (wanted < selected) throw new InvariantError(`${selected} clusters are selected although ${wanted} are wanted`)
  return Math.min(wanted - selected, unselected)
}

function wantedClusters(policy: Placement['spec']['policy']): number | undefined {
  if (policy?.placementType === 'PickN') return policy.numberOfClusters
  return policy?.placementType === 'PickFixed' ? (policy.clusterNames?.length ?? 0) : undefined
}

function wantsNone({ spec }: Pick<Placement, 'spec'>): boolean {
  return wantedClusters(spec.policy) === 0
}

function externalStatus(
  input: PlacementStatusInput,
  status: PlacementStatus,
  selected: readonly ClusterStatus[],
): PlacementStatus {
  const { kind } = input.placement
  const view = externalView({
    kind,
    generation: generationOf(input),
    entries: selected.map(({ entry }) => entry),
    index: status.observedResourceIndex ?? '',
    selectedResources: input.selectedResources,
    resourcesOf: (index) => input.snapshots.find((snapshot) => String(snapshot.index) === index)?.resources ?? [],
  })
  const shown = { ...status, observedResourceIndex: view.index, selectedResources: [...view.selectedResources] }
  if (!view.unknown) return overall(input, shown, selected)
  const conditions = withCondition(shown.conditions, view.unknown, input.now)
  return { ...shown, conditions: withoutStages(conditions, kind, new Set(['RolloutStarted'])) }
}

/** Walks the chain until a stage is not True on every cluster; later stages, and those of the other chain, are removed. */
function overall(
  input: PlacementStatusInput,
  status: PlacementStatus,
  selected: readonly ClusterStatus[],
): PlacementStatus {
  const { kind, spec } = input.placement
  const set = new Set<Stage>()
  let conditions = status.conditions ?? []
  for (const stage of chainOf(spec.strategy)) {
    const state = stateOf(selected, stage)
    const condition = placementCondition(kind, stage, state.status, generationOf(input), state.count)
    const plain = stage === 'Overridden' && state.status === 'True' && !selected.some(hasOverrides)
    const said = plain
      ? { ...condition, reason: 'NoOverrideSpecified', message: 'No override is specified' }
      : condition
    conditions = withCondition(conditions, said, input.now)
    set.add(stage)
    if (state.status !== 'True') break
  }
  return { ...status, conditions: withoutStages(conditions, kind, set) }
}

/** The state that decides a stage, and how many clusters are in it. Not knowing outweighs failing. */
function stateOf(
  selected: readonly ClusterStatus[],
  stage: Stage,
): { readonly status: ConditionStatus; readonly count: number } {
  const count = (status: ConditionStatus) => selected.filter(({ reached }) => reached.get(stage) === status).length
  const unknown = count('Unknown')
  if (unknown > 0) return { status: 'Unknown', count: unknown }
  const failed = count('False')
  return failed > 0 ? { status: 'False', count: failed } : { status: 'True', count: count('True') }
}

function hasOverrides({ entry }: ClusterStatus): boolean {
  return (entry.applicableResourceOverrides?.length ?? 0) + (entry.applicableClusterResourceOverrides?.length ?? 0) > 0
}

function withoutStages(
  conditions: readonly Condition[],
  kind: Placement['kind'],
  kept: ReadonlySet<Stage>,
): Condition[] {
  const removed = new Set(
    allStages.filter((stage) => !kept.has(stage)).map((stage) => placementConditionType(kind, stage)),
  )
  return conditions.filter(({ type }) => !removed.has(type))
}

/** Whether scheduling and every stage are True for the current generation: nothing is left to wait for. */
export function isRolloutComplete({
  kind,
  metadata,
  spec,
  status,
}: Pick<Placement, 'kind' | 'metadata' | 'spec' | 'status'>): boolean {
  return (['Scheduled', ...chainOf(spec.strategy)] as const).every((stage) => {
    const type = placementConditionType(kind, stage)
    return isTrueAt(
      status?.conditions?.find((condition) => condition.type === type),
      metadata.generation ?? 0,
    )
  })
}

/** The status of a placement whose selectors are mistaken: only Scheduled changes. */
export function invalidSelectors(
  { kind, metadata, status }: Pick<Placement, 'kind' | 'metadata' | 'status'>,
  message: string,
  now: string,
): PlacementStatus {
  const scheduled: Condition = {
    type: placementConditionType(kind, 'Scheduled'),
    status: 'False',
    observedGeneration: metadata.generation ?? 0,
    reason: 'InvalidResourceSelectors',
    message,
  }
  return { ...status, conditions: withCondition(status?.conditions, scheduled, now) }
}
