// Settings of who may come in: secure unless somebody says otherwise, and loud when they are wrong.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../../shared/config/config.ts'
import { InvalidInputError } from '../../../shared/errors.ts'

const services = { TablesConnectionString: 'x', ServiceBusConnection: 'y' }
const oidc = { HUBLESS_OIDC_ISSUER: 'https://login.example/t/v2.0', HUBLESS_OIDC_AUDIENCE: 'a, api://b' }
const read = (settings: Record<string, string>) => readConfig({ ...services, ...settings })

describe('settings of who may come in', () => {
  it('ask for an issuer unless the hub is on loopback', () => {
    assert.throws(() => read({}), /HUBLESS_OIDC_ISSUER and HUBLESS_OIDC_AUDIENCE must be set/)
    assert.deepEqual(read({ HUBLESS_AUTH: 'loopback' }).auth, { kind: 'loopback', adminToken: undefined })
  })

  it('refuse to trust every caller in Azure', () => {
    const azure = { WEBSITE_INSTANCE_ID: '1', WEBSITE_HOSTNAME: 'hub.azurewebsites.net' }
    assert.throws(() => read({ HUBLESS_AUTH: 'loopback', ...azure }), InvalidInputError)
    assert.throws(
      () => read({ HUBLESS_AUTH: 'loopback', HUBLESS_ADMIN_TOKEN: 'x'.repeat(64), ...azure }),
      InvalidInputError,
    )
    assert.equal(read({ ...oidc, ...azure }).serviceAccounts.issuer, 'https://hub.azurewebsites.net')
  })

  it('take several audiences, claims and prefixes', () => {
    const settings = { HUBLESS_OIDC_NAME_CLAIM: 'oid', HUBLESS_OIDC_GROUPS_PREFIX: 'entra:', HUBLESS_ADMIN_GROUP: 'g' }
    assert.deepEqual(read({ ...oidc, ...settings }).auth, {
      kind: 'oidc',
      issuer: oidc.HUBLESS_OIDC_ISSUER,
      audience: ['a', 'api://b'],
      nameClaim: 'oid',
      namePrefix: '',
      groupsClaim: 'groups',
      groupsPrefix: 'entra:',
      adminGroup: 'g',
    })
    assert.throws(() => read({ ...oidc, HUBLESS_OIDC_AUDIENCE: 'a,,b' }), /HUBLESS_OIDC_AUDIENCE/)
  })

  it('name the issuer of service account tokens and since when its keys count', () => {
    const loopback = { HUBLESS_AUTH: 'loopback' }
    assert.deepEqual(read(loopback).serviceAccounts, {
      issuer: 'https://kubernetes.default.svc',
      keysNotBefore: undefined,
    })
    const set = { HUBLESS_ISSUER: 'https://hub.example', HUBLESS_TOKEN_KEYS_NOT_BEFORE: '2026-01-01T00:00:00Z' }
    assert.deepEqual(read({ ...loopback, ...set }).serviceAccounts, {
      issuer: 'https://hub.example',
      keysNotBefore: Date.UTC(2026, 0, 1),
    })
    assert.throws(() => read({ ...loopback, HUBLESS_TOKEN_KEYS_NOT_BEFORE: 'yesterday' }), InvalidInputError)
  })
})
