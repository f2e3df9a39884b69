// MemberCluster: a cluster of the fleet (cluster.kubernetes-fleet.io/v1beta1, KubeFleet's schema).
import { z } from 'zod'
import { Condition } from './condition.ts'
import { byType, choice, dateTime, int32, kube } from './kube-meta.ts'
import { ObjectMeta } from './kube-object.ts'

export const Taint = z.object({
  key: z.string(),
  value: z.string().optional(),
  effect: kube(z.string(), choice(['NoSchedule'])),
})
export type Taint = z.infer<typeof Taint>
export const PropertyValue = z.object({ value: z.string(), observationTime: kube(z.string(), dateTime) })
// The pattern of resource.Quantity.
const quantityPattern =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$'
const quantities = z.record(z.string(), kube(z.union([z.string(), z.number()]), { pattern: quantityPattern }))
/** Amounts are Kubernetes quantities. */
export const ResourceUsage = z.object({
  capacity: quantities.optional(),
  allocatable: quantities.optional(),
  available: quantities.optional(),
  observationTime: kube(z.string().optional(), dateTime),
})
export const AgentStatus = z.object({
  type: z.string(),
  conditions: kube(z.array(Condition).optional(), byType),
  lastReceivedHeartbeat: kube(z.string().optional(), dateTime),
})
const heartbeatPeriodSeconds = kube(z.number().int().optional(), { ...int32, default: 60, minimum: 1, maximum: 600 })
export const MemberClusterSpec = z.object({
  identity: kube(
    z.object({
      kind: z.string(),
      name: z.string(),
      apiGroup: z.string().optional(),
      namespace: z.string().optional(),
    }),
    { mapType: 'atomic', description: 'Who the cluster acts as when it talks to the hub.' },
  ),
  heartbeatPeriodSeconds,
  taints: kube(z.array(Taint).optional(), {
    maxItems: 100,
    description: 'Keeps placements away that do not tolerate them.',
  }),
  deleteOptions: kube(
    z.object({ validationMode: kube(z.enum(['Strict', 'Skip']).optional(), { default: 'Strict' }) }).optional(),
    { absentIn: ['v1'] },
  ),
})
export const MemberClusterStatus = z.object({
  conditions: kube(z.array(Condition).optional(), byType),
  properties: z.record(z.string(), PropertyValue).optional(),
  resourceUsage: ResourceUsage.optional(),
  namespaces: kube(z.record(z.string(), z.string()).optional(), { absentIn: ['v1'] }),
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

/** `spec` and `status` of InternalMemberCluster, the view of a cluster from its own namespace. */
export const InternalMemberClusterSpec = z.object({ state: z.string(), heartbeatPeriodSeconds })
export const InternalMemberClusterStatus = z.object({
  ...MemberClusterStatus.shape,
  conditions: z.array(Condition).optional(),
})

/** What a probe reads. Amounts are Kubernetes quantities, summed over nodes. */
export interface MemberProfile {
  readonly version: string
  readonly ready: boolean
  /** What `/readyz` said when it was not ready. */
  readonly readyMessage?: string
  readonly nodeCount: number
  readonly capacity: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  readonly available: Readonly<Record<string, string>>
  /** Namespace name to the name of the AppliedWork that owns it, or ''. At most 200. */
  readonly namespaces: Readonly<Record<string, string>>
  readonly namespacesTruncated: boolean
  /** Where the API server is, and the certificate authority that vouches for it (PEM). */
  readonly entrypoint?: string
  readonly certificateAuthority?: string
  /** Set when nodes are virtual machines on Azure: their region, and how many there are of each size. */
  readonly azure?: { readonly region?: string; readonly sizes: Readonly<Record<string, number>> }
}
