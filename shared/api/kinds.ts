// Every kind of the fleet's API, once: its names, versions, columns and the zod schemas of its fields. The kinds the API
// server serves and the CustomResourceDefinitions are derived from these.
import type { z } from 'zod'
import { z as zod } from 'zod'
import { BindingSpec, BindingStatus } from './binding.ts'
import { ClusterProfileSpec, ClusterProfileStatus } from './cluster-profile.ts'
import { DisruptionBudgetSpec, EvictionSpec, EvictionStatus } from './disruption.ts'
import { EnvelopeData } from './envelope.ts'
import { dateTime, type KubeRule, kube } from './kube-meta.ts'
import {
  InternalMemberClusterSpec,
  InternalMemberClusterStatus,
  MemberClusterSpec,
  MemberClusterStatus,
} from './member-cluster.ts'
import {
  ClusterResourceOverrideSnapshot,
  ClusterResourceOverrideSpec,
  ResourceOverrideSnapshot,
  ResourceOverrideSpec,
} from './override.ts'
import { PlacementSpec, PlacementStatus } from './placement.ts'
import { clusterPlacementRules, namespacedPlacementRules } from './placement-rules.ts'
import { ConditionsStatus, PolicySnapshotSpec, PolicySnapshotStatus, ResourceSnapshotSpec } from './snapshot.ts'
import {
  ApprovalRequestSpec,
  StagedUpdateRunSpec,
  StagedUpdateRunStatus,
  StagedUpdateStrategySpec,
} from './staged-update.ts'
import { AppliedWorkSpec, AppliedWorkStatus, WorkSpec, WorkStatus } from './work.ts'

/** A printer column. Priority 1 shows only with `-o wide`. */
export interface KindColumn {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
  readonly priority?: number
}

export interface KindVersion {
  readonly name: string
  readonly columns: readonly KindColumn[]
  /** Rules about the whole object. */
  readonly rules: readonly KubeRule[]
}

export interface KindDefinition {
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** The one objects are stored in comes first. */
  readonly versions: readonly KindVersion[]
  readonly statusSubresource: boolean
  /** Fields besides apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, z.ZodType>>
}

interface KindInput {
  readonly group: string
  readonly kind: string
  readonly plural?: string
  readonly shortName?: string
  readonly categories?: readonly string[]
  readonly namespaced?: boolean
  /** Versions besides the stored one. */
  readonly alsoIn?: readonly string[]
  readonly storedIn?: string
  readonly status?: boolean
  readonly columns?: readonly KindColumn[]
  /** Columns of versions that show others. */
  readonly columnsIn?: Readonly<Record<string, readonly KindColumn[]>>
  readonly rules?: readonly KubeRule[]
  /** Rules of versions that have others. */
  readonly rulesIn?: Readonly<Record<string, readonly KubeRule[]>>
  readonly fields: Readonly<Record<string, z.ZodType>>
}

/** Fills in what most kinds share: the plural is the kind with an s, the stored version is v1beta1, there is a status. */
export function defineKind(input: KindInput): KindDefinition {
  const { group, kind, fields } = input
  const versions = [input.storedIn ?? 'v1beta1', ...(input.alsoIn ?? [])]
  return {
    group,
    kind,
    plural: input.plural ?? `${kind.toLowerCase()}s`,
    shortNames: input.shortName === undefined ? [] : [input.shortName],
    categories: input.categories ?? ['fleet', 'fleet-placement'],
    namespaced: input.namespaced ?? false,
    versions: versions.map((name) => ({
      name,
      columns: input.columnsIn?.[name] ?? input.columns ?? [],
      rules: input.rulesIn?.[name] ?? input.rules ?? [],
    })),
    statusSubresource: input.status ?? true,
    fields,
  }
}

export const placementGroup = 'placement.kubernetes-fleet.io'
export const clusterGroup = 'cluster.kubernetes-fleet.io'

const text = (name: string, jsonPath: string): KindColumn => ({ name, type: 'string', jsonPath })
const wide = (name: string, jsonPath: string): KindColumn => ({ name, type: 'string', jsonPath, priority: 1 })
const date = (name: string, jsonPath: string): KindColumn => ({ name, type: 'date', jsonPath })
const generation = text('Gen', '.metadata.generation')
const age = date('Age', '.metadata.creationTimestamp')
const condition = (type: string, field: 'status' | 'observedGeneration' = 'status') =>
  `.status.conditions[?(@.type=="${type}")].${field}`

const nameBelow = (limit: number): readonly KubeRule[] => [
  { rule: `size(self.metadata.name) < ${limit}`, message: `metadata.name max length is ${limit - 1}` },
]

