// Overrides and envelopes for tests.
import type { KubeObject } from '../../shared/api/kube-object.ts'

const apiVersion = 'placement.kubernetes-fleet.io/v1beta1'

export interface Patch {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly value?: unknown
}

/** What an override does: to clusters with these labels, or to all. `delete` leaves the object out. */
export interface OverrideCase {
  readonly on?: Readonly<Record<string, string>>
  readonly patches?: readonly Patch[]
  readonly delete?: boolean
  readonly placement?: { readonly name: string; readonly scope?: 'Cluster' | 'Namespaced' }
}

function policyOf({ on, patches = [], delete: remove = false }: OverrideCase) {
  const clusterSelectorTerms = on ? [{ labelSelector: { matchLabels: on } }] : []
  const rule = remove ? { overrideType: 'Delete' } : { overrideType: 'JSONPatch', jsonPatchOverrides: patches }
  return { overrideRules: [{ clusterSelector: { clusterSelectorTerms }, ...rule }] }
}

/** Overrides a namespace and everything in it. */
export function aClusterOverride(name: string, namespace: string, given: OverrideCase): KubeObject {
  return {
    apiVersion,
    kind: 'ClusterResourceOverride',
    metadata: { name },
    spec: {
      ...(given.placement && { placement: given.placement }),
      clusterResourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: namespace }],
      policy: policyOf(given),
    },
  }
}

/** Overrides one ConfigMap. */
export function aResourceOverride(name: string, namespace: string, configMap: string, given: OverrideCase): KubeObject {
  return {
    apiVersion,
    kind: 'ResourceOverride',
    metadata: { name, namespace },
    spec: {
      ...(given.placement && { placement: given.placement }),
      resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: configMap }],
      policy: policyOf(given),
    },
  }
}

/** Objects of one namespace that stay inert on the hub. */
export function aResourceEnvelope(namespace: string, name: string, ...objects: readonly KubeObject[]): KubeObject {
  return { apiVersion, kind: 'ResourceEnvelope', metadata: { name, namespace }, data: dataOf(objects) }
}

/** Cluster-scoped objects that stay inert on the hub. */
export function aClusterEnvelope(name: string, ...objects: readonly KubeObject[]): KubeObject {
  return { apiVersion, kind: 'ClusterResourceEnvelope', metadata: { name }, data: dataOf(objects) }
}

function dataOf(objects: readonly KubeObject[]) {
  return Object.fromEntries(objects.map((object, at) => [`${at}.yaml`, object]))
}
