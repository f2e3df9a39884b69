// ClusterResourcePlacement and ResourcePlacement: what the user asks for and what the hub answers.
// Fields and values are KubeFleet's v1beta1 API (placement.kubernetes-fleet.io).
import { z } from 'zod'
import { Condition } from './condition.ts'
import { byType, choice, dateTime, int32, int64, kube } from './kube-meta.ts'
import { ObjectMeta } from './kube-object.ts'
import { mirrorRules, policyRules, selectorRules, tolerationRules, typeRules } from './placement-rules.ts'

export const LabelSelectorRequirement = z.object({
  key: z.string(),
  operator: z.string(),
  values: kube(z.array(z.string()).optional(), { listType: 'atomic' }),
})
/** metav1.LabelSelector; both parts are ANDed, an empty selector matches everything. */
export const LabelSelector = kube(
  z.object({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: kube(z.array(LabelSelectorRequirement).optional(), { listType: 'atomic' }),
  }),
  { mapType: 'atomic' },
)
export type LabelSelector = z.infer<typeof LabelSelector>

export const SelectionScope = z.enum(['NamespaceOnly', 'NamespaceWithResources', 'NamespaceWithResourceSelectors'])
export const ResourceSelectorTerm = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  name: z.string().optional(),
  labelSelector: LabelSelector.optional(),
  selectionScope: kube(SelectionScope.optional(), {
    default: 'NamespaceWithResources',
    description: 'For a namespace: whether what lies in it is placed as well.',
  }),
})
export type ResourceSelectorTerm = z.infer<typeof ResourceSelectorTerm>

export const PropertySelectorRequirement = z.object({
  name: z.string(),
  operator: z.string(),
  values: kube(z.array(z.string()), { maxItems: 1 }),
})
export const PropertySelector = z.object({ matchExpressions: z.array(PropertySelectorRequirement) })
export const PropertySorter = z.object({
  name: z.string(),
  sortOrder: kube(z.string(), choice(['Ascending', 'Descending'])),
})
export const ClusterSelectorTerm = z.object({
  labelSelector: LabelSelector.optional(),
  propertySelector: PropertySelector.optional(),
  propertySorter: PropertySorter.optional(),
})
export type ClusterSelectorTerm = z.infer<typeof ClusterSelectorTerm>
export const ClusterSelector = z.object({
  clusterSelectorTerms: kube(z.array(ClusterSelectorTerm).nullish(), { required: true, maxItems: 10 }),
})
export const PreferredClusterSelector = z.object({
  weight: kube(z.number().int(), { ...int32, minimum: -100, maximum: 100 }),
  preference: ClusterSelectorTerm,
})
export const ClusterAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: ClusterSelector.optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.array(PreferredClusterSelector).optional(),
})
export const TopologySpreadConstraint = z.object({
  maxSkew: kube(z.number().int().optional(), { ...int32, default: 1, minimum: 1 }),
  topologyKey: z.string(),
  whenUnsatisfiable: kube(z.string().optional(), choice(['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule')),
})
export type TopologySpreadConstraint = z.infer<typeof TopologySpreadConstraint>
export const Toleration = z.object({
  key: z.string().optional(),
  operator: kube(z.string().optional(), choice(['Equal', 'Exists'], 'Equal')),
  value: z.string().optional(),
  effect: kube(z.string().optional(), choice(['NoSchedule'])),
})
export type Toleration = z.infer<typeof Toleration>

export const PlacementPolicy = z.object({
  placementType: kube(z.enum(['PickAll', 'PickN', 'PickFixed']).optional(), {
    default: 'PickAll',
    description: 'All matching clusters, a number of them, or the ones named.',
  }),
  clusterNames: kube(z.array(z.string()).optional(), { maxItems: 100, description: 'The clusters, for PickFixed.' }),
  numberOfClusters: kube(z.number().int().optional(), {
    ...int32,
    minimum: 0,
    description: 'How many clusters, for PickN.',
  }),
  affinity: z.object({ clusterAffinity: ClusterAffinity.optional() }).optional(),
  topologySpreadConstraints: z.array(TopologySpreadConstraint).optional(),
  tolerations: kube(z.array(Toleration).optional(), { maxItems: 100, rules: tolerationRules }),
})
export type PlacementPolicy = z.infer<typeof PlacementPolicy>

/** A count, or a percentage text such as `25%`. */
export const IntOrPercent = z.union([z.number().int(), z.string()])
export type IntOrPercent = z.infer<typeof IntOrPercent>
const quarter = { default: '25%', pattern: '^((100|[0-9]{1,2})%|[0-9]+)$' }
export const RollingUpdate = z.object({
  maxUnavailable: kube(IntOrPercent.optional(), quarter),
  maxSurge: kube(IntOrPercent.optional(), quarter),
  unavailablePeriodSeconds: kube(z.number().int().optional(), { default: 60, minimum: 0 }),
})
export const ApplyStrategy = z.object({
  type: kube(z.enum(['ClientSideApply', 'ServerSideApply', 'ReportDiff']).optional(), { default: 'ClientSideApply' }),
  comparisonOption: kube(z.enum(['PartialComparison', 'FullComparison']).optional(), { default: 'PartialComparison' }),
  whenToApply: kube(z.enum(['Always', 'IfNotDrifted']).optional(), { default: 'Always' }),
  whenToTakeOver: kube(z.enum(['Always', 'IfNoDiff', 'Never']).optional(), { default: 'Always' }),
  serverSideApplyConfig: z.object({ force: z.boolean().optional() }).optional(),
  allowCoOwnership: z.boolean().optional(),
})
export type ApplyStrategy = z.infer<typeof ApplyStrategy>
export const DeleteStrategy = z.object({
  propagationPolicy: kube(z.enum(['Abandon', 'Delete']).optional(), { default: 'Delete' }),
})
export const ReportBackStrategy = z.object({
  type: kube(z.enum(['Disabled', 'Mirror']), { default: 'Disabled' }),
  destination: z.enum(['OriginalResource', 'WorkAPI']).optional(),
})
export type ReportBackStrategy = z.infer<typeof ReportBackStrategy>
export const RolloutStrategy = z.object({
  type: kube(z.enum(['RollingUpdate', 'External']).optional(), { default: 'RollingUpdate', rules: typeRules }),
  rollingUpdate: RollingUpdate.optional(),
  applyStrategy: ApplyStrategy.optional(),
  deleteStrategy: kube(DeleteStrategy.optional(), { absentIn: ['v1'] }),
  reportBackStrategy: kube(ReportBackStrategy.optional(), { absentIn: ['v1'], rules: mirrorRules }),
})
export type RolloutStrategy = z.infer<typeof RolloutStrategy>

export const PlacementSpec = z.object({
  resourceSelectors: kube(z.array(ResourceSelectorTerm), {
    minItems: 1,
    maxItems: 100,
    rules: selectorRules,
    description: 'What is placed: objects by kind and name or labels.',
  }),
  policy: kube(PlacementPolicy.optional(), {
    rules: policyRules,
    description: 'Which clusters are picked; every one when absent.',
  }),
  strategy: kube(RolloutStrategy.optional(), {
    description: 'How changes reach the picked clusters, and how objects are applied there.',
  }),
  revisionHistoryLimit: kube(z.number().int().optional(), {
    ...int32,
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'How many old snapshots are kept.',
  }),
  statusReportingScope: kube(z.enum(['ClusterScopeOnly', 'NamespaceAccessible']).optional(), {
    default: 'ClusterScopeOnly',
  }),
})
export type PlacementSpec = z.infer<typeof PlacementSpec>

/** The envelope an object travelled in, when it was not selected directly. */
export const EnvelopeIdentifier = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  type: kube(z.string().optional(), {
    ...choice(['ConfigMap', 'ClusterResourceEnvelope', 'ResourceEnvelope'], 'ConfigMap'),
    inVersion: { v1: { enum: ['ClusterResourceEnvelope', 'ResourceEnvelope'], default: undefined } },
  }),
})
export const ResourceIdentifier = z.object({
  group: z.string().optional(),
  version: z.string(),
  kind: z.string(),
  name: z.string(),
  namespace: z.string().optional(),
  envelope: EnvelopeIdentifier.optional(),
})
export type ResourceIdentifier = z.infer<typeof ResourceIdentifier>