const placementColumns = (kind: string): readonly KindColumn[] => [
  generation,
  wide('Type', '.spec.policy.placementType'),
  text('Scheduled', condition(`${kind}Scheduled`)),
  text('Scheduled-Gen', condition(`${kind}Scheduled`, 'observedGeneration')),
  wide('Work-Synchronized', condition(`${kind}WorkSynchronized`)),
  wide('Work-Synchronized-Gen', condition(`${kind}WorkSynchronized`, 'observedGeneration')),
  text('Available', condition(`${kind}Available`)),
  text('Available-Gen', condition(`${kind}Available`, 'observedGeneration')),
  age,
]

const bindingColumns = [
  text('WorkSynchronized', condition('WorkSynchronized')),
  text('ResourcesApplied', condition('Applied')),
  wide('ResourceAvailable', condition('Available')),
  age,
]

const updateRunColumns = (progressing: boolean): readonly KindColumn[] => [
  text('Placement', '.spec.placementName'),
  text('Resource-Snapshot-Index', '.spec.resourceSnapshotIndex'),
  text('Policy-Snapshot-Index', '.status.policySnapshotIndexUsed'),
  text('Initialized', condition('Initialized')),
  ...(progressing ? [text('Progressing', condition('Progressing'))] : []),
  text('Succeeded', condition('Succeeded')),
  age,
  wide('Strategy', '.spec.stagedRolloutStrategyName'),
]

const approvalColumns = [
  text('Update-Run', '.spec.parentStageRollout'),
  text('Stage', '.spec.targetStage'),
  text('Approved', condition('Approved')),
  age,
]

const usage = (kind: string, resource: string) => `.status.resourceUsage.${kind}.${resource}`
const memberColumns = [
  text('Joined', condition('Joined')),
  age,
  date('Member-Agent-Last-Seen', '.status.agentStatus[?(@.type=="MemberAgent")].lastReceivedHeartbeat'),
  text('Node-Count', '.status.properties.kubernetes-fleet\\.io/node-count.value'),
  text('Available-CPU', usage('available', 'cpu')),
  text('Available-Memory', usage('available', 'memory')),
  wide('Allocatable-CPU', usage('allocatable', 'cpu')),
  wide('Allocatable-Memory', usage('allocatable', 'memory')),
]

const cluster = { group: clusterGroup, categories: ['fleet', 'fleet-cluster'], alsoIn: ['v1'] }
const placement = { group: placementGroup }
const placementStatusFields = {
  lastUpdatedTime: kube(zod.string(), dateTime),
  sourceStatus: PlacementStatus,
}
const binding = {
  ...placement,
  columns: bindingColumns,
  fields: { spec: BindingSpec, status: BindingStatus.optional() },
}
const policySnapshot = {
  ...placement,
  columns: [generation, age],
  fields: { spec: PolicySnapshotSpec, status: PolicySnapshotStatus.optional() },
}
const resourceSnapshot = {
  ...placement,
  columns: [generation, age],
  fields: { spec: ResourceSnapshotSpec, status: ConditionsStatus.optional() },
}
const updateRun = {
  ...placement,
  columns: updateRunColumns(true),
  rules: nameBelow(64),
  fields: { spec: StagedUpdateRunSpec, status: StagedUpdateRunStatus.optional() },
}
const updateStrategy = { ...placement, fields: { spec: StagedUpdateStrategySpec } }
const approval = {
  ...placement,
  columns: approvalColumns,
  fields: { spec: ApprovalRequestSpec, status: ConditionsStatus.optional() },
}
const envelope = { ...placement, status: false, fields: { data: EnvelopeData } }
const override = { ...placement, status: false, alsoIn: ['v1', 'v1alpha1'] }

