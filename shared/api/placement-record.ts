// What the hub keeps about a placement besides the user's object: one partition per placement, a header and two rows per
// cluster. Rows are parsed with these schemas when read, so an older row's shape must stay readable.
import { z } from 'zod'
import { BindingState, ClusterDecision } from './binding.ts'
import { Condition } from './condition.ts'
import {
  ApplyStrategy,
  DiffedPlacement,
  DriftedPlacement,
  FailedPlacement,
  NamespacedName,
  PlacementPolicy,
  ReportBackStrategy,
  ResourceIdentifier,
} from './placement.ts'
import { WorkStatus } from './work.ts'
import { ObjectDetail } from './work-detail.ts'

/** A policy snapshot: the policy as it was when its hash last changed. */
export const PolicySnapshot = z.object({
  name: z.string(),
  index: z.number().int(),
  hash: z.string(),
  policy: PlacementPolicy.optional(),
  /** N of PickN as it is now; scaling makes no new snapshot. */
  numberOfClusters: z.number().int().optional(),
  /** Generation of the placement this was last confirmed for. */
  placementGeneration: z.number().int(),
  /** Generation of the snapshot object itself; absent means 1, for a snapshot's spec never changes. */
  generation: z.number().int().optional(),
  createdAt: z.string(),
})
export type PolicySnapshot = z.infer<typeof PolicySnapshot>

/** What the scheduler decided under a policy snapshot. */
export const SchedulingStatus = z.object({
  policySnapshot: z.string(),
  observedPlacementGeneration: z.number().int(),
  condition: Condition,
  /** The list that the status of a placement is made from: it leaves clusters out. */
  listed: z.array(ClusterDecision),
})
export type SchedulingStatus = z.infer<typeof SchedulingStatus>

/** A resource snapshot: the ordered, cleaned manifests, by content hash. */
export const ResourceSnapshot = z.object({
  /** Name of the master snapshot, `<placement>-<index>-snapshot`. */
  name: z.string(),
  index: z.number().int(),
  /** KubeFleet's group hash. */
  hash: z.string(),
  /** Where the manifests lie in the payload store: a JSON array of objects. */
  payload: z.string(),
  resources: z.array(ResourceIdentifier),
  envelopeCount: z.number().int(),
  createdAt: z.string(),
  /** Generation of the placement it was taken for. */
  generation: z.number().int().optional(),
  /** When a newer content was first seen while this was the latest. */
  candidateSince: z.string().optional(),
})
export type ResourceSnapshot = z.infer<typeof ResourceSnapshot>

/** Tells without reading the newest decision whether another says the same. */
export const DecisionMark = z.object({
  number: z.number().int(),
  /** Hash of who was picked and which rule decided about each cluster. */
  outcome: z.string(),
  /** Hash of everything the decision says. */
  content: z.string(),
})
export type DecisionMark = z.infer<typeof DecisionMark>

/** A step that would remove an unusual share of what is placed, and waits for somebody's approval by its name. */
export const HeldStep = z.object({
  kind: z.enum(['objects', 'clusters']),
  step: z.string(),
  lost: z.number().int(),
  total: z.number().int(),
})
export type HeldStep = z.infer<typeof HeldStep>

export const PlacementHeader = z.object({
  placement: z.string(),
  uid: z.string(),
  generation: z.number().int(),
  /** Rises with every commit that changes what is wanted; a row's `generation` is the epoch of its last change. */
  epoch: z.number().int(),
  /** Newest last; at most revisionHistoryLimit. */
  policies: z.array(PolicySnapshot),
  snapshots: z.array(ResourceSnapshot),
  /**
   * Present while another client writes the policy snapshots: the one that counts, null when none or several do. The hub
   * then makes no snapshots itself.
   */
  clientPolicy: PolicySnapshot.nullable().optional(),
  /** What is selected now, kept only for placements rolled out from outside, which get no snapshot here. */
  selected: z.array(ResourceIdentifier).optional(),
  scheduling: SchedulingStatus.optional(),
  /** The newest of the decisions kept beside the header. */
  decided: DecisionMark.optional(),
  /** Why the last scheduling cycle could not be run; absent when it could. */
  schedulingError: z.string().optional(),
  /** What this placement selects, as it failed last; absent when the selection is fine. */
  selectionError: z.string().optional(),
  heldSelection: HeldStep.optional(),
  heldScheduling: HeldStep.optional(),
  /** The placement object is being deleted, or is gone: everything placed is to be removed. */
  deleting: z.boolean().optional(),
})
export type PlacementHeader = z.infer<typeof PlacementHeader>

