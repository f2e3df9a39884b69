// What others changed on a member is told in full, with who did it; who keeps doing it is met ever less often.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sweepDrift } from '../../shared/app/timers.ts'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

async function shopWorld(data: Record<string, string>, more: Parameters<typeof aPlacement>[2] = {}): Promise<World> {
  const world = await createWorld({ members: ['one'] })
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', data), aPlacement('shop', 'shop', more))
  await world.run()
  return world
}

async function look(world: World, ms = 3_000): Promise<void> {
  await sweepDrift(world.platform)
  await world.deliverDue()
  await world.run(ms)
}

function edit(world: World, data: Record<string, string>): void {
  const live = world.member('one').find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  world.member('one').put({ ...live, data })
}

const dataOf = (world: World) =>
  world.member('one').find('ConfigMap', 'settings', 'shop')?.['data'] as Record<string, string>
const detailOf = async (world: World, name = 'shop-work') =>
  world.get({
    apiVersion: 'hubless.dev/v1alpha1',
    kind: 'WorkDetail',
    metadata: { namespace: 'fleet-member-one', name },
  })
const entryOf = async (world: World) => (await world.status('shop'))?.placementStatuses?.[0]

test('the field manager that changed a field is told, and the time of the first sight is kept', async () => {
  const world = await shopWorld(
    { colour: 'blue' },
    {
      strategy: { type: 'RollingUpdate', applyStrategy: { whenToApply: 'IfNotDrifted' } },
    },
  )
  edit(world, { colour: 'red' })
  await look(world)
  assert.deepEqual(dataOf(world), { colour: 'red' }, 'drift is reported, not undone')
  const first = (await entryOf(world))?.driftedPlacements?.[0]
  assert.deepEqual(first?.observedDrifts, [{ path: '/data/colour', valueInHub: 'blue', valueInMember: 'red' }])
  const detail = await detailOf(world)
  const [object] = (detail?.['objects'] ?? []) as { type: string; name: string; fields: Record<string, string>[] }[]
  assert.deepEqual([object?.type, object?.name], ['Drift', 'settings'])
  assert.deepEqual(
    object?.fields.map(({ path, manager }) => [path, manager]),
    [['/data/colour', 'somebody']],
  )
  assert.ok(object?.fields[0]?.['changedAt'])

  for (let round = 0; round < 3; round += 1) await world.tick()
  const later = (await entryOf(world))?.driftedPlacements?.[0]
  assert.equal(later?.firstDriftedObservedTime, first?.firstDriftedObservedTime)
})

test('more differences than the status holds are all readable beside it', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_200 }, (_, at) => [`key-${at}`, 'value '.repeat(6)]))
  const world = await shopWorld(many, {
    strategy: { type: 'RollingUpdate', applyStrategy: { whenToApply: 'IfNotDrifted' } },
  })
  edit(world, Object.fromEntries(Object.keys(many).map((key) => [key, 'changed'])))
  await look(world)
  assert.equal((await entryOf(world))?.driftedPlacements?.[0]?.observedDrifts?.length, 100)
  const detail = await detailOf(world)
  assert.equal(detail?.['fieldCount'], 1_200)
  const { body } = await world.request('GET', '/apis/hubless.dev/v1alpha1/workdetails')
  assert.deepEqual(
    body.items?.map(({ metadata }) => metadata.name),
    ['shop-work'],
  )
})

test('what is as it should be has no details', async () => {
  const world = await shopWorld({ colour: 'blue' })
  assert.equal(await detailOf(world), undefined)
  edit(world, { colour: 'red' })
  await look(world)
  assert.ok(await detailOf(world))
  await world.run(120_000)
  assert.equal(await detailOf(world), undefined, 'what was undone is told for a while and then no more')
  assert.equal((await entryOf(world))?.driftedPlacements, undefined)
})

test('a manifest that another controller keeps changing is put right ever less often, and its placement says with whom it is at odds', async () => {
  const world = await shopWorld({ colour: 'blue' })
  let undone = 0
  const minutes = 20
  for (let second = 0; second < minutes * 60; second += 1) {
    if (dataOf(world)['colour'] === 'blue') {
      undone += 1
      edit(world, { colour: 'red' })
    }
    await look(world, 150)
    await world.run(1_000)
    world.clock.advance(850)
  }
  assert.ok(undone >= 5 && undone <= 20, `${undone} rounds of the fight in ${minutes} minutes`)
  const path = '/apis/placement.kubernetes-fleet.io/v1beta1/namespaces/fleet-member-one/works/shop-work'
  const work = (await world.request('GET', path)).body
  const { manifestConditions } = work['status'] as {
    manifestConditions: { identifier: { name: string }; conditions: { type: string; message: string }[] }[]
  }
  const told = manifestConditions.find(({ identifier }) => identifier.name === 'settings')?.conditions[0]?.message
  assert.match(
    told ?? '',
    /field manager somebody on the member has changed the object \d+ times since .*Z; it is put right/,
  )

  // A decision of the user is applied at once all the same.
  await world.apply(aConfigMap('shop', 'settings', { colour: 'green' }))
  await world.run(5_000)
  assert.equal(dataOf(world)['colour'], 'green')
})

test('statuses are reported back to the work, and to the object itself where there is one cluster', async () => {
  const world = await createWorld({ members: ['one', 'two'] })
  await world.run()
  const mirror = (clusterNames: string[], destination: 'OriginalResource' | 'WorkAPI') =>
    aPlacement('shop', 'shop', {
      policy: { placementType: 'PickFixed', clusterNames },
      strategy: { type: 'RollingUpdate', reportBackStrategy: { type: 'Mirror', destination } },
    })
  await world.apply(aNamespace('shop'), aDeployment('shop', 'web'), mirror(['one', 'two'], 'WorkAPI'))
  await world.run()
  const works = async () => {
    const { body } = await world.request('GET', '/apis/placement.kubernetes-fleet.io/v1beta1/works')
    return (body.items ?? []).map(
      ({ status }) =>
        (status as { manifestConditions: { backReportedStatus?: { observedStatus: { status?: object } } }[] })
          .manifestConditions,
    )
  }
  for (const entries of await works())
    assert.ok(entries.some(({ backReportedStatus }) => backReportedStatus?.observedStatus.status))
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } }
  const replicas = async () =>
    ((await world.get(deployment))?.['status'] as { readyReplicas?: number } | undefined)?.readyReplicas
  assert.equal(await replicas(), undefined)

  await world.apply(mirror(['one', 'two'], 'OriginalResource'))
  await world.run()
  assert.equal(await replicas(), undefined, 'two statuses have no place in one object')
  const { body } = await world.request('GET', '/api/v1/namespaces/default/events')
  assert.ok(body.items?.some((event) => event['reason'] === 'StatusNotReportedBack'))

  await world.apply(mirror(['one'], 'OriginalResource'))
  await world.run()
  assert.equal(await replicas(), 2)
})
