// What is refused when a placement is written, and what is filled in.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Placement, PlacementPolicy, PlacementSpec } from '../../../../shared/api/placement.ts'
import { taintProblems } from '../../../../shared/domain/membership/validate.ts'
import { withDefaults } from '../../../../shared/domain/placement/defaults.ts'
import {
  defaultKindRules,
  emptyAllowList,
  mayPropagateKind,
  mayPropagateNamespace,
  withKinds,
} from '../../../../shared/domain/placement/kind-rules.ts'
import { admitPlacement, placementProblems } from '../../../../shared/domain/placement/validate.ts'
import { pickN } from '../../../support/fleet-cases.ts'

const kinds = {
  find: ({ kind }: { kind: string }) =>
    ['Namespace', 'ClusterRole', 'ConfigMap'].includes(kind) ? { namespaced: kind === 'ConfigMap' } : undefined,
}
const role = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' }

function placement(spec: Partial<PlacementSpec> = {}, metadata: Placement['metadata'] = { name: 'web' }) {
  return { kind: 'ClusterResourcePlacement' as const, metadata, spec: { resourceSelectors: [role], ...spec } }
}

const problems = (policy: PlacementPolicy) => placementProblems(placement({ policy }), kinds).join('; ')
const required = (...expressions: [string, string, string][]): PlacementPolicy['affinity'] => ({
  clusterAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      clusterSelectorTerms: [
        {
          propertySelector: {
            matchExpressions: expressions.map(([name, operator, value]) => ({ name, operator, values: [value] })),
          },
        },
      ],
    },
  },
})

describe('a placement', () => {
  test('with a policy that names nothing wrong is fine', () => {
    assert.deepEqual(placementProblems(placement({ policy: pickN(3) }), kinds), [])
    assert.deepEqual(placementProblems(placement(), kinds), [])
  })

  for (const [what, spec, reason] of [
    ['an unknown kind', { resourceSelectors: [{ ...role, kind: 'Unheard' }] }, /failed to get GVR.*Unheard/],
    [
      'a namespaced kind',
      { resourceSelectors: [{ ...role, kind: 'ConfigMap' }] },
      /it is not a cluster scoped resource/,
    ],
    ['name and labels', { resourceSelectors: [{ ...role, name: 'a', labelSelector: {} }] }, /mutually exclusive/],
    ['maxSurge as a bare text', { strategy: { rollingUpdate: { maxSurge: '25' } } }, /maxSurge `25` is invalid/],
    [
      'a negative percentage',
      { strategy: { rollingUpdate: { maxUnavailable: '-5%' } } },
      /maxUnavailable must be .* got `-5%`/,
    ],
    ['External with numbers', { strategy: { type: 'External', rollingUpdate: {} } }, /not valid for ExternalRollout/],
  ] as [string, Partial<PlacementSpec>, RegExp][]) {
    test(`with ${what} is refused`, () => {
      assert.match(placementProblems(placement(spec), kinds).join('; '), reason)
    })
  }

  test('may select namespaced kinds once a namespace is the scope of its selectors', () => {
    const scope = {
      group: '',
      version: 'v1',
      kind: 'Namespace',
      name: 'shop',
      selectionScope: 'NamespaceWithResourceSelectors' as const,
    }
    const selectors = [scope, { ...role, kind: 'ConfigMap' }]
    assert.deepEqual(placementProblems(placement({ resourceSelectors: selectors }), kinds), [])
  })

  test('is refused with a hint while the kinds are not known', () => {
    assert.match(placementProblems(placement(), undefined).join(), /please retry/)
  })

  test('with several mistakes names them all', () => {
    const found = placementProblems(
      placement({ policy: pickN(-1, { clusterNames: ['a'] }) }, { name: 'x'.repeat(64) }),
      kinds,
    )
    assert.equal(found.length, 3)
  })
})

describe('a property expression', () => {
  for (const [what, expressions, reason] of [
    [
      'two values that cannot both be',
      [
        ['a', 'Eq', '1'],
        ['a', 'Eq', '2'],
      ],
      /conflicting Eq values/,
    ],
    [
      'a value wanted and unwanted',
      [
        ['a', 'Eq', '1'],
        ['a', 'Ne', '1000m'],
      ],
      /conflicting Eq and Ne/,
    ],
    [
      'an empty interval',
      [
        ['a', 'Gt', '5'],
        ['a', 'Le', '5'],
      ],
      /exclude all values/,
    ],
    [
      'a value below its bound',
      [
        ['a', 'Eq', '1'],
        ['a', 'Ge', '2'],
      ],
      /violates lower bound/,
    ],
    ['an unknown capacity type', [['resources.kubernetes-fleet.io/node-count', 'Eq', '1']], /invalid capacity type/],
    ['a value that is no quantity', [['a', 'Eq', 'v1.30']], /not a valid quantity/],
  ] as [string, [string, string, string][], RegExp][]) {
    test(`with ${what} is refused`, () => {
      assert.match(problems({ placementType: 'PickAll', affinity: required(...expressions) }), reason)
    })
  }

  test('may leave exactly one value', () => {
    assert.equal(problems({ placementType: 'PickAll', affinity: required(['a', 'Ge', '5'], ['a', 'Le', '5']) }), '')
  })
})

