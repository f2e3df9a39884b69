// Which overrides concern a placement, and which of those one of its clusters.

import type { KubeObject } from '../../api/kube-object.ts'
import type { ClusterResourceOverrideSnapshot, OverridePolicy, ResourceOverrideSnapshot } from '../../api/override.ts'
import { byText } from '../names.ts'
import { candidatesOf, selectorKey } from './candidates.ts'
import { ruleMatcher } from './cluster-match.ts'
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
export function pickOverrides(matched: Overrides, clusterLabels: Labels): OverrideLists {
  return overridePicker(matched)(clusterLabels)
}

type Labels = Readonly<Record<string, string>> | undefined

/** `pickOverrides` for many clusters: the rules are read, and the overrides ordered, once. */
export function overridePicker(matched: Overrides): (clusterLabels: Labels) => OverrideLists {
  const cluster = matched.cluster
    .map(({ metadata, spec }) => ({ name: metadata.name ?? '', applies: applies(spec.overrideSpec.policy) }))
    .sort((a, b) => byText(a.name, b.name))
  const namespaced = matched.namespaced
    .map(({ metadata, spec }) => ({
      name: { name: metadata.name ?? '', namespace: metadata.namespace ?? '' },
      applies: applies(spec.overrideSpec.policy),
    }))
    .sort((a, b) => byText(a.name.namespace, b.name.namespace) || byText(a.name.name, b.name.name))
  return (labels) => ({
    clusterResourceOverrideSnapshots: cluster.filter((one) => one.applies(labels)).map(({ name }) => name),
    resourceOverrideSnapshots: namespaced.filter((one) => one.applies(labels)).map(({ name }) => name),
  })
}

function applies(policy: OverridePolicy | null | undefined): (labels: Labels) => boolean {
  const matchers = (policy?.overrideRules ?? []).map(ruleMatcher)
  return (labels) => matchers.some((matches) => matches(labels))
}
