// What users get wrong, and what breaks around the hub: each ends in a Status or a condition that names the field, the
// value and what is allowed, and nothing else stops.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberClusterStatus } from '../../shared/api/member-cluster.ts'
import { TransientError } from '../../shared/errors.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const crps = '/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements'

/** A placement's JSON with something wrong in it. */
function wrong(change: (spec: Record<string, unknown>) => void, name = 'bad') {
  const placement = structuredClone(aPlacement(name, 'shop'))
  change(placement['spec'] as Record<string, unknown>)
  return placement
}

for (const [what, object, code, message] of [
  [
    'an unknown field',
    wrong((spec) => Object.assign(spec, { polcy: {} })),
    400,
    /strict decoding error: unknown field "spec.polcy"/,
  ],
  [
    'a wrong type',
    wrong((spec) => Object.assign(spec, { policy: { placementType: 'PickN', numberOfClusters: 'three' } })),
    422,
    /spec.policy.numberOfClusters: Invalid value: "string".*integer/,
  ],
  [
    'a value that is no choice',
    wrong((spec) => Object.assign(spec, { policy: { placementType: 'PickSome' } })),
    422,
    /spec.policy.placementType: Unsupported value: "PickSome": supported values: "PickAll", "PickN", "PickFixed"/,
  ],
  [
    'a selector by name and by labels at once',
    wrong((spec) =>
      Object.assign(spec, {
        resourceSelectors: [
          { group: '', version: 'v1', kind: 'Namespace', name: 'a', labelSelector: { matchLabels: { a: 'b' } } },
        ],
      }),
    ),
    422,
    /name and labelSelector are mutually exclusive/,
  ],
  [
    'two of a choice',
    wrong((spec) =>
      Object.assign(spec, { policy: { placementType: 'PickFixed', clusterNames: ['one'], numberOfClusters: 1 } }),
    ),
    422,
    /spec.policy/,
  ],
  [
    'a missing field',
    wrong((spec) => Reflect.deleteProperty(spec, 'resourceSelectors')),
    422,
    /spec.resourceSelectors: Required value/,
  ],
  ['a name too long', wrong(() => undefined, 'n'.repeat(254)), 422, /metadata.name: Invalid value/],
  [
    'a percentage out of range',
    wrong((spec) =>
      Object.assign(spec, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '140%' } } }),
    ),
    422,
    /maxUnavailable/,
  ],
] as const) {
  test(`${what} is refused with ${code}, naming it`, async () => {
    const world = await createWorld({ members: [] })
    const { code: got, body } = await world.request('POST', `${crps}?fieldValidation=Strict`, object)
    assert.equal(got, code, body.message)
    assert.match(body.message ?? '', message)
    assert.equal((await world.request('GET', crps)).body.items?.length, 0)
  })
}

test('a body over the limit is refused with 413, an object over it with 422 or 413', async () => {
  const world = await createWorld({ members: [] })
  await world.apply(aNamespace('shop'))
  const path = '/api/v1/namespaces/shop/configmaps'
  const huge = await world.request('POST', path, aConfigMap('shop', 'huge', { text: 'x'.repeat(4_000_000) }))
  assert.equal(huge.code, 413)
  const large = await world.request('POST', path, aConfigMap('shop', 'large', { text: 'x'.repeat(1_800_000) }))
  assert.ok(large.code === 422 || large.code === 413, String(large.code))
  assert.ok((large.body.message ?? '').length > 0)
})

test('a selector that matches nothing is no error: it places nothing until something matches', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  await world.apply(aPlacement('early', 'later'))
  await world.run()
  const scheduled = (await world.status('early'))?.conditions?.find(({ type }) => type.endsWith('Scheduled'))
  assert.equal(scheduled?.status, 'True')
  assert.deepEqual((await world.status('early'))?.selectedResources, [])
  await world.apply(aNamespace('later'), aConfigMap('later', 'settings'))
  await world.run()
  assert.ok(world.member('one').find('ConfigMap', 'settings', 'later'))
})

