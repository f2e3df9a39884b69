// What-if: a dry run and a plan say what would happen, write nothing, and then exactly that happens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementSpec, PlacementStatus } from '../../shared/api/placement.ts'
import type { PlacementPlanStatus } from '../../shared/api/plan.ts'
import { changesOf } from '../../shared/domain/plan/changes.ts'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../support/builders.ts'
import { aClusterOverride } from '../support/override-builders.ts'
import { clusterObjects, createWorld, type World } from '../support/world.ts'

const plans = '/apis/hubless.dev/v1alpha1/placementplans'
const works = '/apis/placement.kubernetes-fleet.io/v1beta1/works'

async function plan(world: World, placement: KubeObject): Promise<PlacementPlanStatus> {
  const question = { apiVersion: 'hubless.dev/v1alpha1', kind: 'PlacementPlan', spec: { placement } }
  const { code, body } = await world.request('POST', plans, question)
  assert.equal(code, 201, body.message)
  return body['status'] as PlacementPlanStatus
}

/** Every write any store or the bus takes. */
function countWrites(world: World): () => number {
  let writes = 0
  const count = <T extends object>(target: T, ...methods: (keyof T)[]) => {
    for (const method of methods) {
      const original = target[method] as (...args: unknown[]) => unknown
      target[method] = ((...args: unknown[]) => {
        writes += 1
        return original.apply(target, args)
      }) as T[keyof T]
    }
  }
  count(world.objects, 'write')
  count(world.placements, 'commit', 'observe', 'drop')
  count(world.payloads, 'put')
  count(world.bus, 'send')
  return () => writes
}

/** Manifests by cluster, as the works say. */
async function placedOn(world: World): Promise<Map<string, KubeObject[]>> {
  const { body } = await world.request('GET', works)
  const placed = new Map<string, KubeObject[]>()
  for (const { metadata, spec } of (body.items ?? []) as (KubeObject & {
    spec: { workload: { manifests: KubeObject[] } }
  })[]) {
    const cluster = (metadata.namespace ?? '').replace('fleet-member-', '')
    placed.set(cluster, [...(placed.get(cluster) ?? []), ...spec.workload.manifests])
  }
  return placed
}

const members = ['one', 'two', 'three', 'four']
const labels: Record<string, Record<string, string>> = {
  one: { region: 'west', tier: '1' },
  two: { region: 'west', tier: '2' },
  three: { region: 'east', tier: '1' },
  four: { region: 'east' },
}

async function shopWorld(): Promise<World> {
  const world = await createWorld({ members })
  await world.apply(...members.flatMap((name) => clusterObjects(name, labels[name] ?? {})))
  await world.run()
  await world.apply(
    aNamespace('shop'),
    aConfigMap('shop', 'settings', { colour: 'blue' }),
    aConfigMap('shop', 'secretive', { key: 'value' }),
    aNamespace('books'),
    aDeployment('books', 'web'),
  )
  await world.run()
  return world
}

const term = (region: string) => ({ labelSelector: { matchLabels: { region } } })
const required = (region: string) => ({
  clusterAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { clusterSelectorTerms: [term(region)] } },
})
const preferred = (region: string) => ({
  clusterAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference: term(region) }] },
})
const spread = [{ maxSkew: 1, topologyKey: 'region', whenUnsatisfiable: 'DoNotSchedule' }]

/** Each placement of a run is applied over the one before, of another policy type under another name. */
const spec: fc.Arbitrary<Partial<PlacementSpec>> = fc
  .record({
    namespace: fc.constantFrom('shop', 'books', 'nowhere'),
    numberOfClusters: fc.integer({ min: 0, max: 4 }),
    region: fc.constantFrom('west', 'east'),
    shape: fc.constantFrom('plain', 'required', 'preferred', 'spread'),
  })
  .map(({ namespace, numberOfClusters, region, shape }) => ({
    resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: namespace }],
    policy: {
      placementType: 'PickN' as const,
      numberOfClusters,
      ...(shape === 'required' && { affinity: required(region) }),
      ...(shape === 'preferred' && { affinity: preferred(region) }),
      ...(shape === 'spread' && { topologySpreadConstraints: spread }),
    },
  }))

test('a plan says what then happens, step after step, and writes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 3 }), async (steps) => {
      const world = await shopWorld()
      const writes = countWrites(world)
      for (const step of steps) {
        const placement = aPlacement('web', 'shop', step)
        const before = await placedOn(world)
        const quiet = writes()
        const told = await plan(world, placement)
        assert.equal(writes(), quiet, 'a plan wrote something')

        await world.apply(placement)
        await world.run()
        const after = await placedOn(world)
        for (const name of members) {
          const happened = changesOf(before.get(name) ?? [], after.get(name) ?? [])
          assert.deepEqual(told.clusters.find(({ cluster }) => cluster === name)?.objects ?? [], happened)
        }
        const status = await world.status('web')
        assert.deepEqual(told.selectedResources, status?.selectedResources ?? [])
        const header = (await world.placements.readHeader('web'))?.value
        assert.equal(told.scheduled?.reason, header?.scheduling?.condition.reason)
        const decided = await world.placements.decision('web', header?.decided?.number ?? 0)
        const outcome = (reasons: PlacementPlanStatus['reasons'] = []) =>
          reasons.map(({ cluster, selected, plugin }) => [cluster, selected, plugin]).sort()
        assert.deepEqual(outcome(told.reasons), outcome(decided?.clusters))
      }
    }),
    { numRuns: 12 },
  )
})

