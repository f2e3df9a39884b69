// Moving a placement off a cluster on request, and how much of it may be away at once. KubeFleet's v1beta1 API.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { type KubeRule, kube } from './kube-meta.ts'
import { IntOrPercent } from './placement.ts'

const stays = (field: string): readonly KubeRule[] => [
  { rule: 'self == oldSelf', message: `The ${field} field is immutable` },
]
export const EvictionSpec = z.object({
  placementName: kube(z.string(), { maxLength: 255, rules: stays('PlacementName') }),
  clusterName: kube(z.string(), { maxLength: 255, rules: stays('ClusterName') }),
})
export type EvictionSpec = z.infer<typeof EvictionSpec>
export const EvictionStatus = z.object({ conditions: z.array(Condition).optional() })
export type EvictionStatus = z.infer<typeof EvictionStatus>

const countOrPercent: readonly KubeRule[] = [
  {
    rule: "type(self) == string ? self.matches('^(100|[0-9]{1,2})%$') : self >= 0",
    message:
      "If supplied value is String should match regex '^(100|[0-9]{1,2})%$' or If supplied value is Integer must be greater than or equal to 0",
  },
]
export const DisruptionBudgetSpec = kube(
  z.object({
    maxUnavailable: kube(IntOrPercent.optional(), { rules: countOrPercent }),
    minAvailable: kube(IntOrPercent.optional(), { rules: countOrPercent }),
  }),
  {
    rules: [
      {
        rule: '!(has(self.maxUnavailable) && has(self.minAvailable))',
        message: 'Both MaxUnavailable and MinAvailable cannot be specified',
      },
    ],
  },
)
export type DisruptionBudgetSpec = z.infer<typeof DisruptionBudgetSpec>
