// One scheduling cycle: from a policy snapshot, the fleet and the placement's bindings to the changes of bindings and what
// to tell the user. Which of the three ways of picking applies is the policy's placement type.
import type { Binding, ClusterDecision } from '../../api/binding.ts'
import type { Condition } from '../../api/condition.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { PlacementPolicy } from '../../api/placement.ts'
import type { PolicySnapshot } from '../../api/placement-record.ts'
import { errorMessage, InvalidInputError, InvariantError } from '../../errors.ts'
import { type EligibilityLimits, eligibility } from '../membership/eligibility.ts'
import { byText } from '../names.ts'
import {
  type BindingPlan,
  type ClassifiedBindings,
  classifyBindings,
  downscale,
  matchBindings,
  unscheduled,
} from './bindings.ts'
import {
  allDecisions,
  ineligibleDecision,
  listedDecisions,
  notFoundDecision,
  type Outcome,
  scheduledCondition,
  selectedDecision,
} from './decisions.ts'
import { type Fleet, nameOf } from './fleet.ts'
import type { CycleContext, PluginFactory } from './plugin.ts'
import { type KnownPlugins, profileOf } from './profile.ts'
import { filterAll, filterAndScore, pickBest, type ScoredCluster, zeroScore } from './stages.ts'

export interface CycleInput {
  /** `namespace` is set for a ResourcePlacement. */
  readonly placement: { readonly name: string; readonly namespace?: string | undefined }
  /** The latest policy snapshot. N of PickN is its `numberOfClusters`, never the one inside `policy`. */
  readonly policySnapshot: PolicySnapshot
  readonly fleet: Fleet
  /** Every binding of the placement, deleting ones too; any order. */
  readonly bindings: readonly Binding[]
  /** Epoch milliseconds. */
  readonly now: number
  /** When a cluster counts as lost; KubeFleet's limits unless given. */
  readonly limits?: EligibilityLimits | undefined
  /** KubeFleet's rules unless given. */
  readonly rules?: readonly PluginFactory[] | undefined
  /** Full name of a new binding for a cluster; see `bindingName`. */
  readonly newName: (cluster: string) => string
}

export interface SchedulingOutcome {
  /** Every cluster that was looked at, selected first. */
  readonly decisions: readonly ClusterDecision[]
  /** The shorter list KubeFleet's status shows. */
  readonly listed: readonly ClusterDecision[]
  readonly condition: Condition
  /** Generation of the placement this answers. */
  readonly observedGeneration: number
}

/** Changed bindings are given whole, as they are to be; their generation is one higher. */
export interface CycleResult extends BindingPlan {
  /** Names of deleting bindings the scheduler lets go. */
  readonly removeFinalizer: readonly string[]
  /** What to tell the user; absent while more cycles follow, after an error, and for a PickFixed that names nobody. */
  readonly status?: SchedulingOutcome
  /** Another cycle must follow at once. */
  readonly requeue: boolean
  /**
   * Why the cycle stopped: the stored input makes no sense, so trying again is no use until it changes. The changes given
   * with it (bindings of clusters that are gone) still hold.
   */
  readonly error?: string
}

interface Round {
  readonly input: CycleInput
  readonly stable: KnownPlugins | undefined
  readonly bindings: ClassifiedBindings
}

type Branch = Omit<CycleResult, 'removeFinalizer' | 'requeue'> & { readonly requeue?: boolean }

const nothing: BindingPlan = { create: [], patch: [], unschedule: [] }

/**
 * Runs one cycle. Never throws for what users wrote; see `CycleResult.error`. `stable` are plugins shared with other cycles
 * over the same fleet, policy and time.
 */
