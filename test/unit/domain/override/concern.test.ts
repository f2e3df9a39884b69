// Which placements an override may concern.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Placement, type ResourceSelectorTerm } from '../../../../shared/api/placement.ts'
import { type OverrideReach, overrideConcerns } from '../../../../shared/domain/override/concern.ts'

const namespace = (name: string): ResourceSelectorTerm => ({ group: '', version: 'v1', kind: 'Namespace', name })
const configMap = (name: string): ResourceSelectorTerm => ({ group: '', version: 'v1', kind: 'ConfigMap', name })
const envelope: ResourceSelectorTerm = {
  group: 'placement.kubernetes-fleet.io',
  version: 'v1beta1',
  kind: 'ClusterResourceEnvelope',
  name: 'e',
}

function placement(selector: ResourceSelectorTerm, inNamespace?: string): Placement {
  return Placement.parse({
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: inNamespace === undefined ? 'ClusterResourcePlacement' : 'ResourcePlacement',
    metadata: { name: 'app', ...(inNamespace !== undefined && { namespace: inNamespace }) },
    spec: { resourceSelectors: [selector] },
  })
}

function reach(given: Partial<OverrideReach>): OverrideReach {
  return { namespace: undefined, placement: undefined, selectors: [], ...given }
}

const cases: readonly (readonly [string, OverrideReach, Placement, boolean])[] = [
  ['a namespace that is placed', reach({ selectors: [namespace('shop')] }), placement(namespace('shop')), true],
  ['another namespace', reach({ selectors: [namespace('bar')] }), placement(namespace('shop')), false],
  [
    'the namespace of a namespaced placement',
    reach({ selectors: [namespace('shop')] }),
    placement(configMap('a'), 'shop'),
    true,
  ],
  [
    'an object in a namespace that is placed',
    reach({ namespace: 'shop', selectors: [configMap('a')] }),
    placement(namespace('shop')),
    true,
  ],
  [
    'an object a namespaced placement names',
    reach({ namespace: 'shop', selectors: [configMap('a')] }),
    placement(configMap('a'), 'shop'),
    true,
  ],
  [
    'its namesake elsewhere',
    reach({ namespace: 'bar', selectors: [configMap('a')] }),
    placement(configMap('a'), 'shop'),
    false,
  ],
  ['anything, when there are envelopes', reach({ selectors: [namespace('bar')] }), placement(envelope), true],
  [
    'only the placement it names',
    reach({ placement: { name: 'other' }, selectors: [namespace('shop')] }),
    placement(namespace('shop')),
    false,
  ],
  ['the placement it names, whatever it selects', reach({ placement: { name: 'app' } }), placement(envelope), true],
  [
    'a namespaced placement it names, in its own namespace only',
    reach({ namespace: 'bar', placement: { name: 'app', scope: 'Namespaced' }, selectors: [configMap('a')] }),
    placement(configMap('a'), 'shop'),
    false,
  ],
]

for (const [what, override, target, want] of cases)
  test(`an override ${want ? 'concerns' : 'does not concern'}: ${what}`, () => {
    assert.equal(overrideConcerns(override, target), want)
  })
