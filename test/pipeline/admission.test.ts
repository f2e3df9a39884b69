// What the hub refuses at its door, and in which words: nothing that cannot work is stored, under dry runs as well.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { maxOverrides } from '../../shared/domain/override/validate.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, pathOf, type World } from '../support/world.ts'

const fleet = 'placement.kubernetes-fleet.io/v1beta1'

function anOverride(name: string, resource: string, patches = [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]) {
  return {
    apiVersion: fleet,
    kind: 'ClusterResourceOverride',
    metadata: { name },
    spec: {
      clusterResourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: resource }],
      policy: { overrideRules: [{ clusterSelector: { clusterSelectorTerms: [] }, jsonPatchOverrides: patches }] },
    },
  }
}

function aResourceOverride(name: string, configMap: string): KubeObject {
  return {
    apiVersion: fleet,
    kind: 'ResourceOverride',
    metadata: { name, namespace: 'shop' },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: configMap }],
      policy: { overrideRules: [{ clusterSelector: { clusterSelectorTerms: [] }, overrideType: 'Delete' }] },
    },
  }
}

const labelled = (key: string, value: string) => ({ labelSelector: { matchLabels: { [key]: value } } })

/** Bad objects with what the refusal must name. */
const refused: readonly (readonly [string, KubeObject, readonly RegExp[]])[] = [
  [
    'a kind nobody serves',
    aPlacement('p', 'x', {
      resourceSelectors: [{ group: 'nowhere.example', version: 'v1', kind: 'Thing', name: 'x' }],
    }),
    [/no such kind is known/, /nowhere.example\/v1, Kind=Thing, Name=x/],
  ],
  [
    'a namespaced kind in a cluster-scoped placement',
    aPlacement('p', 'x', { resourceSelectors: [{ group: '', version: 'v1', kind: 'ConfigMap', name: 'x' }] }),
    [/not a cluster scoped resource: \/v1, Kind=ConfigMap, Name=x/],
  ],
  [
    'a cluster-scoped kind in a namespaced placement',
    { ...aPlacement('p', 'x'), kind: 'ResourcePlacement', metadata: { name: 'p', namespace: 'shop' } },
    [/cluster scoped resource: \/v1, Kind=Namespace, Name=x/],
  ],
  [
    'the same cluster twice',
    aPlacement('p', 'x', { policy: { placementType: 'PickFixed', clusterNames: ['one', 'one'] } }),
    [/cluster names must be unique for policy type PickFixed/],
  ],
  [
    'an amount that is none',
    aPlacement('p', 'x', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: -1 } } }),
    [/maxSurge/, /-1/],
  ],
  ['a name that is no label value', aPlacement('p'.repeat(64), 'x'), [/63/]],
  [
    'a taint key that is none',
    taintedCluster([{ key: 'a b', effect: 'NoSchedule' }]),
    [/spec.taints: invalid taint key "a b"/],
  ],
  [
    'the same taint twice',
    taintedCluster([
      { key: 'a', value: 'b', effect: 'NoSchedule' },
      { key: 'a', value: 'b', effect: 'NoSchedule' },
    ]),
    [/spec.taints: taints must be unique/],
  ],
  ['an override of status', anOverride('o', 'x', [{ op: 'add', path: '/status/phase', value: 'x' }]), [/status/]],
  ['an override of a name', anOverride('o', 'x', [{ op: 'add', path: '/metadata/name', value: 'x' }]), [/metadata/]],
  ['an override without a name', withSelector({ group: '', version: 'v1', kind: 'Namespace' }), [/name is required/]],
  [
    'an override by labels',
    withSelector({ group: '', version: 'v1', kind: 'Namespace', ...labelled('a', 'b') }),
    [/label selector is not supported/],
  ],
]

function taintedCluster(taints: readonly { key: string; value?: string; effect: string }[]): KubeObject {
  const [, cluster] = clusterObjects('tainted')
  assert.ok(cluster)
  return { ...cluster, spec: { ...(cluster['spec'] as object), taints } }
}

function withSelector(selector: object): KubeObject {
  const override = anOverride('o', 'x')
  return { ...override, spec: { ...override.spec, clusterResourceSelectors: [selector] } }
}

async function dryApply(world: World, object: KubeObject) {
  return world.request(
    'PATCH',
    `${pathOf(object)}?fieldManager=test&dryRun=All`,
    object,
    'application/apply-patch+yaml',
  )
}