export function runCycle(input: CycleInput, stable?: KnownPlugins): CycleResult {
  const sorted = [...input.bindings].sort((a, b) => byText(a.name, b.name))
  const bindings = classifyBindings(sorted, input.policySnapshot.name, input.fleet.byName)
  const removeFinalizer = bindings.deleting.map(({ name }) => name)
  const gone = bindings.dangling.map(unscheduled)
  try {
    const branch = schedule({ input, bindings, stable })
    return { requeue: false, ...branch, unschedule: [...gone, ...branch.unschedule], removeFinalizer }
  } catch (error) {
    if (!(error instanceof InvalidInputError || error instanceof InvariantError)) throw error
    return { ...nothing, unschedule: gone, removeFinalizer, requeue: false, error: errorMessage(error) }
  }
}

function schedule(round: Round): Branch {
  switch (round.input.policySnapshot.policy?.placementType) {
    case 'PickN':
      return pickN(round)
    case 'PickFixed':
      return pickFixed(round)
    default:
      return pickAll(round)
  }
}

/** Every cluster that passes the filters. Always fulfilled, even by no cluster at all. */
function pickAll(round: Round): Branch {
  const { input, bindings } = round
  const { scored, filtered } = filterAll(profileOf(contextOf(round), input.rules, round.stable), input.fleet.clusters)
  const plan = match(round, scored, true)
  const selected = [plan.create, plan.patch, bindings.scheduled, bindings.bound]
  return { ...plan, status: report(round, { selected, notPicked: [], filtered }, selected.flat().length) }
}

/** The clusters named, when they exist and are eligible; no plugin is asked. */
function pickFixed(round: Round): Branch {
  const { input, bindings } = round
  const names = input.policySnapshot.policy?.clusterNames ?? []
  if (names.length === 0) return nothing
  const found = lookUp(names, input)
  const present = new Set([...bindings.scheduled, ...bindings.bound].map(({ targetCluster }) => targetCluster))
  const fresh = found.valid.filter((cluster) => !present.has(nameOf(cluster)))
  const plan = match(
    round,
    fresh.map((cluster) => ({ cluster, score: zeroScore })),
    false,
  )
  return { ...plan, status: reportNamed(input, found) }
}

/** What is told after a cycle over named clusters: those that can be used, the ineligible, the unknown. */
export function reportNamed(
  input: Pick<CycleInput, 'policySnapshot'>,
  { valid, ineligible, unknown }: NamedClusters,
): SchedulingOutcome {
  const decisions = [
    ...valid.map((cluster) => selectedDecision(nameOf(cluster))),
    ...ineligible.map(({ cluster, reason }) => ineligibleDecision(nameOf(cluster), reason)),
    ...unknown.map(notFoundDecision),
  ]
  return {
    decisions,
    listed: decisions,
    condition: scheduledCondition(valid.length, ineligible.length + unknown.length === 0, generationOf(input)),
    observedGeneration: input.policySnapshot.placementGeneration,
  }
}

/** Clusters a policy names, each list in the order of the names. */
export interface NamedClusters {
  readonly valid: readonly MemberCluster[]
  readonly ineligible: readonly { readonly cluster: MemberCluster; readonly reason: string }[]
  readonly unknown: readonly string[]
}

/** Looks named clusters up. */
export function lookUp(
  names: readonly string[],
  { fleet, now, limits }: Pick<CycleInput, 'fleet' | 'now' | 'limits'>,
): NamedClusters {
  const valid: MemberCluster[] = []
  const ineligible: { cluster: MemberCluster; reason: string }[] = []
  const unknown: string[] = []
  for (const name of names) {
    const cluster = fleet.byName.get(name)
    if (!cluster) {
      unknown.push(name)
      continue
    }
    const { eligible, reason } = eligibility(cluster, now, limits)
    if (eligible) valid.push(cluster)
    else ineligible.push({ cluster, reason })
  }
  return { valid, ineligible, unknown }
}

