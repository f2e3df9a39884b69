// Overrides: how one cluster's copy of an object differs from the hub's. ClusterResourceOverride speaks of cluster-scoped
// objects (and of everything in a namespace), ResourceOverride of objects in its own namespace. KubeFleet's v1beta1 API.
import { z } from 'zod'
import { ObjectMeta } from './kube-object.ts'
import { ClusterSelector, ResourceSelectorTerm } from './placement.ts'

/** `value` is any JSON; absent for `remove`. */
export const JsonPatchOverride = z.object({ op: z.string(), path: z.string(), value: z.unknown().optional() })
export type JsonPatchOverride = z.infer<typeof JsonPatchOverride>

/** An absent `clusterSelector` means no cluster, one without terms means every cluster. */
export const OverrideRule = z.object({
  clusterSelector: ClusterSelector.optional(),
  overrideType: z.enum(['JSONPatch', 'Delete']).optional(),
  jsonPatchOverrides: z.array(JsonPatchOverride).nullish(),
})
export type OverrideRule = z.infer<typeof OverrideRule>
export const OverridePolicy = z.object({ overrideRules: z.array(OverrideRule).nullish() })
export type OverridePolicy = z.infer<typeof OverridePolicy>

/** The placement an override is for; absent means every placement. */
export const PlacementRef = z.object({ name: z.string(), scope: z.enum(['Cluster', 'Namespaced']).optional() })
export const ResourceSelector = z.object({ group: z.string(), version: z.string(), kind: z.string(), name: z.string() })
export type ResourceSelector = z.infer<typeof ResourceSelector>

export const ClusterResourceOverrideSpec = z.object({
  placement: PlacementRef.optional(),
  clusterResourceSelectors: z.array(ResourceSelectorTerm).nullish(),
  policy: OverridePolicy.nullish(),
})
export type ClusterResourceOverrideSpec = z.infer<typeof ClusterResourceOverrideSpec>
export const ResourceOverrideSpec = z.object({
  placement: PlacementRef.optional(),
  resourceSelectors: z.array(ResourceSelector).nullish(),
  policy: OverridePolicy.nullish(),
})
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
  spec: z.object({ overrideSpec: ClusterResourceOverrideSpec, overrideHash: z.string() }),
})
export type ClusterResourceOverrideSnapshot = z.infer<typeof ClusterResourceOverrideSnapshot>
export const ResourceOverrideSnapshot = z.object({
  apiVersion: z.string(),
  kind: z.literal('ResourceOverrideSnapshot'),
  metadata: ObjectMeta,
  spec: z.object({ overrideSpec: ResourceOverrideSpec, overrideHash: z.string() }),
})
export type ResourceOverrideSnapshot = z.infer<typeof ResourceOverrideSnapshot>
