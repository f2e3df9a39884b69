// What every Kubernetes object has in common, and how the hub addresses one.
import { z } from 'zod'
import type { JsonObject } from './json.ts'

/** Reference from a dependent to its owner. */
export const OwnerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
})
export type OwnerReference = z.infer<typeof OwnerReference>

/** `metadata` of a stored object. Times are RFC 3339 UTC with whole seconds, `resourceVersion` is a decimal string. */
export const ObjectMeta = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().int().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  deletionGracePeriodSeconds: z.number().int().nullish(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  finalizers: z.array(z.string()).optional(),
  managedFields: z.array(z.looseObject({})).optional(),
})
export type ObjectMeta = z.infer<typeof ObjectMeta>

/** Any Kubernetes object, as JSON. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

/** A kind of one API group and version. `group` is `''` for core. */
export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

/** A resource type: the unit that has one resourceVersion counter and one watch. `resource` is the plural. */
export interface ResourceType {
  readonly group: string
  readonly resource: string
}

/** One object of a resource type. `namespace` is absent for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace?: string | undefined
  readonly name: string
}

/** `apiVersion` split in two; the core group has no slash. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`
}

export function gvkOf(object: { apiVersion: string; kind: string }): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind }
}

/** `pods` or `deployments.apps`: the text users know from kubectl. */
export function typeText({ group, resource }: ResourceType): string {
  return group === '' ? resource : `${resource}.${group}`
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name
}

/** The object as plain JSON. Kubernetes objects hold nothing else. */
export function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject
}
