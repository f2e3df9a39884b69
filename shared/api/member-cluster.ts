// MemberCluster: a cluster of the fleet (cluster.kubernetes-fleet.io/v1beta1, KubeFleet's schema).
import { z } from 'zod'
import { Condition } from './condition.ts'
import { ObjectMeta } from './kube-object.ts'

export const Taint = z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })
export type Taint = z.infer<typeof Taint>
export const PropertyValue = z.object({ value: z.string(), observationTime: z.string() })
const quantities = z.record(z.string(), z.union([z.string(), z.number()]))
/** Amounts are Kubernetes quantities. */
export const ResourceUsage = z.object({
  capacity: quantities.optional(),
  allocatable: quantities.optional(),
  available: quantities.optional(),
  observationTime: z.string().optional(),
})
export const AgentStatus = z.object({
  type: z.string(),
  conditions: z.array(Condition).optional(),
  lastReceivedHeartbeat: z.string().optional(),
})
export const MemberClusterSpec = z.object({
  identity: z.object({
    kind: z.string(),
    name: z.string(),
    apiGroup: z.string().optional(),
    namespace: z.string().optional(),
  }),
  heartbeatPeriodSeconds: z.number().int().optional(),
  taints: z.array(Taint).optional(),
  deleteOptions: z.object({ validationMode: z.enum(['Strict', 'Skip']).optional() }).optional(),
})
export const MemberClusterStatus = z.object({
  conditions: z.array(Condition).optional(),
  properties: z.record(z.string(), PropertyValue).optional(),
  resourceUsage: ResourceUsage.optional(),
  namespaces: z.record(z.string(), z.string()).optional(),
  agentStatus: z.array(AgentStatus).optional(),
})
export type MemberClusterStatus = z.infer<typeof MemberClusterStatus>
export const MemberCluster = z.object({
  apiVersion: z.string(),
  kind: z.literal('MemberCluster'),
  metadata: ObjectMeta,
  spec: MemberClusterSpec,
  status: MemberClusterStatus.optional(),
})
export type MemberCluster = z.infer<typeof MemberCluster>
