// Conditions, the way every Kubernetes status says how things are.
import { z } from 'zod'

export const ConditionStatus = z.enum(['True', 'False', 'Unknown'])
export type ConditionStatus = z.infer<typeof ConditionStatus>

/** One condition. `lastTransitionTime` (RFC 3339) moves only when `status` changes. */
export const Condition = z.object({
  type: z.string(),
  status: ConditionStatus,
  observedGeneration: z.number().int().optional(),
  lastTransitionTime: z.string().optional(),
  reason: z.string(),
  message: z.string(),
})
export type Condition = z.infer<typeof Condition>