test('a dry run comes back with the status the placement would have and says it in a warning', async () => {
  const world = await shopWorld()
  const writes = countWrites(world)
  const placement = aPlacement('web', 'shop', { policy: { placementType: 'PickAll', affinity: required('west') } })
  const request = new Request(
    'http://hub/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements?dryRun=All',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(placement),
    },
  )
  const response = await world.api.handle(request)
  assert.equal(response.status, 201)
  const status = ((await response.json()) as { status?: PlacementStatus }).status
  assert.deepEqual(status?.placementStatuses?.map(({ clusterName }) => clusterName).sort(), ['one', 'two'])
  assert.equal(status?.selectedResources?.length, 3)
  assert.equal(status?.conditions?.[0]?.reason, 'SchedulingPolicyFulfilled')
  assert.match(
    response.headers.get('warning') ?? '',
    /plan: 2 of 4 clusters picked \(one, two\), 3 objects selected; on clusters 6 objects added, 0 changed, 0 removed/,
  )
  assert.equal(writes(), 0)
  assert.equal(await world.get(placement), undefined)
})

test('a plan of a placement that stands says who would gain it, lose it and keep it, overrides applied', async () => {
  const world = await shopWorld()
  await world.apply(
    aClusterOverride('paint', 'shop', {
      on: { tier: '1' },
      patches: [{ op: 'add', path: '/metadata/labels', value: { painted: 'yes' } }],
    }),
    aPlacement('web', 'shop', { policy: { placementType: 'PickFixed', clusterNames: ['one', 'two'] } }),
  )
  await world.run()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  const fixed = { placementType: 'PickFixed' as const, clusterNames: ['one', 'three'] }
  const next = aPlacement('web', 'shop', { policy: fixed })
  const told = await plan(world, next)
  assert.deepEqual(
    told.clusters.map(({ cluster, action, added, changed, removed }) => [cluster, action, added, changed, removed]),
    [
      ['one', 'Update', 0, 1, 0],
      ['three', 'Place', 3, 0, 0],
      ['two', 'Remove', 0, 0, 3],
    ],
  )
  await world.apply(next)
  await world.run()
  const painted = (await placedOn(world)).get('three') ?? []
  assert.ok(painted.every(({ metadata }) => metadata.labels?.['painted'] === 'yes'))
})

test('a plan without a spec is of the placement as it is stored', async () => {
  const world = await shopWorld()
  await world.apply(aPlacement('web', 'shop'))
  await world.run()
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  const { apiVersion, kind, metadata } = aPlacement('web', 'shop')
  const told = await plan(world, { apiVersion, kind, metadata })
  assert.deepEqual(told.clusters[0]?.objects, [
    {
      change: 'Changed',
      version: 'v1',
      kind: 'ConfigMap',
      name: 'settings',
      namespace: 'shop',
      differences: [{ path: '/data/colour', before: '"blue"', after: '"green"' }],
    },
  ])
})

test('what would be refused is refused, and what cannot be scheduled says why', async () => {
  const world = await shopWorld()
  const wrong = aPlacement('web', 'shop', { policy: { placementType: 'PickN' } })
  const question = { apiVersion: 'hubless.dev/v1alpha1', kind: 'PlacementPlan', spec: { placement: wrong } }
  const refused = await world.request('POST', plans, question)
  assert.equal(refused.code, 422)
  assert.match(refused.body.message ?? '', /numberOfClusters/)
  const empty = await world.request('POST', plans, { ...question, spec: {} })
  assert.equal(empty.code, 422)
  assert.match(empty.body.message ?? '', /spec\.placement: Required value/)
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' } }
  const other = await world.request('POST', plans, { ...question, spec: { placement: pod } })
  assert.equal(other.code, 400)
  assert.match(other.body.message ?? '', /spec\.placement: expected a ClusterResourcePlacement/)
  const reserved = await plan(world, aPlacement('web', 'kube-system'))
  assert.match(reserved.problem ?? '', /kube-system/)
  assert.match(reserved.summary, /^not scheduled: /)
})

test('values of Secrets are not shown', () => {
  const secret = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'n' },
    data: { key: value },
  })
  const [change] = changesOf([secret('b2xk')], [secret('bmV3')])
  assert.deepEqual(change?.differences, [{ path: '/data/key', before: '(not shown)', after: '(not shown)' }])
})