/** One field that differs; values are texts. */
export const PatchDetail = z.object({
  path: z.string(),
  valueInMember: z.string().optional(),
  valueInHub: z.string().optional(),
})
export type PatchDetail = z.infer<typeof PatchDetail>
export const FailedPlacement = z.object({ ...ResourceIdentifier.shape, condition: Condition })
export type FailedPlacement = z.infer<typeof FailedPlacement>
export const DriftedPlacement = z.object({
  ...ResourceIdentifier.shape,
  observationTime: kube(z.string(), dateTime),
  targetClusterObservedGeneration: kube(z.number().int(), int64),
  firstDriftedObservedTime: kube(z.string(), dateTime),
  observedDrifts: z.array(PatchDetail).optional(),
})
export type DriftedPlacement = z.infer<typeof DriftedPlacement>
export const DiffedPlacement = z.object({
  ...ResourceIdentifier.shape,
  observationTime: kube(z.string(), dateTime),
  targetClusterObservedGeneration: kube(z.number().int().optional(), int64),
  firstDiffedObservedTime: kube(z.string(), dateTime),
  observedDiffs: z.array(PatchDetail).optional(),
})
export type DiffedPlacement = z.infer<typeof DiffedPlacement>

export const NamespacedName = z.object({
  name: z.string(),
  namespace: kube(z.string().optional(), { required: true }),
})
/** The status lists at most so many objects each as failed, drifted or different. */
const listed = { maxItems: 100 }
/** How one cluster stands; entries without `clusterName` say why a wanted cluster could not be picked. */
export const PerClusterPlacementStatus = z.object({
  clusterName: z.string().optional(),
  observedResourceIndex: z.string().optional(),
  applicableResourceOverrides: z.array(NamespacedName).optional(),
  applicableClusterResourceOverrides: z.array(z.string()).optional(),
  failedPlacements: kube(z.array(FailedPlacement).optional(), listed),
  driftedPlacements: kube(z.array(DriftedPlacement).optional(), listed),
  diffedPlacements: kube(z.array(DiffedPlacement).optional(), listed),
  conditions: z.array(Condition).optional(),
})
export type PerClusterPlacementStatus = z.infer<typeof PerClusterPlacementStatus>
export const PlacementStatus = z.object({
  selectedResources: z.array(ResourceIdentifier).optional(),
  observedResourceIndex: z.string().optional(),
  placementStatuses: z.array(PerClusterPlacementStatus).optional(),
  conditions: kube(z.array(Condition).optional(), byType),
})
export type PlacementStatus = z.infer<typeof PlacementStatus>

/** ClusterResourcePlacement (no namespace) or ResourcePlacement (namespaced): one shape. */
export const Placement = z.object({
  apiVersion: z.string(),
  kind: z.enum(['ClusterResourcePlacement', 'ResourcePlacement']),
  metadata: ObjectMeta,
  spec: PlacementSpec,
  status: PlacementStatus.optional(),
})
export type Placement = z.infer<typeof Placement>
