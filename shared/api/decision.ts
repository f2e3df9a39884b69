// Why each cluster of the fleet was picked or not: what KubeFleet's status has no room for. One decision speaks of the
// whole fleet; a placement keeps its last ones.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { dateTime, int32, int64, kube } from './kube-meta.ts'

/** Group and version of what the hub says beyond KubeFleet's API. */
export const hublessGroup = 'hubless.dev'
export const hublessVersion = 'v1alpha1'

export const ScoreParts = z.object({
  topologySpread: kube(z.number().int(), int32),
  affinity: kube(z.number().int(), int32),
  /** What each preferred term gave, in the order of the policy. */
  terms: z.array(z.string()).optional(),
})

/** Why one cluster was or was not picked. */
export const ClusterReason = z.object({
  cluster: z.string(),
  selected: z.boolean(),
  plugin: kube(z.string(), { description: 'The rule that decided.' }),
  wanted: kube(z.string().optional(), { description: 'What the rule asks for.' }),
  seen: kube(z.string().optional(), { description: 'What the rule found on the cluster.' }),
  score: ScoreParts.optional(),
  reason: z.string(),
  kept: kube(z.string().optional(), {
    description: 'The rule that would refuse the cluster today: what is placed stays placed.',
  }),
})
export type ClusterReason = z.infer<typeof ClusterReason>

/** A decision about every cluster. Numbers of a placement start at 1 and only rise. */
export const SchedulingDecision = z.object({
  number: kube(z.number().int(), int64),
  decidedAt: kube(z.string(), dateTime),
  policySnapshot: z.string(),
  /** Generation of the placement that was decided about. */
  placementGeneration: kube(z.number().int(), int64),
  scheduled: Condition.optional(),
  clusters: z.array(ClusterReason),
})
export type SchedulingDecision = z.infer<typeof SchedulingDecision>

/** Decisions a placement keeps. */
export const decisionsKept = 10