/** The kinds of the fleet's API. */
export const kinds: readonly KindDefinition[] = [
  defineKind({
    ...cluster,
    kind: 'MemberCluster',
    shortName: 'cluster',
    columns: memberColumns,
    rules: nameBelow(64),
    fields: { spec: MemberClusterSpec, status: MemberClusterStatus.optional() },
  }),
  defineKind({
    ...cluster,
    kind: 'InternalMemberCluster',
    shortName: 'imc',
    namespaced: true,
    columns: [age],
    fields: { spec: InternalMemberClusterSpec, status: InternalMemberClusterStatus.optional() },
  }),
  defineKind({
    group: 'multicluster.x-k8s.io',
    kind: 'ClusterProfile',
    namespaced: true,
    categories: [],
    storedIn: 'v1alpha1',
    fields: { spec: ClusterProfileSpec, status: ClusterProfileStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacement',
    shortName: 'crp',
    alsoIn: ['v1'],
    columns: placementColumns('ClusterResourcePlacement'),
    fields: { spec: kube(PlacementSpec, { rules: clusterPlacementRules }), status: PlacementStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ResourcePlacement',
    shortName: 'rp',
    namespaced: true,
    alsoIn: ['v1'],
    columns: placementColumns('ResourcePlacement'),
    fields: { spec: kube(PlacementSpec, { rules: namespacedPlacementRules }), status: PlacementStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementStatus',
    plural: 'clusterresourceplacementstatuses',
    shortName: 'crps',
    namespaced: true,
    alsoIn: ['v1'],
    status: false,
    columns: [
      text('Resource-Index', '.sourceStatus.observedResourceIndex'),
      text('Last-Updated', '.lastUpdatedTime'),
      age,
    ],
    fields: placementStatusFields,
  }),
  defineKind({ ...policySnapshot, kind: 'ClusterSchedulingPolicySnapshot', shortName: 'csps', alsoIn: ['v1'] }),
  defineKind({ ...policySnapshot, kind: 'SchedulingPolicySnapshot', shortName: 'sps', namespaced: true }),
  defineKind({ ...resourceSnapshot, kind: 'ClusterResourceSnapshot', shortName: 'crs', alsoIn: ['v1'] }),
  defineKind({ ...resourceSnapshot, kind: 'ResourceSnapshot', shortName: 'rs', namespaced: true }),
  defineKind({ ...binding, kind: 'ClusterResourceBinding', shortName: 'crb', alsoIn: ['v1'] }),
  defineKind({ ...binding, kind: 'ResourceBinding', shortName: 'rb', namespaced: true }),
  defineKind({ ...envelope, kind: 'ClusterResourceEnvelope' }),
  defineKind({ ...envelope, kind: 'ResourceEnvelope', namespaced: true }),
  defineKind({
    ...placement,
    kind: 'Work',
    namespaced: true,
    alsoIn: ['v1'],
    fields: { spec: WorkSpec.optional(), status: WorkStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'AppliedWork',
    alsoIn: ['v1'],
    fields: { spec: AppliedWorkSpec, status: AppliedWorkStatus.optional() },
  }),
  defineKind({
    ...override,
    kind: 'ClusterResourceOverride',
    rules: [
      {
        rule: "!has(self.spec.placement) || self.spec.placement.scope != 'Namespaced'",
        message: 'clusterResourceOverride placement reference cannot be Namespaced scope',
      },
    ],
    fields: { spec: ClusterResourceOverrideSpec },
  }),
  defineKind({
    ...override,
    kind: 'ClusterResourceOverrideSnapshot',
    fields: { spec: ClusterResourceOverrideSnapshot.shape.spec },
  }),
  defineKind({ ...override, kind: 'ResourceOverride', namespaced: true, fields: { spec: ResourceOverrideSpec } }),
  defineKind({
    ...override,
    kind: 'ResourceOverrideSnapshot',
    namespaced: true,
    fields: { spec: ResourceOverrideSnapshot.shape.spec },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementEviction',
    shortName: 'crpe',
    alsoIn: ['v1alpha1'],
    columns: [text('Valid', condition('Valid')), text('Executed', condition('Executed'))],
    columnsIn: { v1alpha1: [] },
    fields: { spec: EvictionSpec, status: EvictionStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementDisruptionBudget',
    shortName: 'crpdb',
    alsoIn: ['v1alpha1'],
    status: false,
    fields: { spec: DisruptionBudgetSpec },
  }),
  defineKind({
    ...updateRun,
    kind: 'ClusterStagedUpdateRun',
    shortName: 'csur',
    alsoIn: ['v1', 'v1alpha1'],
    columnsIn: { v1alpha1: updateRunColumns(false) },
    rulesIn: { v1alpha1: nameBelow(128) },
  }),
  defineKind({ ...updateRun, kind: 'StagedUpdateRun', shortName: 'sur', namespaced: true, alsoIn: ['v1'] }),
  defineKind({
    ...updateStrategy,
    kind: 'ClusterStagedUpdateStrategy',
    plural: 'clusterstagedupdatestrategies',
    shortName: 'csus',
    alsoIn: ['v1', 'v1alpha1'],
  }),
  defineKind({
    ...updateStrategy,
    kind: 'StagedUpdateStrategy',
    plural: 'stagedupdatestrategies',
    shortName: 'sus',
    namespaced: true,
    alsoIn: ['v1'],
    status: false,
  }),
  defineKind({ ...approval, kind: 'ClusterApprovalRequest', shortName: 'careq', alsoIn: ['v1', 'v1alpha1'] }),
  defineKind({ ...approval, kind: 'ApprovalRequest', shortName: 'areq', namespaced: true, alsoIn: ['v1'] }),
]

/** The definition of a kind. Throws for a kind that is not the fleet's. */
export function kindOf(kind: string): KindDefinition {
  const found = kinds.find((each) => each.kind === kind)
  if (!found) throw new TypeError(`${kind} is not a kind of the fleet's API`)
  return found
}
