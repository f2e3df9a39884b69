// What holds for every selection, snapshot, policy and text a user may write.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementPolicy, PlacementSpec } from '../../shared/api/placement.ts'
import { goJson } from '../../shared/domain/go-json.ts'
import { labelSelectorProblem, matchesLabels } from '../../shared/domain/label-selector.ts'
import { cleanObject } from '../../shared/domain/placement/clean-object.ts'
import { withDefaults } from '../../shared/domain/placement/defaults.ts'
import { inOrder } from '../../shared/domain/placement/order.ts'
import { policyHash } from '../../shared/domain/placement/policy-snapshot.ts'
import { decideResourceSnapshot, groupHash, splitResources } from '../../shared/domain/placement/resource-snapshot.ts'
import { placementProblems } from '../../shared/domain/placement/validate.ts'
import { compareQuantities, parseQuantity, tryParseQuantity } from '../../shared/domain/quantity.ts'
import { noon } from '../support/fleet-cases.ts'

const kubeObject: fc.Arbitrary<KubeObject> = fc
  .record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'batch/v1'),
    kind: fc.constantFrom('ConfigMap', 'Service', 'Job', 'Deployment', 'Widget', 'Namespace'),
    metadata: fc.record(
      {
        name: fc.string({ maxLength: 5 }),
        namespace: fc.constantFrom('a', 'b'),
        uid: fc.string(),
        annotations: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })),
      },
      { requiredKeys: ['name'] },
    ),
    spec: fc.jsonValue({ maxDepth: 3 }),
    status: fc.jsonValue({ maxDepth: 1 }),
  })
  .map((object) => object as KubeObject)

test('cleaning twice is cleaning once, whatever the object holds', () => {
  fc.assert(
    fc.property(kubeObject, (object) => {
      const once = cleanObject(object)
      assert.equal(JSON.stringify(cleanObject(once)), JSON.stringify(once))
      assert.equal(once['status'], undefined)
      assert.equal(once.metadata.uid, undefined)
    }),
  )
})

test('the hash of a selection does not depend on the order it was read in', () => {
  const distinct = fc.uniqueArray(kubeObject, {
    selector: ({ apiVersion, kind, metadata }) =>
      [apiVersion, kind, metadata.namespace ?? '', metadata.name].join('\n'),
    maxLength: 8,
  })
  fc.assert(
    fc.property(distinct, (objects) => {
      const hash = (list: readonly KubeObject[]) => groupHash(inOrder(list).map(cleanObject))
      assert.equal(hash(objects.toReversed()), hash(objects))
    }),
  )
})

test('splitting loses nothing, keeps the order and the bound', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 })), fc.integer({ min: 1, max: 60 }), (items, limit) => {
      const pieces = splitResources(items, limit)
      assert.deepEqual(pieces.flat(), items)
      const size = (item: string) => Buffer.byteLength(goJson(item), 'utf8')
      for (const piece of pieces) {
        assert.ok(piece.length === 1 || piece.reduce((sum, item) => sum + size(item), 0) <= limit)
      }
    }),
  )
})

test('snapshots rise by one, stay within the history limit, and are never made early', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 20 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (given, historyLimit) => {
      const debounce = { minimumIntervalMs: 30_000, collectionMs: 15_000 }
      let snapshots: Parameters<typeof decideResourceSnapshot>[0]['snapshots'] = []
      let now = noon
      for (const [seconds, hash] of given) {
        now += seconds * 1000
        const content = { hash, payload: hash, resources: [], envelopeCount: 0 }
        const before = snapshots.at(-1)
        const decision = decideResourceSnapshot({ placement: 'web', snapshots, content, historyLimit, now, debounce })
        ;({ snapshots } = decision)
        assert.ok(snapshots.length <= historyLimit)
        assert.ok(decision.waitMs >= 0 && decision.waitMs <= 30_000)
        assert.equal(decision.current, snapshots.at(-1))
        if (before && decision.current.index !== before.index) {
          assert.equal(decision.current.index, before.index + 1)
          assert.ok(now - Date.parse(before.createdAt) >= 30_000)
        }
        if (decision.waitMs === 0) assert.equal(decision.current.hash, hash)
      }
    }),
    { numRuns: 300 },
  )
})

