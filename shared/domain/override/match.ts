// Which overrides concern a placement, and which of those one of its clusters.

import type { KubeObject } from '../../api/kube-object.ts'
import type { ClusterResourceOverrideSnapshot, OverridePolicy, ResourceOverrideSnapshot } from '../../api/override.ts'
import { candidatesOf, selectorKey } from './candidates.ts'
import { ruleMatchesCluster } from './cluster-match.ts'
import { isMarkedLatest } from './snapshots.ts'

/** Override snapshots, the latest of each override. */
export interface Overrides {
  readonly cluster: readonly ClusterResourceOverrideSnapshot[]
  readonly namespaced: readonly ResourceOverrideSnapshot[]
}

/** The lists a binding carries, in the order in which they are applied. */
export interface OverrideLists {
  readonly clusterResourceOverrideSnapshots: readonly string[]
  readonly resourceOverrideSnapshots: readonly { readonly name: string; readonly namespace?: string | undefined }[]
}

/**
 * The overrides that concern a placement: latest snapshots, meant for this placement or for any, that select at least one
 * of its objects. `placementKey` is `name` or `namespace/name`. Pass stored snapshots through `newestOfEach` first: while a
 * new one takes over, two of one override are marked latest.
 */
export function matchOverrides(placementKey: string, objects: readonly KubeObject[], all: Overrides): Overrides {
  const candidates = candidatesOf(objects)
  return {
    cluster: all.cluster.filter(isMarkedLatest).filter((snapshot) => {
      const { placement, clusterResourceSelectors } = snapshot.spec.overrideSpec
      return (
        (placement === undefined || placement.name === placementKey) &&
        (clusterResourceSelectors ?? []).some((selector) =>
          candidates.cluster.has(selectorKey({ ...selector, name: selector.name ?? '' })),
        )
      )
    }),
    namespaced: all.namespaced.filter(isMarkedLatest).filter((snapshot) => {
      const { placement, resourceSelectors } = snapshot.spec.overrideSpec
      const namespace = snapshot.metadata.namespace ?? ''
      const meant = placement?.scope === 'Namespaced' ? `${namespace}/${placement.name}` : placement?.name
      return (
        (meant === undefined || meant === placementKey) &&
        (resourceSelectors ?? []).some((selector) => candidates.namespaced.has(selectorKey({ ...selector, namespace })))
      )
    }),
  }
}

/**
 * Of the overrides that concern a placement, those with a rule for a cluster with these labels. Order is plain string
 * order: cluster overrides by name, namespaced ones by namespace, then name.
 */
export function pickOverrides(
  matched: Overrides,
  clusterLabels: Readonly<Record<string, string>> | undefined,
): OverrideLists {
  const applies = (policy: OverridePolicy | null | undefined) =>
    (policy?.overrideRules ?? []).some((rule) => ruleMatchesCluster(rule, clusterLabels))
  return {
    clusterResourceOverrideSnapshots: matched.cluster
      .filter(({ spec }) => applies(spec.overrideSpec.policy))
      .map(({ metadata }) => metadata.name ?? '')
      .sort(),
    resourceOverrideSnapshots: matched.namespaced
      .filter(({ spec }) => applies(spec.overrideSpec.policy))
      .map(({ metadata }) => ({ name: metadata.name ?? '', namespace: metadata.namespace ?? '' }))
      .sort((a, b) => byText(a.namespace, b.namespace) || byText(a.name, b.name)),
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