test('a kind the member does not serve fails that one manifest, by name', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'menus.shop.example' },
    spec: {
      group: 'shop.example',
      scope: 'Namespaced',
      names: { plural: 'menus', singular: 'menu', kind: 'Menu', listKind: 'MenuList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }
  await world.apply(crd, aNamespace('shop'), aConfigMap('shop', 'settings'))
  // The CRD stays on the hub: only the namespace is placed.
  const menu = await world.request('POST', '/apis/shop.example/v1/namespaces/shop/menus', {
    apiVersion: 'shop.example/v1',
    kind: 'Menu',
    metadata: { name: 'lunch', namespace: 'shop' },
  })
  assert.equal(menu.code, 201)
  await world.apply(aPlacement('shop', 'shop'))
  await world.run()
  const failed = (await world.status('shop'))?.placementStatuses?.[0]?.failedPlacements
  assert.deepEqual(
    failed?.map(({ kind, name }) => [kind, name]),
    [['Menu', 'lunch']],
  )
  assert.match(failed?.[0]?.condition.message ?? '', /does not serve Menu of shop.example\/v1/)
  assert.ok(world.member('one').find('ConfigMap', 'settings', 'shop'))
})

test('credentials that expire are told on the MemberCluster and on the placement, and heal with the Secret', async () => {
  const world = await createWorld({ members: ['one', 'two'] })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
  await world.run()
  world.member('one').lockOut('Secret fleet-system/one-kubeconfig, key value: users[0].user.token has expired')
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.tick()
  const entry = (await world.status('shop'))?.placementStatuses?.find(({ clusterName }) => clusterName === 'one')
  assert.match(
    entry?.conditions?.find(({ type }) => type === 'WorkSynchronized')?.message ?? '',
    /one-kubeconfig.*expired/,
  )
  assert.match(await readiness(world, 'one'), /one-kubeconfig.*expired/)
  assert.deepEqual(world.member('two').find('ConfigMap', 'settings', 'shop')?.['data'], { colour: 'green' })

  world.member('one').lockOut()
  const [secret] = clusterObjects('one')
  assert.ok(secret)
  await world.apply({ ...secret, data: { value: Buffer.from('a new kubeconfig').toString('base64') } })
  await world.run()
  assert.deepEqual(world.member('one').find('ConfigMap', 'settings', 'shop')?.['data'], { colour: 'green' })
})

async function readiness(world: World, name: string): Promise<string> {
  const cluster = await world.get({
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name },
  })
  const status = cluster?.['status'] as MemberClusterStatus
  return status.conditions?.find(({ type }) => type === 'ReadyToJoin')?.message ?? ''
}

test('a table that answers 503 is a 503 with Retry-After for the caller, and work that comes back for the pipeline', async () => {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings'))
  const list = world.objects.list
  world.objects.list = async () => {
    throw new TransientError('the table store answered 503')
  }
  const refused = await world.api.handle(new Request(`http://hub${crps}`))
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers.get('retry-after')) >= 1)
  assert.equal(((await refused.json()) as { reason: string }).reason, 'ServiceUnavailable')
  await world.apply(aPlacement('shop', 'shop'))
  await world.run(2_000)
  assert.equal(world.member('one').find('ConfigMap', 'settings', 'shop'), undefined)
  world.objects.list = list
  await world.run(120_000)
  assert.ok(world.member('one').find('ConfigMap', 'settings', 'shop'))
})

test('a field named like a prototype member is data or refused, never more', async () => {
  const world = await createWorld({ members: [] })
  await world.apply(aNamespace('shop'))
  const body = JSON.parse(
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd","namespace":"shop"},"data":{"constructor":"a"},"__proto__":{"polluted":"yes"}}',
  )
  const { code } = await world.request('POST', '/api/v1/namespaces/shop/configmaps', body)
  assert.ok(code < 500)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})