describe('a change of a placement', () => {
  const label = 'v1beta1 CRP'
  const invalid = placement({ policy: pickN(-1) })

  test('of an invalid one is refused, unless it is going', () => {
    assert.equal(admitPlacement({ old: invalid, next: placement(), label }, kinds).allowed, false)
    const going = placement({}, { name: 'web', deletionTimestamp: '2026-03-01T11:00:00Z' })
    assert.equal(admitPlacement({ old: invalid, next: going, label }, kinds).allowed, true)
  })

  test('may not change the placement type; no policy counts as PickAll', () => {
    const all = placement({ policy: { placementType: 'PickAll' } })
    assert.equal(admitPlacement({ old: placement(), next: all, label }, kinds).allowed, true)
    assert.deepEqual(admitPlacement({ old: placement(), next: placement({ policy: pickN(1) }), label }, kinds), {
      allowed: false,
      message: 'placement type is immutable',
    })
  })

  test('may add tolerations and lose none', () => {
    const with1 = placement({ policy: pickN(1, { tolerations: [{ key: 'a', operator: 'Exists' }] }) })
    const without = placement({ policy: pickN(1) })
    assert.equal(admitPlacement({ old: without, next: with1, label }, kinds).allowed, true)
    assert.match(admitPlacement({ old: with1, next: without, label }, kinds).message, /only additions/)
  })
})

describe('defaults', () => {
  test('leave what the user wrote', () => {
    const spec = withDefaults({
      resourceSelectors: [],
      policy: pickN(1, { topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 4 }] }),
      strategy: { rollingUpdate: { maxSurge: 0 }, applyStrategy: { type: 'ServerSideApply' } },
    })
    assert.deepEqual(spec.policy?.topologySpreadConstraints, [
      { topologyKey: 'zone', maxSkew: 4, whenUnsatisfiable: 'DoNotSchedule' },
    ])
    assert.deepEqual(spec.strategy?.rollingUpdate, { maxUnavailable: '25%', maxSurge: 0, unavailablePeriodSeconds: 60 })
    assert.deepEqual(spec.strategy?.applyStrategy?.serverSideApplyConfig, { force: false })
  })

  test('give an External rollout no numbers', () => {
    const { strategy } = withDefaults({ resourceSelectors: [], strategy: { type: 'External' } })
    assert.equal(strategy?.rollingUpdate, undefined)
  })
})

describe('kinds that travel', () => {
  test('reserved namespaces do not', () => {
    for (const name of ['default', 'kube-system', 'fleet-member-a']) assert.equal(mayPropagateNamespace(name), false)
    assert.equal(mayPropagateNamespace('shop'), true)
    assert.equal(mayPropagateNamespace('shop', ['shop']), false)
  })

  test('envelopes do, other kinds of the fleet do not', () => {
    const kind = (name: string) => ({ group: 'placement.kubernetes-fleet.io', version: 'v1beta1', kind: name })
    assert.equal(mayPropagateKind(defaultKindRules, kind('ResourceEnvelope')), true)
    assert.equal(mayPropagateKind(defaultKindRules, kind('Work')), false)
  })

  test('a list is read by group, version and kinds, and refused when it cannot be', () => {
    const rules = withKinds(emptyAllowList, 'v1/ConfigMap,Secret; apps ;batch/v1')
    assert.equal(mayPropagateKind(rules, { group: '', version: 'v1', kind: 'Secret' }), true)
    assert.equal(mayPropagateKind(rules, { group: 'apps', version: 'v2', kind: 'Any' }), true)
    assert.equal(mayPropagateKind(rules, { group: 'batch', version: 'v2', kind: 'Job' }), false)
    for (const text of ['a/b/c/d', 'a//b', 'apps/v1/Deployment,'])
      assert.throws(() => withKinds(emptyAllowList, text), /names no kinds/)
  })
})

describe('taints', () => {
  test('must be named properly and only once', () => {
    const taint = { key: 'a', value: 'b', effect: 'NoSchedule' }
    assert.deepEqual(taintProblems([taint]), [])
    assert.match(taintProblems([taint, { ...taint }]).join(), /unique/)
    assert.match(taintProblems([{ ...taint, key: '' }]).join(), /non-empty/)
  })
})
