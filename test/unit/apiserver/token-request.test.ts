// Service account tokens: what the hub issues, when it takes them, and when it no longer does.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { boundRecheckMs } from '../../../shared/apiserver/auth/tokens/service-accounts.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { createWorld, type World } from './world.ts'

const issuer = 'https://hub.example'
const accounts = '/api/v1/namespaces/default/serviceaccounts'
const whoami = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

function createHub(options: { store?: ObjectStore; clock?: World['clock']; keysNotBefore?: number } = {}): World {
  const { keysNotBefore, ...rest } = options
  return createWorld({ authorize: 'rbac', serviceAccounts: { issuer, keysNotBefore }, ...rest })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function tokenOf(world: World, spec: object = {}, name = 'bot'): Promise<string> {
  const { code, body } = await world.call('POST', `${accounts}/${name}/token`, { spec })
  assert.equal(code, 201, JSON.stringify(body))
  return (body['status'] as { token: string }).token
}

async function withAccount(world = createHub()): Promise<World> {
  assert.equal((await world.call('POST', accounts, { metadata: { name: 'bot' } })).code, 201)
  return world
}

const isTaken = async (world: World, token: string) =>
  (await world.call('POST', whoami, {}, bearer(token))).code === 201

describe('a service account token', () => {
  it('says who its bearer is, until it expires', async () => {
    const world = await withAccount()
    const token = await tokenOf(world, { expirationSeconds: 600 })
    const { body } = await world.call('POST', whoami, {}, bearer(token))
    const { userInfo } = body['status'] as { userInfo: { extra: Record<string, string[]> } & Record<string, unknown> }
    assert.equal(userInfo['username'], 'system:serviceaccount:default:bot')
    assert.deepEqual(userInfo['groups'], [
      'system:serviceaccounts',
      'system:serviceaccounts:default',
      'system:authenticated',
    ])
    assert.match(userInfo.extra['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^JTI=/)
    world.clock.advance(599_000)
    assert.equal(await isTaken(world, token), true)
    world.clock.advance(2_000)
    assert.equal(await isTaken(world, token), false)
  })

  it('dies with its account, also when another of the same name comes', async () => {
    const world = await withAccount()
    const token = await tokenOf(world)
    assert.equal(await isTaken(world, token), true)
    await world.call('DELETE', `${accounts}/bot`)
    assert.equal(await isTaken(world, token), false)
    await withAccount(world)
    assert.equal(await isTaken(world, token), false)
    assert.equal(await isTaken(world, await tokenOf(world)), true)
  })

  it('dies on other instances within the bound', async () => {
    const one = await withAccount()
    const two = createHub({ store: one.elsewhere, clock: one.clock })
    const token = await tokenOf(one)
    assert.equal(await isTaken(two, token), true)
    await one.call('DELETE', `${accounts}/bot`)
    one.clock.advance(boundRecheckMs)
    assert.equal(await isTaken(two, token), false)
  })

  it('dies with the Secret or the Pod it is bound to', async () => {
    const world = await withAccount()
    const secrets = '/api/v1/namespaces/default/secrets'
    await world.call('POST', secrets, { metadata: { name: 's' } })
    const ref = { kind: 'Secret', apiVersion: 'v1', name: 's' }
    const token = await tokenOf(world, { boundObjectRef: ref })
    assert.equal(await isTaken(world, token), true)
    await world.call('DELETE', `${secrets}/s`)
    assert.equal(await isTaken(world, token), false)
    const gone = await world.call('POST', `${accounts}/bot/token`, { spec: { boundObjectRef: ref } })
    assert.deepEqual([gone.code, gone.body['message']], [404, 'secrets "s" not found'])
  })

  it('is for the audiences it was asked for', async () => {
    const world = await withAccount()
    const other = await tokenOf(world, { audiences: ['vault'] })
    assert.equal(await isTaken(world, other), false)
    const review = async (spec: object) =>
      (await world.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec })).body['status']
    assert.deepEqual(
      ((await review({ token: other, audiences: ['vault', 'x'] })) as { audiences: string[] }).audiences,
      ['vault'],
    )
    assert.deepEqual(await review({ token: other }), {
      user: {},
      error: `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${issuer}"]]`,
    })
    assert.deepEqual(await review({ token: 'nonsense' }), { user: {}, error: 'invalid bearer token' })
  })

  it('is checked by anybody with the published keys, and by nobody with another key', async () => {
    const world = await withAccount()
    const token = await tokenOf(world, { audiences: ['vault'] })
    const document = await world.call('GET', '/.well-known/openid-configuration')
    assert.equal(document.body['issuer'], issuer)
    assert.equal(document.body['jwks_uri'], `${issuer}/openid/v1/jwks`)
    const { body } = await world.call('GET', '/openid/v1/jwks')
    const { payload } = await jwtVerify(token, createLocalJWKSet(body as unknown as JSONWebKeySet), {
      issuer,
      audience: 'vault',
      currentDate: new Date(world.clock.now()),
    })
    assert.equal(payload.sub, 'system:serviceaccount:default:bot')
    const stranger = await withAccount()
    assert.equal(await isTaken(stranger, token), false)
    assert.equal(JSON.stringify(body).includes('"d"'), false, 'no private half')
  })

  it('is refused when it was changed on the way', async () => {
    const world = await withAccount()
    const token = await tokenOf(world)
    const [head = '', body = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'system:admin' })).toString('base64url')
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    for (const bad of [`${head}.${forged}.${signature}`, `${none}.${body}.`, `${head}.${body}.`])
      assert.equal(await isTaken(world, bad), false)
  })
})