/** N clusters: scales down, confirms, or picks the best of those that pass. */
function pickN(round: Round): Branch {
  const { input, bindings } = round
  const wanted = input.policySnapshot.numberOfClusters
  if (wanted === undefined || wanted < 0) {
    throw new InvariantError(
      `policy snapshot ${input.policySnapshot.name} is PickN but its number of clusters is ${wanted ?? 'missing'}`,
    )
  }
  const present = bindings.scheduled.length + bindings.bound.length
  if (wanted > present) return pickMore(round, wanted, present)
  const surplus = surplusOf(input.policySnapshot.policy, wanted, present, bindings.obsolete.length)
  if (surplus === undefined) {
    const selected = [bindings.bound, bindings.scheduled]
    return { ...nothing, status: report(round, { selected, notPicked: [], filtered: [] }, wanted) }
  }
  const left = downscale(bindings.scheduled, bindings.bound, surplus)
  return {
    ...nothing,
    unschedule: [...bindings.obsolete.map(unscheduled), ...left.unschedule],
    status: report(round, { selected: [left.scheduled, left.bound], notPicked: [], filtered: [] }, wanted),
  }
}

/**
 * How many current bindings are too many, when there is anything to give up (obsolete bindings included); undefined when
 * there is not. Only PickN scales down.
 */
export function surplusOf(
  policy: PlacementPolicy | undefined,
  wanted: number,
  present: number,
  obsolete: number,
): number | undefined {
  if (policy?.placementType !== 'PickN' || wanted > present) return undefined
  const surplus = present - wanted
  return surplus + obsolete > 0 ? surplus : undefined
}

/** How many clusters to pick: as many as wanted, allowed and there. */
export function pickCount(desired: number, limit: number, scored: number): number {
  return Math.min(desired, limit, scored)
}

/** Whether a cycle that was limited used its limit up, so that the next may find more. */
export function needsAnotherCycle(desired: number, limit: number, picked: number): boolean {
  return desired > limit && picked === limit
}

function pickMore(round: Round, wanted: number, present: number): Branch {
  const { input, bindings } = round
  const desired = wanted - present
  const profile = profileOf(contextOf(round), input.rules, round.stable)
  const { limit, scored, filtered } = filterAndScore(profile, input.fleet.clusters, desired)
  const { picked, notPicked } = pickBest(scored, pickCount(desired, limit, scored.length))
  const plan = match(round, picked, true)
  if (needsAnotherCycle(desired, limit, plan.create.length + plan.patch.length)) return { ...plan, requeue: true }
  const selected = [plan.create, plan.patch, bindings.scheduled, bindings.bound]
  return { ...plan, status: report(round, { selected, notPicked, filtered }, wanted) }
}

/** What is told after a cycle that had to find `wanted` clusters. */
export function report(
  { input }: { readonly input: Pick<CycleInput, 'policySnapshot'> },
  outcome: Outcome,
  wanted: number,
): SchedulingOutcome {
  const found = outcome.selected.flat().length
  return {
    decisions: allDecisions(outcome),
    listed: listedDecisions(outcome),
    condition: scheduledCondition(found, found >= wanted, generationOf(input)),
    observedGeneration: input.policySnapshot.placementGeneration,
  }
}

/** Policy snapshots do not change, so theirs is the first generation unless the record says otherwise. */
function generationOf({ policySnapshot }: Pick<CycleInput, 'policySnapshot'>): number {
  return policySnapshot.generation ?? 1
}

function match({ input, bindings }: Round, picked: readonly ScoredCluster[], scored: boolean): BindingPlan {
  return matchBindings(picked, bindings.obsolete, bindings.unscheduled, {
    policySnapshot: input.policySnapshot.name,
    decide: ({ cluster, score }) => selectedDecision(nameOf(cluster), scored ? score : undefined),
    newName: input.newName,
    createdAt: new Date(input.now).toISOString().replace(/\.\d+Z$/, 'Z'),
  })
}

function contextOf({ input, bindings }: Round): CycleContext {
  return {
    fleet: input.fleet,
    policy: input.policySnapshot.policy,
    namespace: input.placement.namespace,
    current: [...bindings.scheduled, ...bindings.bound],
    obsolete: bindings.obsolete,
    now: input.now,
    limits: input.limits,
  }
}