/** What is wanted on one cluster. `generation` is the epoch: it rises with every change of this row that the worker must see. */
export const Wanted = z.object({
  cluster: z.string(),
  name: z.string(),
  uid: z.string(),
  generation: z.number().int(),
  createdAt: z.string(),
  state: BindingState,
  previousState: BindingState.optional(),
  /** Set when what is placed is to be removed; the row goes when the worker has answered. */
  deletedAt: z.string().optional(),
  decision: ClusterDecision,
  /** Clusters the placement had when this row was made: how much a fold of its status costs, roughly. */
  peers: z.number().int().optional(),
  policySnapshot: z.string(),
  /** Master snapshot name, '' until rolled out. */
  resourceSnapshot: z.string(),
  resourceIndex: z.number().int().optional(),
  /** Payload hash of the snapshot, '' until rolled out. */
  payload: z.string(),
  resourceOverrides: z.array(NamespacedName).optional(),
  clusterResourceOverrides: z.array(z.string()).optional(),
  applyStrategy: ApplyStrategy.optional(),
  reportBackStrategy: ReportBackStrategy.optional(),
  rolloutStarted: Condition.optional(),
})
export type Wanted = z.infer<typeof Wanted>

/** How often the hub undid what somebody changed about one object, lately. Times are RFC 3339. */
export const Repairs = z.object({
  /** Identity of the manifest. */
  object: z.string(),
  count: z.number().int(),
  since: z.string(),
  last: z.string(),
  /** The field manager that was seen last. */
  by: z.string().optional(),
})
export type Repairs = z.infer<typeof Repairs>

/** What the worker saw on one cluster, for the epoch it worked on. */
export const Observed = z.object({
  cluster: z.string(),
  epoch: z.number().int(),
  /** Overridden, WorkSynchronized, Applied, Available, DiffReported; observedGeneration is the epoch. */
  conditions: z.array(Condition),
  failed: z.array(FailedPlacement).optional(),
  drifted: z.array(DriftedPlacement).optional(),
  diffed: z.array(DiffedPlacement).optional(),
  /** How each manifest stands; the Work object users see is rendered from it. */
  work: WorkStatus,
  /** Everything this placement had put on the cluster is gone from it. */
  removed: z.boolean().optional(),
  observedAt: z.string(),
  /** What an agent on the member said of each Work, where one does. */
  works: z.array(z.object({ name: z.string(), status: WorkStatus })).optional(),
  /** Every difference in full; absent when there is none, or when they are too many for the row. */
  details: z.array(ObjectDetail).optional(),
  /** Where the differences are in the payload store when they do not fit here: a JSON array. */
  detailsPayload: z.string().optional(),
  repairs: z.array(Repairs).optional(),
  /** How often this epoch was looked at with the same result; drives the next look. */
  rounds: z.number().int(),
})
export type Observed = z.infer<typeof Observed>

/** The policy snapshot the scheduler follows; none while clients do not agree on one. */
export function currentPolicy({
  policies,
  clientPolicy,
}: Pick<PlacementHeader, 'policies' | 'clientPolicy'>): PolicySnapshot | undefined {
  return clientPolicy === undefined ? policies.at(-1) : (clientPolicy ?? undefined)
}
