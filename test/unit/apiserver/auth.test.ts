// Tokens, groups and acting as others.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { bearerAuthentication } from '../../../shared/apiserver/auth/bearer.ts'
import { type OidcOptions, oidcTokens } from '../../../shared/apiserver/auth/oidc.ts'
import { TransientError } from '../../../shared/errors.ts'
import { adminGroups, configMaps, createWorld } from './world.ts'

const oidcAuthentication = (options: OidcOptions) => bearerAuthentication([oidcTokens(options)])

const issuer = 'https://login.example/tenant'
const now = Date.UTC(2026, 0, 1)

async function setUp() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] })
  const authenticate = oidcAuthentication({ issuer, audience: 'hub', keys, now: () => now, nameClaim: 'upn' })
  const token = (
    claims: Record<string, unknown> = {},
    more: { issuer?: string; audience?: string; expires?: number } = {},
  ) =>
    new SignJWT({ upn: 'ann@example', groups: ['admins'], ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(more.issuer ?? issuer)
      .setAudience(more.audience ?? 'hub')
      .setSubject('123')
      .setIssuedAt(now / 1_000)
      .setExpirationTime(more.expires ?? now / 1_000 + 600)
      .sign(privateKey)
  const bearer = (value: string) => new Request('http://hub/', { headers: { authorization: `Bearer ${value}` } })
  return { authenticate, token, bearer }
}

describe('OIDC', () => {
  it('reads user and groups from a good token', async () => {
    const { authenticate, token, bearer } = await setUp()
    assert.deepEqual(await authenticate(bearer(await token())), {
      name: 'ann@example',
      uid: '123',
      groups: ['admins', 'system:authenticated'],
    })
  })

  it('takes no token that is expired, foreign, unsigned or broken', async () => {
    const { authenticate, token, bearer } = await setUp()
    const good = await token()
    const [head, body] = good.split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    const bad = [
      await token({}, { expires: now / 1_000 - 60 }),
      await token({}, { issuer: 'https://other.example' }),
      await token({}, { audience: 'other' }),
      none,
      `${head}.${body}.AAAA`,
      'nonsense',
      '',
    ]
    for (const value of bad) assert.equal(await authenticate(bearer(value)), undefined, value)
    assert.equal(await authenticate(new Request('http://hub/')), undefined)
    assert.notEqual(
      await authenticate(bearer(await token({}, { expires: now / 1_000 - 10 }))),
      undefined,
      'clocks may differ a little',
    )
  })

  it('is transient while the keys cannot be fetched', async () => {
    const { token, bearer } = await setUp()
    const authenticate = oidcAuthentication({
      issuer,
      audience: 'hub',
      now: () => now,
      keys: () => Promise.reject(new TypeError('fetch failed')),
    })
    await assert.rejects(Promise.resolve(authenticate(bearer(await token()))), TransientError)
  })
})

describe('impersonation', () => {
  const world = () =>
    createWorld({
      authenticate: (request) => ({ name: 'ann', groups: [request.headers.get('x-group') ?? ''] }),
      authorize: adminGroups(['admins']),
    })

  it('acts as the user and groups that are named', async () => {
    const who = async (headers: Record<string, string>) =>
      await world().call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)
    const answer = await who({ 'x-group': 'admins', 'impersonate-user': 'bob', 'impersonate-group': 'admins, ops' })
    assert.deepEqual(answer.body['status'], {
      userInfo: { username: 'bob', groups: ['admins', 'ops', 'system:authenticated'] },
    })
    const refused = await who({ 'x-group': 'guests', 'impersonate-user': 'bob' })
    assert.equal(refused.code, 403)
    assert.match(
      String(refused.body['message']),
      /^selfsubjectreviews.authentication.k8s.io is forbidden: User "ann" cannot impersonate-on:user-info:create resource "selfsubjectreviews"/,
    )
    assert.equal((await who({ 'x-group': 'admins', 'impersonate-group': 'ops' })).code, 400)
  })

  it('has no more rights than the one acted as', async () => {
    const { code } = await world().call('GET', configMaps, undefined, {
      'x-group': 'admins',
      'impersonate-user': 'bob',
    })
    assert.equal(code, 403)
  })
})