for (const [what, object, words] of refused)
  test(`${what} is refused with 422 and said what is wrong`, async () => {
    const world = await createWorld({ members: [] })
    await world.apply(aNamespace('shop'))
    const [dry, wet] = [await dryApply(world, object), await world.tryApply(object)]
    for (const { code, body } of [dry, wet]) {
      assert.equal(code, 422, body.message)
      for (const word of words) assert.match(body.message ?? '', word)
      // The only part kubectl prints.
      const { causes } = body['details'] as { causes: { field: string; message: string }[] }
      assert.match(causes[0]?.field ?? '', /^spec/)
      for (const word of words) assert.match(`${causes[0]?.field}: ${causes[0]?.message}`, word)
    }
    assert.equal(await world.get(object), undefined)
  })

test('what a placement is may not change, and tolerations only grow', async () => {
  const world = await createWorld({ members: [] })
  const toleration = { key: 'gpu', operator: 'Exists' as const }
  const policy = { placementType: 'PickN' as const, numberOfClusters: 1, tolerations: [toleration] }
  await world.apply(aPlacement('p', 'x', { policy }))
  const change = async (next: Parameters<typeof aPlacement>[2]) => world.tryApply(aPlacement('p', 'x', next))
  const fewer = await change({ policy: { placementType: 'PickN', numberOfClusters: 1 } })
  assert.deepEqual([fewer.code, /only additions to tolerations/.test(fewer.body.message ?? '')], [422, true])
  const other = await change({ policy: { placementType: 'PickFixed', clusterNames: ['one'] } })
  assert.equal(other.code, 422)
  assert.match(other.body.message ?? '', /immutable/)
  const more = await change({ policy: { ...policy, tolerations: [toleration, { key: 'arm', operator: 'Exists' }] } })
  assert.equal(more.code, 200, more.body.message)
})

test('an object is overridden by one override of its kind only', async () => {
  const world = await createWorld({ members: [] })
  await world.apply(aNamespace('shop'), anOverride('a', 'shop'), aResourceOverride('a', 'settings'))
  const second = await world.tryApply(anOverride('b', 'shop'))
  assert.equal(second.code, 422)
  assert.match(second.body.message ?? '', /Kind:Namespace Name:shop.*selected by both b and a/)
  const namespaced = await world.tryApply(aResourceOverride('b', 'settings'))
  assert.match(namespaced.body.message ?? '', /Kind:ConfigMap Name:settings.*selected by both b and a/)
  // Its own selectors are no collision.
  await world.apply(anOverride('a', 'shop', [{ op: 'add', path: '/metadata/labels/c', value: 'd' }]))
})

test('overrides are counted: one more than allowed is refused, changing one of them is not', async () => {
  const world = await createWorld({ members: [] })
  const all = Array.from({ length: maxOverrides }, (_, at) => anOverride(`o-${at}`, `n-${at}`))
  await world.apply(...all)
  const { code, body } = await world.tryApply(anOverride('more', 'another'))
  assert.deepEqual([code, body.message?.includes(`at most ${maxOverrides} overrides`)], [422, true])
  await world.apply(anOverride('o-7', 'n-7', [{ op: 'remove', path: '/metadata/labels/a' } as never]))
})

const custom = (served: boolean): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'menus.shop.example' },
  spec: {
    group: 'shop.example',
    scope: 'Cluster',
    names: { plural: 'menus', singular: 'menu', kind: 'Menu', listKind: 'MenuList' },
    versions: [
      { name: 'v1', served, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
    ],
  },
})

test('a kind served no more is told on the placement, which stays editable', async () => {
  const world = await createWorld()
  await world.run()
  const selector = (version: string) => ({ group: 'shop.example', version, kind: 'Menu', name: 'lunch' })
  const placement = (version: string, labels = {}) => {
    const object = aPlacement('menus', 'shop', { resourceSelectors: [selector(version)] })
    return { ...object, metadata: { ...object.metadata, labels } }
  }
  await world.apply(custom(true), placement('v1'))
  await world.run()
  await world.apply(custom(false))
  await world.tick()
  const said = (await world.status('menus'))?.conditions?.find(({ type }) => type.endsWith('Scheduled'))
  assert.deepEqual([said?.status, said?.reason], ['False', 'InvalidResourceSelectors'])
  assert.match(said?.message ?? '', /shop.example\/v1, Kind=Menu/)
  await world.apply(placement('v1', { edited: 'yes' }), placement('v2'))
})

test('whatever is stored can be deleted, and what admission fills in is there from the start', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings'), aPlacement('shop', 'shop'))
  const stored = await world.get(aPlacement('shop', 'shop'))
  assert.deepEqual(stored?.metadata.finalizers, [
    'kubernetes-fleet.io/crp-cleanup',
    'kubernetes-fleet.io/scheduler-cleanup',
  ])
  assert.deepEqual((stored?.['spec'] as { policy?: unknown } | undefined)?.policy, { placementType: 'PickAll' })
  await world.remove(aPlacement('shop', 'shop'))
  await world.run()
  assert.equal(await world.get(aPlacement('shop', 'shop')), undefined)
})
