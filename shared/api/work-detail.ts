// How every object of a placement on one cluster differs from what was meant for it, field by field and without a limit:
// what the lists of KubeFleet's status, a hundred entries each, have no room for.
import { z } from 'zod'
import { dateTime, kube } from './kube-meta.ts'
import { EnvelopeIdentifier, PatchDetail } from './placement.ts'

export const DetailedField = z.object({
  ...PatchDetail.shape,
  manager: kube(z.string().optional(), { description: 'The field manager that set the field on the member.' }),
  changedAt: kube(z.string().optional(), dateTime),
})
export type DetailedField = z.infer<typeof DetailedField>

/** `Drift`: changed after it was applied. `Diff`: found before anything was applied. */
export const ObjectDetail = z.object({
  type: z.enum(['Drift', 'Diff']),
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  envelope: EnvelopeIdentifier.optional(),
  fields: z.array(DetailedField),
})
export type ObjectDetail = z.infer<typeof ObjectDetail>
