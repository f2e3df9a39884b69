// Envelopes: objects that are to reach the members but must not take effect on the hub. KubeFleet's v1beta1 API.
import { z } from 'zod'
import { kube } from './kube-meta.ts'

/** Key to a whole object. */
export const EnvelopeData = kube(z.record(z.string(), kube(z.looseObject({}), { preserveUnknownFields: true })), {
  minProperties: 1,
  maxProperties: 50,
})
export type EnvelopeData = z.infer<typeof EnvelopeData>
