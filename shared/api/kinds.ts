// Every kind of the fleet's API, once: its names, versions, columns and the zod schemas of its fields. The kinds the API
// server serves and the CustomResourceDefinitions are derived from these. One list, so longer than most files.
import { z } from 'zod'
import { BindingSpec, BindingStatus } from './binding.ts'
import { ClusterProfileSpec, ClusterProfileStatus } from './cluster-profile.ts'
import { DisruptionBudgetSpec, EvictionSpec, EvictionStatus } from './disruption.ts'
import { EnvelopeData } from './envelope.ts'
import {
  age,
  approvalColumns,
  bindingColumns,
  condition,
  generation,
  memberColumns,
  placementColumns,
  text,
  updateRunColumns,
} from './kind-columns.ts'
import { defineKind, type KindDefinition } from './kind-definition.ts'
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

export const placementGroup = 'placement.kubernetes-fleet.io'
export const clusterGroup = 'cluster.kubernetes-fleet.io'

const nameBelow = (limit: number): readonly KubeRule[] => [
  { rule: `size(self.metadata.name) < ${limit}`, message: `metadata.name max length is ${limit - 1}` },
]

const cluster = { group: clusterGroup, categories: ['fleet', 'fleet-cluster'], alsoIn: ['v1'] }
const placement = { group: placementGroup }
const placementStatusFields = {
  lastUpdatedTime: kube(z.string(), dateTime),
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
    description: 'A cluster of the fleet. Creating one lets the cluster join, deleting it lets it leave.',
    shortName: 'cluster',
    columns: memberColumns,
    rules: nameBelow(64),
    fields: { spec: MemberClusterSpec, status: MemberClusterStatus.optional() },
  }),
  defineKind({
    ...cluster,
    kind: 'InternalMemberCluster',
    description: 'A member cluster as seen from its own namespace on the hub; derived, not to be edited.',
    shortName: 'imc',
    namespaced: true,
    columns: [age],
    fields: { spec: InternalMemberClusterSpec, status: InternalMemberClusterStatus.optional() },
  }),
  defineKind({
    group: 'multicluster.x-k8s.io',
    kind: 'ClusterProfile',
    description: 'What other tools should know of a cluster of the fleet.',
    namespaced: true,
    categories: [],
    storedIn: 'v1alpha1',
    fields: { spec: ClusterProfileSpec, status: ClusterProfileStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacement',
    description: 'Which cluster-scoped objects, and which namespaces with all they hold, are to run on which clusters.',
    shortName: 'crp',
    alsoIn: ['v1'],
    columns: placementColumns('ClusterResourcePlacement'),
    fields: { spec: kube(PlacementSpec, { rules: clusterPlacementRules }), status: PlacementStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ResourcePlacement',
    description: 'Which objects of its own namespace are to run on which clusters.',
    shortName: 'rp',
    namespaced: true,
    alsoIn: ['v1'],
    columns: placementColumns('ResourcePlacement'),
    fields: { spec: kube(PlacementSpec, { rules: namespacedPlacementRules }), status: PlacementStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementStatus',
    description: 'The status of a ClusterResourcePlacement, readable in the namespace it places.',
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
  defineKind({
    ...policySnapshot,
    kind: 'ClusterSchedulingPolicySnapshot',
    description: 'The policy of a ClusterResourcePlacement at one moment, and the clusters it led to.',
    shortName: 'csps',
    alsoIn: ['v1'],
  }),
  defineKind({
    ...policySnapshot,
    kind: 'SchedulingPolicySnapshot',
    description: 'The policy of a ResourcePlacement at one moment, and the clusters it led to.',
    shortName: 'sps',
    namespaced: true,
  }),
  defineKind({
    ...resourceSnapshot,
    kind: 'ClusterResourceSnapshot',
    description: 'The objects a ClusterResourcePlacement selected at one moment.',
    shortName: 'crs',
    alsoIn: ['v1'],
  }),
  defineKind({
    ...resourceSnapshot,
    kind: 'ResourceSnapshot',
    description: 'The objects a ResourcePlacement selected at one moment.',
    shortName: 'rs',
    namespaced: true,
  }),
  defineKind({
    ...binding,
    kind: 'ClusterResourceBinding',
    description: 'The tie between a ClusterResourcePlacement and one cluster.',
    shortName: 'crb',
    alsoIn: ['v1'],
  }),
  defineKind({
    ...binding,
    kind: 'ResourceBinding',
    description: 'The tie between a ResourcePlacement and one cluster.',
    shortName: 'rb',
    namespaced: true,
  }),
  defineKind({
    ...envelope,
    kind: 'ClusterResourceEnvelope',
    description: 'Cluster-scoped objects that are to take effect on the members but not on the hub.',
  }),
  defineKind({
    ...envelope,
    kind: 'ResourceEnvelope',
    description: 'Objects of one namespace that are to take effect on the members but not on the hub.',
    namespaced: true,
  }),
  defineKind({
    ...placement,
    kind: 'Work',
    description: 'The manifests one cluster is to have, and how each stands there; derived, not to be edited.',
    namespaced: true,
    alsoIn: ['v1'],
    fields: { spec: WorkSpec.optional(), status: WorkStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'AppliedWork',
    description: 'On a member: the owner of everything one placement put there.',
    alsoIn: ['v1'],
    fields: { spec: AppliedWorkSpec, status: AppliedWorkStatus.optional() },
  }),
  defineKind({
    ...override,
    kind: 'ClusterResourceOverride',
    description: 'How cluster-scoped objects, or all objects of a namespace, differ on some clusters.',
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
    description: 'A ClusterResourceOverride at one moment.',
    fields: { spec: ClusterResourceOverrideSnapshot.shape.spec },
  }),
  defineKind({
    ...override,
    kind: 'ResourceOverride',
    description: 'How objects of its own namespace differ on some clusters.',
    namespaced: true,
    fields: { spec: ResourceOverrideSpec },
  }),
  defineKind({
    ...override,
    kind: 'ResourceOverrideSnapshot',
    description: 'A ResourceOverride at one moment.',
    namespaced: true,
    fields: { spec: ResourceOverrideSnapshot.shape.spec },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementEviction',
    description: 'A request to take a placement off one cluster, once.',
    shortName: 'crpe',
    alsoIn: ['v1alpha1'],
    columns: [text('Valid', condition('Valid')), text('Executed', condition('Executed'))],
    columnsIn: { v1alpha1: [] },
    fields: { spec: EvictionSpec, status: EvictionStatus.optional() },
  }),
  defineKind({
    ...placement,
    kind: 'ClusterResourcePlacementDisruptionBudget',
    description: 'How many clusters of a placement evictions may leave without it at once.',
    shortName: 'crpdb',
    alsoIn: ['v1alpha1'],
    status: false,
    fields: { spec: DisruptionBudgetSpec },
  }),
  defineKind({
    ...updateRun,
    kind: 'ClusterStagedUpdateRun',
    description: 'One rollout of a ClusterResourcePlacement through the fleet, stage by stage.',
    shortName: 'csur',
    alsoIn: ['v1', 'v1alpha1'],
    columnsIn: { v1alpha1: updateRunColumns(false) },
    rulesIn: { v1alpha1: nameBelow(128) },
  }),
  defineKind({
    ...updateRun,
    kind: 'StagedUpdateRun',
    description: 'One rollout of a ResourcePlacement through the fleet, stage by stage.',
    shortName: 'sur',
    namespaced: true,
    alsoIn: ['v1'],
  }),
  defineKind({
    ...updateStrategy,
    kind: 'ClusterStagedUpdateStrategy',
    description: 'The stages a ClusterStagedUpdateRun goes through.',
    plural: 'clusterstagedupdatestrategies',
    shortName: 'csus',
    alsoIn: ['v1', 'v1alpha1'],
  }),
  defineKind({
    ...updateStrategy,
    kind: 'StagedUpdateStrategy',
    description: 'The stages a StagedUpdateRun goes through.',
    plural: 'stagedupdatestrategies',
    shortName: 'sus',
    namespaced: true,
    alsoIn: ['v1'],
    status: false,
  }),
  defineKind({
    ...approval,
    kind: 'ClusterApprovalRequest',
    description: 'A stage of a ClusterStagedUpdateRun that waits for somebody to approve it.',
    shortName: 'careq',
    alsoIn: ['v1', 'v1alpha1'],
  }),
  defineKind({
    ...approval,
    kind: 'ApprovalRequest',
    description: 'A stage of a StagedUpdateRun that waits for somebody to approve it.',
    shortName: 'areq',
    namespaced: true,
    alsoIn: ['v1'],
  }),
]

/** The definition of a kind. Throws for a kind that is not the fleet's. */
export function kindOf(kind: string): KindDefinition {
  const found = kinds.find((each) => each.kind === kind)
  if (!found) throw new TypeError(`${kind} is not a kind of the fleet's API`)
  return found
}
