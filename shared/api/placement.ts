// ClusterResourcePlacement and ResourcePlacement: what the user asks for and what the hub answers.
// Fields and values are KubeFleet's v1beta1 API (placement.kubernetes-fleet.io).
import { z } from 'zod'
import { Condition } from './condition.ts'
import { ObjectMeta } from './kube-object.ts'

export const LabelSelectorRequirement = z.object({
  key: z.string(),
  operator: z.string(),
  values: z.array(z.string()).optional(),
})
/** metav1.LabelSelector; both parts are ANDed, an empty selector matches everything. */
export const LabelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z.array(LabelSelectorRequirement).optional(),
})
export type LabelSelector = z.infer<typeof LabelSelector>

export const SelectionScope = z.enum(['NamespaceOnly', 'NamespaceWithResources', 'NamespaceWithResourceSelectors'])
export const ResourceSelectorTerm = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  name: z.string().optional(),
  labelSelector: LabelSelector.optional(),
  selectionScope: SelectionScope.optional(),
})
export type ResourceSelectorTerm = z.infer<typeof ResourceSelectorTerm>

export const PropertySelectorRequirement = z.object({
  name: z.string(),
  operator: z.string(),
  values: z.array(z.string()),
})
export const PropertySelector = z.object({ matchExpressions: z.array(PropertySelectorRequirement) })
export const PropertySorter = z.object({ name: z.string(), sortOrder: z.string() })
export const ClusterSelectorTerm = z.object({
  labelSelector: LabelSelector.optional(),
  propertySelector: PropertySelector.optional(),
  propertySorter: PropertySorter.optional(),
})
export type ClusterSelectorTerm = z.infer<typeof ClusterSelectorTerm>
export const ClusterSelector = z.object({ clusterSelectorTerms: z.array(ClusterSelectorTerm).nullish() })
export const PreferredClusterSelector = z.object({ weight: z.number().int(), preference: ClusterSelectorTerm })
export const ClusterAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: ClusterSelector.optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.array(PreferredClusterSelector).optional(),
})
export const TopologySpreadConstraint = z.object({
  maxSkew: z.number().int().optional(),
  topologyKey: z.string(),
  whenUnsatisfiable: z.string().optional(),
})
export type TopologySpreadConstraint = z.infer<typeof TopologySpreadConstraint>
export const Toleration = z.object({
  key: z.string().optional(),
  operator: z.string().optional(),
  value: z.string().optional(),
  effect: z.string().optional(),
})
export type Toleration = z.infer<typeof Toleration>

export const PlacementPolicy = z.object({
  placementType: z.enum(['PickAll', 'PickN', 'PickFixed']).optional(),
  clusterNames: z.array(z.string()).optional(),
  numberOfClusters: z.number().int().optional(),
  affinity: z.object({ clusterAffinity: ClusterAffinity.optional() }).optional(),
  topologySpreadConstraints: z.array(TopologySpreadConstraint).optional(),
  tolerations: z.array(Toleration).optional(),
})
export type PlacementPolicy = z.infer<typeof PlacementPolicy>

/** A count, or a percentage text such as `25%`. */
export const IntOrPercent = z.union([z.number().int(), z.string()])
export type IntOrPercent = z.infer<typeof IntOrPercent>
export const RollingUpdate = z.object({
  maxUnavailable: IntOrPercent.optional(),
  maxSurge: IntOrPercent.optional(),
  unavailablePeriodSeconds: z.number().int().optional(),
})
export const ApplyStrategy = z.object({
  type: z.enum(['ClientSideApply', 'ServerSideApply', 'ReportDiff']).optional(),
  comparisonOption: z.enum(['PartialComparison', 'FullComparison']).optional(),
  whenToApply: z.enum(['Always', 'IfNotDrifted']).optional(),
  whenToTakeOver: z.enum(['Always', 'IfNoDiff', 'Never']).optional(),
  serverSideApplyConfig: z.object({ force: z.boolean().optional() }).optional(),
  allowCoOwnership: z.boolean().optional(),
})
export type ApplyStrategy = z.infer<typeof ApplyStrategy>
export const RolloutStrategy = z.object({
  type: z.enum(['RollingUpdate', 'External']).optional(),
  rollingUpdate: RollingUpdate.optional(),
  applyStrategy: ApplyStrategy.optional(),
  deleteStrategy: z.object({ propagationPolicy: z.enum(['Abandon', 'Delete']).optional() }).optional(),
  reportBackStrategy: z
    .object({ type: z.enum(['Disabled', 'Mirror']), destination: z.enum(['OriginalResource', 'WorkAPI']).optional() })
    .optional(),
})
export type RolloutStrategy = z.infer<typeof RolloutStrategy>

export const PlacementSpec = z.object({
  resourceSelectors: z.array(ResourceSelectorTerm),
  policy: PlacementPolicy.optional(),
  strategy: RolloutStrategy.optional(),
  revisionHistoryLimit: z.number().int().optional(),
  statusReportingScope: z.enum(['ClusterScopeOnly', 'NamespaceAccessible']).optional(),
})
export type PlacementSpec = z.infer<typeof PlacementSpec>

/** The envelope an object travelled in, when it was not selected directly. */
export const EnvelopeIdentifier = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  type: z.string().optional(),
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
  observationTime: z.string(),
  targetClusterObservedGeneration: z.number().int(),
  firstDriftedObservedTime: z.string(),
  observedDrifts: z.array(PatchDetail).optional(),
})
export type DriftedPlacement = z.infer<typeof DriftedPlacement>
export const DiffedPlacement = z.object({
  ...ResourceIdentifier.shape,
  observationTime: z.string(),
  targetClusterObservedGeneration: z.number().int().optional(),
  firstDiffedObservedTime: z.string(),
  observedDiffs: z.array(PatchDetail).optional(),
})
export type DiffedPlacement = z.infer<typeof DiffedPlacement>

export const NamespacedName = z.object({ name: z.string(), namespace: z.string().optional() })
/** How one cluster stands; entries without `clusterName` say why a wanted cluster could not be picked. */
export const PerClusterPlacementStatus = z.object({
  clusterName: z.string().optional(),
  observedResourceIndex: z.string().optional(),
  applicableResourceOverrides: z.array(NamespacedName).optional(),
  applicableClusterResourceOverrides: z.array(z.string()).optional(),
  failedPlacements: z.array(FailedPlacement).optional(),
  driftedPlacements: z.array(DriftedPlacement).optional(),
  diffedPlacements: z.array(DiffedPlacement).optional(),
  conditions: z.array(Condition).optional(),
})
export type PerClusterPlacementStatus = z.infer<typeof PerClusterPlacementStatus>
export const PlacementStatus = z.object({
  selectedResources: z.array(ResourceIdentifier).optional(),
  observedResourceIndex: z.string().optional(),
  placementStatuses: z.array(PerClusterPlacementStatus).optional(),
  conditions: z.array(Condition).optional(),
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
