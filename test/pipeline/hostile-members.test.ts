// Members that refuse, throttle, answer slowly or not at all: told with their own words, tried again in the right way, and
// nobody else's trouble. Large placements and large objects.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidInputError, TransientError } from '../../shared/errors.ts'
import { MemberRefusal } from '../../shared/ports/member-cluster.ts'
import { aConfigMap, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

const names = ['one', 'two'] as const

async function joined(): Promise<World> {
  const world = await createWorld({ members: names })
  await world.run()
  return world
}

const place = (world: World) =>
  world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aPlacement('shop', 'shop'))
const colour = (world: World, name: string) =>
  (world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'] as { colour?: string } | undefined)?.colour
const entryOf = async (world: World, name: string) =>
  (await world.status('shop'))?.placementStatuses?.find(({ clusterName }) => clusterName === name)
const isAvailable = async (world: World) =>
  (await world.status('shop'))?.conditions?.find(({ type }) => type === 'ClusterResourcePlacementAvailable')?.status

for (const [code, words] of [
  [403, 'configmaps "settings" is forbidden: exceeded quota'],
  [404, 'the server could not find the requested resource'],
  [409, 'Operation cannot be fulfilled on configmaps "settings": the object has been modified'],
  [413, 'Request entity too large: limit is 3145728'],
  [422, 'ConfigMap "settings" is invalid: data: Invalid value'],
] as const) {
  test(`a refusal with ${code} is told on that manifest of that cluster, and tried again ever more rarely`, async () => {
    const world = await joined()
    world.member('two').refuse('ConfigMap', words, code)
    await place(world)
    await world.run(60_000)
    assert.equal(colour(world, 'one'), 'blue')
    const failed = (await entryOf(world, 'two'))?.failedPlacements?.[0]
    assert.deepEqual([failed?.kind, failed?.name], ['ConfigMap', 'settings'])
    assert.ok(failed?.condition.message?.includes(words), failed?.condition.message)
    const tries = world.member('two').log.filter(({ verb, kind }) => verb === 'create' && kind === 'ConfigMap').length
    assert.ok(tries >= 5 && tries <= 30, `${tries} tries in a minute`)
    world.member('two').refuse('ConfigMap')
    await world.run(60_000)
    assert.equal(await isAvailable(world), 'True')
  })
}

test('a member that throttles is not asked before the time it names, and is told about with its words', async () => {
  const world = await joined()
  const patience = 30_000
  const busy = () =>
    new TransientError('too many requests, please try again later', { answered: true, retryAfterMs: patience })
  for (let at = 0; at < 3; at += 1) world.member('two').failNext(busy(), ({ verb }) => verb === 'create')
  await place(world)
  await world.run(5_000)
  assert.equal(colour(world, 'one'), 'blue')
  const entry = await entryOf(world, 'two')
  assert.match(JSON.stringify(entry), /too many requests, please try again later/)
  await world.run(5 * patience)
  assert.equal(await isAvailable(world), 'True')
})

for (const [what, error] of [
  [
    'a server error',
    new TransientError('an error on the server has prevented the request from succeeding', { answered: true }),
  ],
  ['a broken answer', new TransientError('two.example sent a broken answer (HPE_INVALID_CONSTANT)')],
  [
    'a certificate nobody vouches for',
    new InvalidInputError(
      'Secret fleet-system/two-kubeconfig: certificate-authority-data does not vouch for the certificate',
    ),
  ],
  ['a timeout', new TransientError('no answer from two.example in 10000 ms')],
  [
    'a refusal of everything',
    new MemberRefusal(403, 'Forbidden', 'appliedworks is forbidden: the hub cannot get them'),
  ],
] as const) {
  test(`${what} on one member is told on its binding, delays no other, and ends when it ends`, async () => {
    const world = await joined()
    for (let at = 0; at < 4; at += 1) world.member('two').failNext(error, ({ kind }) => kind === 'AppliedWork')
    await place(world)
    await world.deliverDue()
    await world.run(1_500)
    assert.equal(colour(world, 'one'), 'blue')
    assert.ok(JSON.stringify(await entryOf(world, 'two')).includes(error.message))
    for (let calm = 0; calm < 3; calm += 1) await world.tick()
    assert.equal(await isAvailable(world), 'True')
  })
}

test('an object as large as its kind may be is placed, and its drift is told without growing beyond what can be stored', async () => {
  const world = await joined()
  const data = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`part-${at}`, String(at % 10).repeat(100_000)]))
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', data))
  const applyStrategy = { whenToApply: 'IfNotDrifted' as const }
  await world.apply(aPlacement('shop', 'shop', { strategy: { type: 'RollingUpdate', applyStrategy } }))
  await world.run()
  assert.equal(await isAvailable(world), 'True')
  const live = world.member('one').find('ConfigMap', 'settings', 'shop')
  assert.ok(live)
  world
    .member('one')
    .put({ ...live, data: Object.fromEntries(Object.keys(data).map((key) => [key, 'x'.repeat(100_000)])) })
  await world.tick()
  const path = '/apis/placement.kubernetes-fleet.io/v1beta1/namespaces/fleet-member-one/works/shop-work'
  const status = (await world.request('GET', path)).body['status'] as { conditions: { type: string; reason: string }[] }
  assert.ok(status.conditions.some(({ type, reason }) => type === 'StatusTrimmed' && reason === 'Oversized'))
})

test('300 objects in one placement arrive on every member with at most two calls each', async () => {
  const world = await joined()
  const count = 300
  await world.apply(aNamespace('shop'))
  for (let at = 0; at < count; at += 1) await world.apply(aConfigMap('shop', `settings-${at}`, { at: String(at) }))
  await world.apply(aPlacement('shop', 'shop'))
  await world.run(60_000)
  assert.equal(await isAvailable(world), 'True')
  const { calls } = world.member('one')
  assert.ok(calls.create >= count && calls.get + calls.create + calls.patch <= 2 * count, JSON.stringify(calls))
})

test('a member that takes its time is left after two minutes, and what was not reached comes first the next time', async () => {
  const world = await joined()
  const member = world.member('two')
  await world.apply(aNamespace('shop'), ...Array.from({ length: 30 }, (_, at) => aConfigMap('shop', `settings-${at}`)))
  await world.apply(aPlacement('shop', 'shop', { policy: { placementType: 'PickFixed', clusterNames: ['two'] } }))
  const write = member.write
  let slow = true
  Object.assign(member, {
    write: async (...args: Parameters<typeof write>) => {
      if (slow && args[0].resource.kind === 'ConfigMap') world.clock.advance(9_000)
      return write(...args)
    },
  })
  await world.run(1_000)
  const first = member.list('ConfigMap').length
  assert.ok(first > 5 && first < 30, `${first} of 30`)
  assert.match(JSON.stringify(await entryOf(world, 'two')), /was not reached within 120 s/)
  slow = false
  await world.run(120_000)
  assert.equal(await isAvailable(world), 'True')
})
