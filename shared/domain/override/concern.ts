// Which placements an override may concern. Waking one too many costs a look, missing one costs correctness: only selectors
// are compared, never whether an object is really selected right now.
import type { PlacementRef } from '../../api/override.ts'
import type { Placement } from '../../api/placement.ts'
import { concerns } from '../placement/concern.ts'
import { isNamespaceKind } from '../placement/kinds.ts'
import { placementOfOverride } from '../rollout/wake.ts'
import { envelopeKind } from '../work/envelope.ts'

/** An override of either kind, as far as finding its placements needs it. */
export interface OverrideReach {
  /** Of a ResourceOverride; absent for a ClusterResourceOverride. */
  readonly namespace: string | undefined
  readonly placement: { readonly name: string; readonly scope?: 'Cluster' | 'Namespaced' | undefined } | undefined
  readonly selectors: readonly Selector[]
}

interface Selector {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly name?: string | undefined
}

/** The reach of an override, or of what a snapshot of one says. */
export function overrideReach(
  namespace: string | undefined,
  spec: {
    readonly placement?: { readonly name: string; readonly scope?: PlacementRefScope } | undefined
    readonly clusterResourceSelectors?: readonly Selector[] | null | undefined
    readonly resourceSelectors?: readonly Selector[] | null | undefined
  },
): OverrideReach {
  return {
    namespace,
    placement: spec.placement,
    selectors: spec.clusterResourceSelectors ?? spec.resourceSelectors ?? [],
  }
}

type PlacementRefScope = (typeof PlacementRef)['_output']['scope']

/** Whether an override is, was, or may now be in use by a placement. */
export function overrideConcerns(
  { namespace, placement: meant, selectors }: OverrideReach,
  placement: Placement,
): boolean {
  const { metadata } = placement
  const key = metadata.namespace ? `${metadata.namespace}/${metadata.name ?? ''}` : metadata.name
  const only = placementOfOverride(meant, namespace)
  if (only !== undefined) return only === key
  return (
    carriesEnvelopes(placement) ||
    selectors.some(
      (selector) =>
        concerns({ ...selector, namespace, name: selector.name ?? '' }, placement) ||
        isNamespaceOf(selector, placement),
    )
  )
}

/** Selecting a namespace reaches what is in it, also through placements of that namespace. */
function isNamespaceOf(selector: Selector, { metadata }: Placement): boolean {
  return isNamespaceKind(selector) && metadata.namespace !== undefined && selector.name === metadata.namespace
}

/** What is inside an envelope is known only to who opens it. */
function carriesEnvelopes({ spec, status }: Placement): boolean {
  const kinds = [...spec.resourceSelectors, ...(status?.selectedResources ?? [])]
  return kinds.some(({ group = '', version, kind }) => envelopeKind({ apiVersion: `${group}/${version}`, kind }))
}
