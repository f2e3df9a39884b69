// Overrides: how one cluster's copy of an object differs from the hub's. ClusterResourceOverride speaks of cluster-scoped
// objects (and of everything in a namespace), ResourceOverride of objects in its own namespace. KubeFleet's v1beta1 API.
import { z } from 'zod'
import { bytes, choice, type KubeMeta, kube } from './kube-meta.ts'
import { ObjectMeta } from './kube-object.ts'
import { ClusterSelector, ResourceSelectorTerm } from './placement.ts'

/** `value` is any JSON; absent for `remove`. */
export const JsonPatchOverride = z.object({
  op: kube(z.string(), choice(['add', 'remove', 'replace'])),
  path: z.string(),
  value: kube(z.unknown().optional(), { preserveUnknownFields: true }),
})
export type JsonPatchOverride = z.infer<typeof JsonPatchOverride>

/** An absent `clusterSelector` means no cluster, one without terms means every cluster. */
export const OverrideRule = z.object({
  clusterSelector: ClusterSelector.optional(),
  overrideType: kube(z.enum(['JSONPatch', 'Delete']).optional(), { default: 'JSONPatch' }),
  jsonPatchOverrides: kube(z.array(JsonPatchOverride).nullish(), { minItems: 1, maxItems: 20 }),
})
export type OverrideRule = z.infer<typeof OverrideRule>
export const OverridePolicy = z.object({
  overrideRules: kube(z.array(OverrideRule).nullish(), { required: true, minItems: 1, maxItems: 20 }),
})
export type OverridePolicy = z.infer<typeof OverridePolicy>

/** The placement an override is for; absent means every placement. */
export const PlacementRef = z.object({
  name: z.string(),
  scope: kube(z.enum(['Cluster', 'Namespaced']).optional(), { default: 'Cluster' }),
})
export const ResourceSelector = z.object({ group: z.string(), version: z.string(), kind: z.string(), name: z.string() })
export type ResourceSelector = z.infer<typeof ResourceSelector>

/** The first version did not hold the placement fast. */
const placementStays: KubeMeta = {
  rules: [
    {
      rule: '(has(oldSelf.placement) && has(self.placement) && oldSelf.placement == self.placement) || (!has(oldSelf.placement) && !has(self.placement))',
      message: 'The placement field is immutable',
    },
  ],
  inVersion: { v1alpha1: { rules: undefined } },
}
const selected = { required: true, minItems: 1, maxItems: 20 }
export const ClusterResourceOverrideSpec = kube(
  z.object({
    placement: PlacementRef.optional(),
    clusterResourceSelectors: kube(z.array(ResourceSelectorTerm).nullish(), selected),
    policy: kube(OverridePolicy.nullish(), { required: true }),
  }),
  placementStays,
)
export type ClusterResourceOverrideSpec = z.infer<typeof ClusterResourceOverrideSpec>
export const ResourceOverrideSpec = kube(
  z.object({
    placement: PlacementRef.optional(),
    resourceSelectors: kube(z.array(ResourceSelector).nullish(), selected),
    policy: kube(OverridePolicy.nullish(), { required: true }),
  }),
  placementStays,
)
export type ResourceOverrideSpec = z.infer<typeof ResourceOverrideSpec>

export const ClusterResourceOverride = z.object({
  apiVersion: z.string(),
  kind: z.literal('ClusterResourceOverride'),
  metadata: ObjectMeta,
  spec: ClusterResourceOverrideSpec,
})
export type ClusterResourceOverride = z.infer<typeof ClusterResourceOverride>
export const ResourceOverride = z.object({
  apiVersion: z.string(),
  kind: z.literal('ResourceOverride'),
  metadata: ObjectMeta,
  spec: ResourceOverrideSpec,
})
export type ResourceOverride = z.infer<typeof ResourceOverride>

/** An override as it was when its content last changed. `overrideHash` is base64 of the hex SHA-256 text. */
export const ClusterResourceOverrideSnapshot = z.object({
  apiVersion: z.string(),
  kind: z.literal('ClusterResourceOverrideSnapshot'),
  metadata: ObjectMeta,
  spec: z.object({ overrideSpec: ClusterResourceOverrideSpec, overrideHash: kube(z.string(), bytes) }),
})
export type ClusterResourceOverrideSnapshot = z.infer<typeof ClusterResourceOverrideSnapshot>
export const ResourceOverrideSnapshot = z.object({
  apiVersion: z.string(),
  kind: z.literal('ResourceOverrideSnapshot'),
  metadata: ObjectMeta,
  spec: z.object({ overrideSpec: ResourceOverrideSpec, overrideHash: kube(z.string(), bytes) }),
})
export type ResourceOverrideSnapshot = z.infer<typeof ResourceOverrideSnapshot>
