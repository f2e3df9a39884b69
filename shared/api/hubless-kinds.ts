// Kinds the hub adds to the fleet's API: what KubeFleet has no kind for. All are made when somebody asks; none is stored.
import { z } from 'zod'
import { ClusterReason, hublessGroup, hublessVersion, SchedulingDecision } from './decision.ts'
import { age, text } from './kind-columns.ts'
import { defineKind, type KindColumn, type KindDefinition } from './kind-definition.ts'
import { int32, kube } from './kube-meta.ts'
import { PlacementPlanSpec, PlacementPlanStatus } from './plan.ts'
import { ObjectDetail } from './work-detail.ts'

const hubless = { group: hublessGroup, storedIn: hublessVersion, status: false, categories: ['fleet'] }
const wide = (column: KindColumn): KindColumn => ({ ...column, priority: 1 })

const decision = {
  ...hubless,
  columns: [
    text('Placement', '.placement'),
    text('Decision', '.number'),
    text('Policy', '.policySnapshot'),
    text('Scheduled', '.scheduled.status'),
    text('Picked', '.picked'),
    text('Not-Picked', '.notPicked'),
    age,
  ],
  parts: {
    field: 'clusters',
    columns: [
      text('Cluster', '.cluster'),
      text('Selected', '.selected'),
      text('Decided-By', '.plugin'),
      text('Wanted', '.wanted'),
      text('Seen', '.seen'),
      text('Spread', '.score.topologySpread'),
      text('Affinity', '.score.affinity'),
      text('Kept-Despite', '.kept'),
      wide(text('Reason', '.reason')),
    ],
  },
  fields: {
    placement: z.string(),
    ...SchedulingDecision.shape,
    picked: kube(z.number().int(), int32),
    notPicked: kube(z.number().int(), int32),
    earlier: kube(z.array(z.string()).optional(), {
      description: 'Names of the decisions before this one, newest first.',
    }),
    clusters: z.array(ClusterReason),
  },
}

/** The hub's own kinds. */
export const hublessKinds: readonly KindDefinition[] = [
  defineKind({
    ...decision,
    kind: 'ClusterSchedulingDecision',
    description:
      'Why each cluster was picked or not for a ClusterResourcePlacement. The latest is named as the placement, earlier ones NAME:NUMBER.',
    shortName: 'csd',
  }),
  defineKind({
    ...decision,
    kind: 'SchedulingDecision',
    description:
      'Why each cluster was picked or not for a ResourcePlacement. The latest is named as the placement, earlier ones NAME:NUMBER.',
    shortName: 'sd',
    namespaced: true,
  }),
  defineKind({
    ...hubless,
    kind: 'WorkDetail',
    description:
      'Every field in which the objects of one placement on one cluster differ from what was meant for them, and who changed it. Named as the first Work of the placement there.',
    namespaced: true,
    columns: [text('Placement', '.placement'), text('Objects', '.objectCount'), text('Fields', '.fieldCount'), age],
    parts: {
      field: 'objects',
      columns: [
        text('Type', '.type'),
        text('Kind', '.kind'),
        text('Namespace', '.namespace'),
        text('Name', '.name'),
        text('First-Path', '.fields[0].path'),
        text('Manager', '.fields[0].manager'),
      ],
    },
    fields: {
      placement: z.string(),
      objectCount: kube(z.number().int(), int32),
      fieldCount: kube(z.number().int(), int32),
      objects: z.array(ObjectDetail),
    },
  }),
  defineKind({
    ...hubless,
    kind: 'PlacementPlan',
    description:
      'What a placement would do: create one and it comes back with its status filled in. Nothing is written.',
    virtual: true,
    fields: { spec: PlacementPlanSpec, status: PlacementPlanStatus.optional() },
  }),
]
