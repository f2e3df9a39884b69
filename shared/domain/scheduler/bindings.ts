// What happens to bindings in a cycle: telling them apart, reusing them for picked clusters, giving them up.
import type { Binding, BindingState, ClusterDecision } from '../../api/binding.ts'
import { InvariantError } from '../../errors.ts'
import { byText } from '../names.ts'
import { type Fleet, nameOf } from './fleet.ts'
import type { ScoredCluster } from './stages.ts'

/** Bindings of a placement by what the scheduler must do about them; each list keeps the order given. */
export interface ClassifiedBindings {
  readonly deleting: readonly Binding[]
  readonly unscheduled: readonly Binding[]
  /** Their cluster is gone or leaving. */
  readonly dangling: readonly Binding[]
  /** Made by another policy snapshot. */
  readonly obsolete: readonly Binding[]
  readonly scheduled: readonly Binding[]
  readonly bound: readonly Binding[]
}

type BindingClass = keyof ClassifiedBindings

/** Tells bindings apart; the first test that holds decides. A sick or tainted cluster does not make one dangling. */
export function classifyBindings(
  bindings: readonly Binding[],
  policySnapshot: string,
  byName: Fleet['byName'],
): ClassifiedBindings {
  const classes: Record<BindingClass, Binding[]> = {
    deleting: [],
    unscheduled: [],
    dangling: [],
    obsolete: [],
    scheduled: [],
    bound: [],
  }
  for (const binding of bindings) classes[classOf(binding, policySnapshot, byName)].push(binding)
  return classes
}

function classOf(binding: Binding, policySnapshot: string, byName: Fleet['byName']): BindingClass {
  if (binding.deletionTimestamp) return 'deleting'
  if (binding.state === 'Unscheduled') return 'unscheduled'
  const cluster = byName.get(binding.targetCluster)
  if (!cluster || cluster.metadata.deletionTimestamp) return 'dangling'
  if (binding.schedulingPolicySnapshotName !== policySnapshot) return 'obsolete'
  return binding.state === 'Bound' ? 'bound' : 'scheduled'
}

/** The binding given up: it remembers its state, in case its cluster is picked again before it is gone. */
export function unscheduled(binding: Binding): Binding {
  return { ...binding, generation: binding.generation + 1, state: 'Unscheduled', previousState: binding.state }
}

/** The binding kept for the current policy snapshot, in `state`. */
export function reused(
  binding: Binding,
  state: BindingState,
  policySnapshot: string,
  clusterDecision: ClusterDecision,
): Binding {
  const { previousState: _, ...kept } = binding
  return {
    ...kept,
    generation: binding.generation + 1,
    state,
    schedulingPolicySnapshotName: policySnapshot,
    clusterDecision,
  }
}

/**
 * The state an unscheduled binding goes back to when its cluster is picked again.
 * Throws InvariantError when it does not remember one.
 */
export function rememberedState(binding: Binding): BindingState {
  if (binding.previousState === undefined || binding.previousState === 'Unscheduled') {
    throw new InvariantError(
      `binding ${binding.name} is Unscheduled and does not say what it was before: it cannot be used again`,
    )
  }
  return binding.previousState
}

export interface BindingPlan {
  readonly create: readonly Binding[]
  readonly patch: readonly Binding[]
  readonly unschedule: readonly Binding[]
}

export interface NewBinding {
  readonly policySnapshot: string
  readonly decide: (picked: ScoredCluster) => ClusterDecision
  /** Full name of a new binding for a cluster. */
  readonly newName: (cluster: string) => string
  /** RFC 3339. */
  readonly createdAt: string
}

/**
 * Matches picked clusters with bindings that can be reused: obsolete ones keep their state, unscheduled ones get theirs
 * back, other clusters get a new binding, and obsolete bindings of clusters not picked are given up.
 * Throws InvariantError when an unscheduled binding that is needed has forgotten its state.
 */
export function matchBindings(
  picked: readonly ScoredCluster[],
  obsolete: readonly Binding[],
  unscheduledBindings: readonly Binding[],
  { policySnapshot, decide, newName, createdAt }: NewBinding,
): BindingPlan {
  const byCluster = new Map(picked.map((scored) => [nameOf(scored.cluster), scored]))
  const taken = new Set<string>()
  const patch: Binding[] = []
  const giveUp: Binding[] = []
  for (const binding of obsolete) {
    taken.add(binding.targetCluster)
    const scored = byCluster.get(binding.targetCluster)
    if (scored) patch.push(reused(binding, binding.state, policySnapshot, decide(scored)))
    else giveUp.push(unscheduled(binding))
  }
  for (const binding of unscheduledBindings) {
    const scored = byCluster.get(binding.targetCluster)
    if (!scored) continue
    taken.add(binding.targetCluster)
    patch.push(reused(binding, rememberedState(binding), policySnapshot, decide(scored)))
  }
  const create = picked
    .filter(({ cluster }) => !taken.has(nameOf(cluster)))
    .map((scored): Binding => newBinding(scored, policySnapshot, decide(scored), newName, createdAt))
  return { create, patch, unschedule: giveUp }
}

function newBinding(
  { cluster }: ScoredCluster,
  policySnapshot: string,
  clusterDecision: ClusterDecision,
  newName: NewBinding['newName'],
  createdAt: string,
): Binding {
  return {
    name: newName(nameOf(cluster)),
    generation: 1,
    creationTimestamp: createdAt,
    state: 'Scheduled',
    targetCluster: nameOf(cluster),
    clusterDecision,
    schedulingPolicySnapshotName: policySnapshot,
    resourceSnapshotName: '',
    conditions: [],
  }
}

/** Order of giving up: lowest stored score first (none at all before any), of equal ones the smaller cluster name. */
export function byRemoval(a: Binding, b: Binding): number {
  return compareStoredScores(a, b) || byText(a.targetCluster, b.targetCluster)
}

function compareStoredScores({ clusterDecision: a }: Binding, { clusterDecision: b }: Binding): number {
  if (!a.clusterScore || !b.clusterScore)
    return Number(a.clusterScore !== undefined) - Number(b.clusterScore !== undefined)
  return (
    (a.clusterScore.priorityScore ?? 0) - (b.clusterScore.priorityScore ?? 0) ||
    (a.clusterScore.affinityScore ?? 0) - (b.clusterScore.affinityScore ?? 0)
  )
}

/**
 * Gives up `count` bindings, scheduled ones before bound ones. What is left of the group that was trimmed comes in order
 * of removal; a group that lost none keeps its order. Throws InvariantError when there are not that many.
 */
export function downscale(
  scheduled: readonly Binding[],
  bound: readonly Binding[],
  count: number,
): {
  readonly scheduled: readonly Binding[]
  readonly bound: readonly Binding[]
  readonly unschedule: readonly Binding[]
} {
  if (count <= 0) return { scheduled, bound, unschedule: [] }
  if (count > scheduled.length + bound.length) {
    throw new InvariantError(`${count} bindings cannot be given up: there are ${scheduled.length + bound.length}`)
  }
  if (count < scheduled.length) {
    const order = [...scheduled].sort(byRemoval)
    return { scheduled: order.slice(count), bound, unschedule: order.slice(0, count).map(unscheduled) }
  }
  const fromBound = count - scheduled.length
  const order = fromBound === 0 ? bound : [...bound].sort(byRemoval)
  return {
    scheduled: [],
    bound: order.slice(fromBound),
    unschedule: [...scheduled, ...order.slice(0, fromBound)].map(unscheduled),
  }
}
