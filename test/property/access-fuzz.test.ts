// Whatever a caller shows, claims or asks about access: an answer below 500, and never more rights than before.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createWorld } from '../unit/apiserver/world.ts'

const createHub = () => createWorld({ authorize: 'rbac', serviceAccounts: { issuer: 'https://hub.example' } })

/** What fits a header. */
const headerText = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, ''))
const part = fc.json().map((text) => Buffer.from(text).toString('base64url'))
const claims = fc
  .record({
    iss: fc.constantFrom('https://hub.example', 'https://other.example'),
    sub: fc.constantFrom('system:admin', 'system:serviceaccount:default:bot'),
    exp: fc.oneof(fc.integer(), fc.constant(9_999_999_999)),
    aud: fc.oneof(fc.constant('https://hub.example'), fc.array(fc.string(), { maxLength: 2 })),
    'kubernetes.io': fc.oneof(fc.jsonValue(), fc.constant({ namespace: 'default' })),
  })
  .map((body) => Buffer.from(JSON.stringify(body)).toString('base64url'))
const head = fc
  .record({ alg: fc.constantFrom('none', 'HS256', 'RS256', 'ES256', ''), kid: fc.oneof(fc.string(), fc.constant('x')) })
  .map((header) => Buffer.from(JSON.stringify(header)).toString('base64url'))
const token = fc.oneof(
  headerText,
  fc.tuple(part, part, part).map((parts) => parts.join('.')),
  fc.tuple(head, claims, fc.constantFrom('', 'AAAA')).map((parts) => parts.join('.')),
)

const impersonation = fc
  .dictionary(
    fc.constantFrom(
      'impersonate-user',
      'impersonate-group',
      'impersonate-uid',
      'impersonate-extra-a',
      'impersonate-extra-%zz',
      'impersonate-extra-__proto__',
    ),
    headerText,
  )
  .map((headers) => ({ ...headers }))

const rules = fc.array(
  fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom('verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'),
      fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('*', 'get', '', 'pods/*', '/a*b*', '**'))),
    ),
  ),
  { maxLength: 3 },
)

describe('access', () => {
  it('is refused to every token nobody issued, in so many words', async () => {
    const world = createHub()
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        const { code, body } = await world.call('GET', '/api', undefined, { authorization: `Bearer ${text}` })
        assert.equal(code, 401, text)
        assert.equal(body['reason'], 'Unauthorized')
      }),
      { numRuns: 300 },
    )
    assert.deepEqual(world.errors, [])
  })

  it('as somebody else is answered for every header', async () => {
    const world = createHub()
    await fc.assert(
      fc.asyncProperty(impersonation, async (headers) => {
        const { code } = await world.call('GET', '/api/v1/namespaces/default/secrets', undefined, headers)
        const same = Object.values(headers).every((value) => value.trim() === '')
        assert.ok(code === 403 || code === 400 || same || mastersNamed(headers), `${code} ${JSON.stringify(headers)}`)
      }),
      { numRuns: 300 },
    )
    assert.deepEqual(world.errors, [])
  })

  it('is a question that may be asked in any words', async () => {
    const world = createHub()
    await world.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'bot' } })
    const paths = fc.constantFrom(
      '/api/v1/namespaces/default/serviceaccounts/bot/token',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews',
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      '/apis/authentication.k8s.io/v1/tokenreviews',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    )
    await fc.assert(
      fc.asyncProperty(paths, fc.jsonValue(), fc.jsonValue(), async (path, spec, metadata) => {
        const { code } = await world.call('POST', path, { spec, metadata })
        assert.ok(code < 500, `${code} ${path}`)
      }),
      { numRuns: 500 },
    )
    assert.deepEqual(world.errors, [])
  })

  it('is never given by a role nobody can read', async () => {
    const world = createHub()
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    await fc.assert(
      fc.asyncProperty(rules, fc.jsonValue(), async (list, aggregationRule) => {
        const { code } = await world.call('POST', roles, {
          metadata: { generateName: 'r-' },
          rules: list,
          aggregationRule,
        })
        assert.ok(code < 500, String(code))
        const who = { 'impersonate-user': 'ann' }
        assert.equal((await world.call('GET', '/api/v1/nodes', undefined, who)).code, 403)
      }),
      { numRuns: 200 },
    )
    assert.deepEqual(world.errors, [])
  })
})

const mastersNamed = (headers: Record<string, string>) =>
  (headers['impersonate-group'] ?? '').includes('system:masters')
