// Conditions, the way every Kubernetes status says how things are.
import { z } from 'zod'
import { dateTime, kube } from './kube-meta.ts'

export const ConditionStatus = z.enum(['True', 'False', 'Unknown'])
export type ConditionStatus = z.infer<typeof ConditionStatus>

// Bounds and patterns are those of metav1.Condition.
const typePattern =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$'
const reasonPattern = '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$'

/** One condition. `lastTransitionTime` (RFC 3339) moves only when `status` changes. */
export const Condition = z.object({
  type: kube(z.string(), { maxLength: 316, pattern: typePattern }),
  status: ConditionStatus,
  observedGeneration: kube(z.number().int().optional(), { format: 'int64', minimum: 0 }),
  lastTransitionTime: kube(z.string().optional(), { ...dateTime, required: true }),
  reason: kube(z.string(), { minLength: 1, maxLength: 1024, pattern: reasonPattern }),
  message: kube(z.string(), { maxLength: 32_768 }),
})
export type Condition = z.infer<typeof Condition>
