// Invariants of overrides, from which ones concern a cluster to what becomes of each object.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type {
  ClusterResourceOverrideSnapshot,
  OverridePolicy,
  ResourceOverrideSnapshot,
} from '../../shared/api/override.ts'
import { matchOverrides, type Overrides, pickOverrides } from '../../shared/domain/override/match.ts'
import { policyProblems } from '../../shared/domain/override/validate.ts'
import { type Rendered, renderManifests } from '../../shared/domain/work/render.ts'

const namespace = 'app'
const objects: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { tier: 'web' } } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace }, data: { a: '1', b: '2' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two', namespace }, data: { a: '1' } },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reader' }, rules: [] },
]

const text = fc.constantFrom(
  'plain',
  '$' + '{MEMBER-CLUSTER-NAME}',
  'in $' + '{MEMBER-CLUSTER-LABEL-KEY-region}',
  '$' + '{MEMBER-CLUSTER-LABEL-KEY-missing}',
)
const path = fc.constantFrom('/data/a', '/data/b', '/data/c', '/metadata/labels/tier', '/metadata/annotations', '/data')
const patch = fc.oneof(
  fc.record({ op: fc.constantFrom('add' as const, 'replace' as const), path, value: text }),
  fc.record({ op: fc.constant('remove' as const), path }),
)
/** Which clusters a rule is for: none, all, or those of a region. */
const clusterSelector = fc.constantFrom(
  undefined,
  { clusterSelectorTerms: [] },
  { clusterSelectorTerms: [{ labelSelector: { matchLabels: { region: 'west' } } }] },
)
const rule = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      clusterSelector,
      overrideType: fc.constant('JSONPatch' as const),
      jsonPatchOverrides: fc.array(patch, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ clusterSelector, overrideType: fc.constant('Delete' as const) }) },
)
const policy = fc
  .array(rule, { minLength: 1, maxLength: 3 })
  .map((overrideRules) => ({ overrideRules }) as OverridePolicy)
const placement = fc.constantFrom(undefined, { name: 'crp' }, { name: 'other' })

const labels = { 'kubernetes-fleet.io/is-latest-snapshot': 'true' }
const clusterSnapshot = fc.record({ placement, policy, kind: fc.constantFrom('Namespace', 'ClusterRole') })
const namespacedSnapshot = fc.record({ placement, policy, name: fc.constantFrom('one', 'two', 'absent') })
const overrides: fc.Arbitrary<Overrides> = fc
  .record({
    cluster: fc.array(clusterSnapshot, { maxLength: 3 }),
    namespaced: fc.array(namespacedSnapshot, { maxLength: 3 }),
  })
  .map(({ cluster, namespaced }) => ({
    cluster: cluster.map(
      (one, at) =>
        ({
          metadata: { name: `c${at}-0`, labels },
          spec: {
            overrideHash: '',
            overrideSpec: {
              ...(one.placement && { placement: one.placement }),
              policy: one.policy,
              clusterResourceSelectors: [
                one.kind === 'Namespace'
                  ? { group: '', version: 'v1', kind: 'Namespace', name: namespace }
                  : { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', name: 'reader' },
              ],
            },
          },
        }) as unknown as ClusterResourceOverrideSnapshot,
    ),
    namespaced: namespaced.map(
      (one, at) =>
        ({
          metadata: { name: `n${at}-0`, namespace, labels },
          spec: {
            overrideHash: '',
            overrideSpec: {
              ...(one.placement && { placement: one.placement }),
              policy: one.policy,
              resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: one.name }],
            },
          },
        }) as unknown as ResourceOverrideSnapshot,
    ),
  }))
const region = fc.constantFrom('west', 'east')

function render(all: Overrides, where: string, given: readonly KubeObject[] = objects): Rendered {
  const cluster = { name: 'member-1', labels: { region: where } }
  const lists = pickOverrides(matchOverrides('crp', given, all), cluster.labels)
  return renderManifests({ objects: given, lists, overrides: all, cluster })
}

const identity = ({ apiVersion, kind, metadata }: KubeObject) =>
  `${apiVersion} ${kind} ${metadata.namespace ?? ''} ${metadata.name}`

test('the order in which overrides are stored changes nothing', () => {
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      const reversed = { cluster: all.cluster.toReversed(), namespaced: all.namespaced.toReversed() }
      assert.deepEqual(render(reversed, where), render(all, where))
    }),
    { numRuns: 500 },
  )
})

test('nothing given is changed, and the same again gives the same', () => {
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      const before = JSON.stringify([all, objects])
      const first = render(all, where)
      assert.equal(JSON.stringify([all, objects]), before)
      assert.deepEqual(render(all, where), first)
    }),
  )
})

test('what passes admission never makes another object of one, and no variable is left in it', () => {
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      for (const { spec } of [...all.cluster, ...all.namespaced])
        assert.deepEqual(policyProblems(spec.overrideSpec.policy), [])
      const rendered = render(all, where)
      if (rendered.kind !== 'rendered') return
      const known = objects.map(identity)
      for (const { object } of rendered.manifests) {
        assert.ok(known.includes(identity(object)), identity(object))
        assert.ok(!JSON.stringify(object).includes('MEMBER-CLUSTER'), JSON.stringify(object))
      }
    }),
    { numRuns: 500 },
  )
})

test('an override of another placement, or for no cluster, has no effect', () => {
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      const concerns = <T extends Overrides['cluster'][number] | Overrides['namespaced'][number]>({ spec }: T) =>
        spec.overrideSpec.placement?.name !== 'other' &&
        spec.overrideSpec.policy?.overrideRules?.some(({ clusterSelector: selector }) => selector !== undefined)
      const fewer = { cluster: all.cluster.filter(concerns), namespaced: all.namespaced.filter(concerns) }
      assert.deepEqual(render(fewer, where), render(all, where))
    }),
    { numRuns: 500 },
  )
})

test('an object is overridden by itself: the others beside it do not matter', () => {
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      const together = render(all, where)
      if (together.kind !== 'rendered') return
      const apart = objects.flatMap((object) => {
        const one = render(all, where, [object])
        assert.equal(one.kind, 'rendered', JSON.stringify(one))
        return one.kind === 'rendered' ? one.manifests : []
      })
      assert.deepEqual(apart, together.manifests)
    }),
  )
})

test('what one override deletes stays deleted, whatever comes after', () => {
  const everywhere = { clusterSelectorTerms: [] }
  fc.assert(
    fc.property(overrides, region, (all, where) => {
      const first = {
        metadata: { name: 'a-0', labels },
        spec: {
          overrideHash: '',
          overrideSpec: {
            policy: { overrideRules: [{ clusterSelector: everywhere, overrideType: 'Delete' }] },
            clusterResourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: namespace }],
          },
        },
      } as unknown as ClusterResourceOverrideSnapshot
      const rendered = render({ ...all, cluster: [first, ...all.cluster] }, where)
      if (rendered.kind !== 'rendered') return
      assert.ok(rendered.manifests.every(({ object }) => object.kind === 'ClusterRole'))
    }),
  )
})
