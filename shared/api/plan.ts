// A plan: what a placement would do if it were written now. Made on request, never stored.
import { z } from 'zod'
import { ClusterReason } from './decision.ts'
import { int32, kube } from './kube-meta.ts'
import { ResourceIdentifier } from './placement.ts'

/** One field of an object that would differ; values are JSON texts, absent where there is none. */
export const FieldDifference = z.object({
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
})
export type FieldDifference = z.infer<typeof FieldDifference>

/** One object that would be added to a cluster, changed there or removed from it. */
export const ObjectChange = z.object({
  change: z.enum(['Added', 'Changed', 'Removed']),
  ...ResourceIdentifier.shape,
  differences: z.array(FieldDifference).optional(),
})
export type ObjectChange = z.infer<typeof ObjectChange>

export const ClusterPlan = z.object({
  cluster: z.string(),
  action: kube(z.enum(['Place', 'Update', 'Keep', 'Remove', 'Compare', 'Wait']), {
    description:
      'Compare: the strategy only reports differences. Wait: an update run decides when, or an earlier removal must end.',
  }),
  added: kube(z.number().int(), int32),
  changed: kube(z.number().int(), int32),
  removed: kube(z.number().int(), int32),
  objects: kube(z.array(ObjectChange).optional(), { description: 'At most 100; the counts speak of all.' }),
  problem: kube(z.string().optional(), { description: 'Why nothing could be applied there.' }),
})
export type ClusterPlan = z.infer<typeof ClusterPlan>

export const PlacementPlanStatus = z.object({
  summary: z.string(),
  problem: kube(z.string().optional(), { description: 'Why the placement would not be scheduled.' }),
  scheduled: z.object({ status: z.string(), reason: z.string(), message: z.string() }).optional(),
  selectedResources: z.array(ResourceIdentifier),
  reasons: kube(z.array(ClusterReason), { description: 'Why each cluster would be picked or not.' }),
  clusters: kube(z.array(ClusterPlan), { description: 'What would change where.' }),
})
export type PlacementPlanStatus = z.infer<typeof PlacementPlanStatus>

export const PlacementPlanSpec = z.object({
  placement: kube(z.looseObject({}), {
    embeddedResource: true,
    preserveUnknownFields: true,
    description:
      'The ClusterResourcePlacement or ResourcePlacement as it would be applied; without spec, as it is stored.',
  }),
})