const policy: fc.Arbitrary<PlacementPolicy> = fc.record(
  {
    placementType: fc.constantFrom('PickAll' as const, 'PickN' as const, 'PickFixed' as const),
    numberOfClusters: fc.integer({ min: -1, max: 5 }),
    clusterNames: fc.array(fc.string({ maxLength: 6 }), { maxLength: 3 }),
    tolerations: fc.array(
      fc.record(
        {
          key: fc.string({ maxLength: 4 }),
          operator: fc.constantFrom('Exists', 'Equal', ''),
          value: fc.string({ maxLength: 4 }),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    topologySpreadConstraints: fc.array(fc.record({ topologyKey: fc.string({ maxLength: 4 }) }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const spec: fc.Arbitrary<PlacementSpec> = policy.map((given) => ({ resourceSelectors: [], policy: given }))

test('defaults filled in twice are the same', () => {
  fc.assert(
    fc.property(spec, (given) => {
      const once = withDefaults(given)
      assert.deepEqual(withDefaults(once), once)
    }),
  )
})

test('the number of clusters never enters the policy hash, anything else does', () => {
  fc.assert(
    fc.property(policy, fc.nat(), (given, numberOfClusters) => {
      assert.equal(policyHash({ ...given, numberOfClusters }), policyHash(given))
      const more = [...(given.clusterNames ?? []), 'one-more']
      assert.notEqual(policyHash({ ...given, clusterNames: more }), policyHash(given))
    }),
  )
})

test('validation answers for any text, and never throws', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'a/b/c', 'resources.kubernetes-fleet.io/'),
  )
  const expression = fc.record({ name: text, operator: text, values: fc.array(text, { maxLength: 2 }) })
  fc.assert(
    fc.property(policy, fc.array(expression, { maxLength: 4 }), text, (given, matchExpressions, name) => {
      const affinity = {
        clusterAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            clusterSelectorTerms: [{ propertySelector: { matchExpressions } }],
          },
        },
      }
      const found = placementProblems(
        {
          kind: 'ClusterResourcePlacement',
          metadata: { name },
          spec: { resourceSelectors: [{ group: name, version: name, kind: name }], policy: { ...given, affinity } },
        },
        { find: () => undefined },
      )
      assert.ok(found.every((problem) => problem.length > 0))
    }),
  )
})

test('a label selector is either refused with a reason or matches without throwing', () => {
  const requirement = fc.record(
    {
      key: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('a', '__proto__', 'constructor')),
      operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt'),
      values: fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
    },
    { requiredKeys: ['key', 'operator'] },
  )
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), (matchExpressions) => {
      if (labelSelectorProblem({ matchExpressions }) === undefined) {
        assert.equal(typeof matchesLabels({ matchExpressions }, { a: '1' }), 'boolean')
      } else assert.throws(() => matchesLabels({ matchExpressions }, {}))
    }),
  )
})

test('quantities compare like the numbers they say, in every notation', () => {
  const milli = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
  const notations = (value: number) => [`${value}m`, `${value * 1000}u`, `${value}e-3`, `${value * 1_000_000}n`]
  fc.assert(
    fc.property(milli, milli, (a, b) => {
      for (const one of notations(a)) {
        for (const other of notations(b)) {
          assert.equal(Math.sign(compareQuantities(parseQuantity(one), parseQuantity(other))), Math.sign(a - b))
        }
      }
    }),
  )
})

test('reading a quantity never throws on any text, and what is read has a finite exact value', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[+-]?[0-9.]{0,8}(e[+-]?[0-9]{1,4}|[numkKMGTPEi]{0,2})$/)),
      (text) => {
        const quantity = tryParseQuantity(text)
        if (quantity) assert.equal(typeof quantity.nanos, 'bigint')
      },
    ),
    { numRuns: 2000 },
  )
})
