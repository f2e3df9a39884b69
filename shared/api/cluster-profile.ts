// ClusterProfile: how the multicluster interest group of Kubernetes describes a cluster of a fleet (v1alpha1).
import { z } from 'zod'
import { Condition } from './condition.ts'
import { bytes, dateTime, kube } from './kube-meta.ts'

export const ClusterProfileSpec = z.object({
  clusterManager: kube(z.object({ name: z.string() }), {
    rules: [{ rule: 'self == oldSelf', message: 'ClusterManager is immutable' }],
  }),
  displayName: z.string().optional(),
})
export type ClusterProfileSpec = z.infer<typeof ClusterProfileSpec>

/** A cluster entry of a kubeconfig, under its v1 names. */
const KubeconfigCluster = z.object({
  server: z.string(),
  'tls-server-name': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': kube(z.string().optional(), bytes),
  'proxy-url': z.string().optional(),
  'disable-compression': z.boolean().optional(),
  extensions: z
    .array(z.object({ name: z.string(), extension: kube(z.looseObject({}), { preserveUnknownFields: true }) }))
    .optional(),
})
const AccessProvider = z.object({ name: z.string(), cluster: KubeconfigCluster.optional() })
export const ClusterProfileStatus = z.object({
  conditions: z.array(Condition).optional(),
  version: z.object({ kubernetes: z.string().optional() }).optional(),
  properties: z
    .array(
      z.object({
        name: kube(z.string(), { minLength: 1, maxLength: 253 }),
        value: kube(z.string(), { minLength: 1, maxLength: 1024 }),
        lastObservedTime: kube(z.string().optional(), dateTime),
      }),
    )
    .optional(),
  accessProviders: z.array(AccessProvider).optional(),
  /** The older name of `accessProviders`. */
  credentialProviders: z.array(AccessProvider).optional(),
})
export type ClusterProfileStatus = z.infer<typeof ClusterProfileStatus>
