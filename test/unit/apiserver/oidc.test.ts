// An issuer on the network: its discovery document, its keys as they change, and what its tokens may say.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type OidcOptions, oidcTokens } from '../../../shared/apiserver/auth/oidc.ts'
import { TransientError } from '../../../shared/errors.ts'

const issuer = 'https://login.example/tenant/v2.0'
const now = Date.UTC(2026, 0, 1)

interface Key {
  readonly kid: string
  readonly jwk: JWK
  readonly sign: (claims?: Record<string, unknown>, header?: object) => Promise<string>
}

async function keyOf(kid: string, alg = 'RS256'): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  return {
    kid,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims = {}, header = {}) =>
      new SignJWT({ iss: issuer, aud: 'hub', sub: '123', exp: now / 1_000 + 600, groups: ['dev'], ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey),
  }
}

/** An issuer that publishes these keys, and notes what is fetched. */
function issuing(keys: Key[], document: object = {}) {
  const fetched: string[] = []
  const state = { keys, away: false }
  const fetch: NonNullable<OidcOptions['fetch']> = async (url) => {
    fetched.push(String(url))
    if (state.away) throw new TypeError('fetch failed')
    const body = String(url).endsWith('/.well-known/openid-configuration')
      ? { issuer, jwks_uri: 'https://keys.example/somewhere', ...document }
      : { keys: state.keys.map(({ jwk }) => jwk) }
    return Response.json(body)
  }
  return { state, fetched, fetch }
}

const audience = ['hub', 'api://hub']
const userOf = async (authenticate: ReturnType<typeof oidcTokens>, token: string) => {
  const answer = await authenticate(token)
  return answer && 'user' in answer ? answer.user : undefined
}

describe('an OIDC issuer', () => {
  it('is asked where its keys are, once for many tokens', async () => {
    const one = await keyOf('one')
    const { fetch, fetched } = issuing([one])
    const authenticate = oidcTokens({ issuer, audience, now: () => now, fetch })
    for (let round = 0; round < 5; round += 1) assert.ok(await userOf(authenticate, await one.sign()))
    assert.deepEqual(fetched, [`${issuer}/.well-known/openid-configuration`, 'https://keys.example/somewhere'])
  })

  it('is not asked about tokens of others', async () => {
    const one = await keyOf('one')
    const { fetch, fetched } = issuing([one])
    const authenticate = oidcTokens({ issuer, audience, now: () => now, fetch })
    assert.equal(await authenticate(await one.sign({ iss: 'https://other.example' })), undefined)
    assert.equal(await authenticate('nonsense'), undefined)
    assert.deepEqual(fetched, [])
  })

  it('must be the one its document speaks of', async () => {
    const one = await keyOf('one')
    const { fetch } = issuing([one], { issuer: 'https://evil.example' })
    const authenticate = oidcTokens({ issuer, audience, now: () => now, fetch })
    await assert.rejects(authenticate(await one.sign()), TransientError)
  })

  it('may change its keys; made-up key ids do not make it busy', async () => {
    const [one, two] = [await keyOf('one'), await keyOf('two')]
    const { fetch, fetched, state } = issuing([one])
    const authenticate = oidcTokens({ issuer, audience, now: () => now, fetch })
    assert.ok(await userOf(authenticate, await one.sign()))
    const before = fetched.length
    for (let round = 0; round < 20; round += 1)
      assert.equal(await userOf(authenticate, await two.sign({}, { kid: `made-up-${round}` })), undefined)
    assert.ok(fetched.length <= before + 1, `${fetched.length - before} more fetches`)
    // Another instance starts after the change: it sees the new key at once.
    state.keys = [two]
    const later = oidcTokens({ issuer, audience, now: () => now, fetch })
    assert.ok(await userOf(later, await two.sign()))
    assert.equal(await userOf(later, await one.sign()), undefined)
  })

  it('that is away is asked again after a moment, and is nobody’s fault until then', async () => {
    const one = await keyOf('one')
    const { fetch, fetched, state } = issuing([one])
    const time = { now }
    const authenticate = oidcTokens({ issuer, audience, now: () => time.now, fetch })
    state.away = true
    for (let round = 0; round < 5; round += 1) await assert.rejects(authenticate(await one.sign()), TransientError)
    assert.equal(fetched.length, 1)
    state.away = false
    time.now += 2_000
    assert.ok(await userOf(authenticate, await one.sign()))
  })
})

describe('an OIDC token', () => {
  async function taken(claims: Record<string, unknown>, options: Partial<OidcOptions> = {}, alg?: string) {
    const key = await keyOf('one', alg)
    const { fetch } = issuing([key])
    return await userOf(oidcTokens({ issuer, audience, now: () => now, fetch, ...options }), await key.sign(claims))
  }

  it('is for one of the audiences', async () => {
    assert.ok(await taken({ aud: 'api://hub' }))
    assert.ok(await taken({ aud: ['x', 'hub'] }))
    assert.equal(await taken({ aud: 'other' }), undefined)
  })

  it('names its user and groups by the claims and prefixes that are set', async () => {
    const options = { nameClaim: 'oid', namePrefix: 'entra:', groupsClaim: 'roles', groupsPrefix: 'entra:' }
    assert.deepEqual(await taken({ oid: 'o-1', roles: ['dev', 'ops'] }, options), {
      name: 'entra:o-1',
      uid: '123',
      groups: ['entra:dev', 'entra:ops', 'system:authenticated'],
    })
  })

  it('never names anybody the hub names itself', async () => {
    assert.equal(await taken({ oid: 'system:admin' }, { nameClaim: 'oid' }), undefined)
    const user = await taken({ groups: ['system:masters', 'system:nodes', 'dev'] })
    assert.deepEqual(user?.groups, ['dev', 'system:authenticated'])
    assert.equal(await taken({ email: 'a@b.c', email_verified: false }, { nameClaim: 'email' }), undefined)
  })

  it('makes members of the administrators’ group administrators', async () => {
    const user = await taken({ groups: ['dev', 'g-1'] }, { adminGroup: 'g-1' })
    assert.deepEqual(user?.groups, ['dev', 'g-1', 'system:masters', 'system:authenticated'])
    assert.deepEqual((await taken({ groups: ['dev'] }, { adminGroup: 'g-1' }))?.groups, ['dev', 'system:authenticated'])
  })

  it('with more groups than fit has none', async () => {
    const overage = { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } }
    assert.deepEqual((await taken(overage, { adminGroup: 'g-1' }))?.groups, ['system:authenticated'])
  })

  it('is signed by an algorithm that only the issuer can sign with', async () => {
    assert.ok(await taken({}, {}, 'ES256'))
    assert.equal(await taken({}, {}, 'EdDSA'), undefined)
  })
})