describe('a request with a token', () => {
  it('costs no read while its account was looked up a moment ago', async () => {
    const memory = createWorld()
    let operations = 0
    const counted: ObjectStore = {
      get: (type, key) => counting(memory.elsewhere.get(type, key)),
      list: (type, options) => counting(memory.elsewhere.list(type, options)),
      changes: (type, after, limit) => counting(memory.elsewhere.changes(type, after, limit)),
      revision: (type) => counting(memory.elsewhere.revision(type)),
      write: (type, write) => counting(memory.elsewhere.write(type, write)),
    }
    const counting = <T>(work: T): T => {
      operations += 1
      return work
    }
    const world = await withAccount(createHub({ store: counted, clock: memory.clock }))
    const token = await tokenOf(world)
    assert.equal(await isTaken(world, token), true)
    const warm = operations
    for (let round = 0; round < 10; round += 1) assert.equal(await isTaken(world, token), true)
    assert.equal(operations, warm)
    memory.clock.advance(boundRecheckMs)
    assert.equal(await isTaken(world, token), true)
    // Four looks at the policy's logs, the kinds' revision, and the account.
    assert.ok(operations - warm <= 6, `${operations - warm} operations`)
  })
})

describe('signing keys', () => {
  it('are shared by instances and turn over, old tokens staying good', async () => {
    const one = await withAccount()
    const two = createHub({ store: one.elsewhere, clock: one.clock })
    const token = await tokenOf(one, { expirationSeconds: 200 * 86_400 })
    assert.equal(await isTaken(two, token), true)
    one.clock.advance(91 * 86_400_000)
    const later = await tokenOf(two)
    const kid = (text: string) => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).kid
    assert.notEqual(kid(later), kid(token))
    for (const world of [one, two]) {
      assert.equal(await isTaken(world, token), true)
      assert.equal(await isTaken(world, later), true)
    }
    const { items } = await one.elsewhere.list({ group: 'hubless.internal', resource: 'tokenkeys' })
    assert.equal(items.filter(({ object }) => 'privateKey' in object).length, 1, 'an old key signs no more')
  })

  it('are void from the time an operator names', async () => {
    const one = await withAccount()
    const token = await tokenOf(one)
    const two = createHub({ store: one.elsewhere, clock: one.clock, keysNotBefore: one.clock.now() + 1 })
    assert.equal(await isTaken(two, token), false)
    one.clock.advance(1_000)
    assert.equal(await isTaken(two, await tokenOf(two)), true)
  })

  it('cannot be asked for by any request', async () => {
    const world = await withAccount()
    await tokenOf(world)
    assert.equal((await world.call('GET', '/apis/hubless.internal/v1/tokenkeys')).code, 404)
  })
})

describe('a TokenRequest', () => {
  it('is refused in the API server’s words', async () => {
    const world = await withAccount()
    const ask = async (spec: object, metadata: object = {}) =>
      (await world.call('POST', `${accounts}/bot/token`, { metadata, spec })).body['message']
    assert.equal(
      await ask({ expirationSeconds: 599 }),
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    )
    assert.equal(
      await ask({ expirationSeconds: 2 ** 32 + 1 }),
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    )
    assert.equal(
      await ask({ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'a' } }),
      'cannot bind token to object of type /v1, Kind=ConfigMap',
    )
    assert.equal(
      await ask({}, { name: 'other' }),
      'TokenRequest.authentication.k8s.io "bot" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
    )
    assert.equal(
      (await world.call('POST', `${accounts}/none/token`, {})).body['message'],
      'serviceaccounts "none" not found',
    )
    assert.equal((await world.call('GET', `${accounts}/bot/token`)).code, 405)
  })
})
