// host.json: our own is read, defaults are the documented ones, mistakes are named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostSettings, readHostJson } from '../../../infra/local/functions-host/host-json.ts'

test('the host.json of this repository', () => {
  const got = readHostJson('host.json')
  assert.equal(got.functionTimeoutMs, 300_000)
  assert.equal(got.http.routePrefix, '')
  assert.equal(got.serviceBus.sessionIdleTimeoutMs, 500)
  assert.equal(got.serviceBus.maxAutoLockRenewalDurationMs, 300_000)
})

test('defaults', () => {
  assert.deepEqual(hostSettings({ version: '2.0' }), {
    functionTimeoutMs: 1_800_000,
    http: { routePrefix: 'api', maxConcurrentRequests: Infinity, maxOutstandingRequests: Infinity },
    serviceBus: {
      maxConcurrentCalls: 16,
      maxConcurrentSessions: 8,
      sessionIdleTimeoutMs: 60_000,
      maxAutoLockRenewalDurationMs: 300_000,
      tryTimeoutMs: 60_000,
    },
  })
  assert.equal(hostSettings({ version: '2.0', functionTimeout: '-1' }).functionTimeoutMs, undefined)
  assert.equal(hostSettings({ version: '2.0', functionTimeout: '1.02:03:04.5' }).functionTimeoutMs, 93_784_500)
})

test('mistakes are named', () => {
  assert.throws(() => hostSettings({ version: '2.0', functionTimeout: 'soon' }), /functionTimeout.*hh:mm:ss/)
  assert.throws(
    () => hostSettings({ version: '2.0', extensions: { serviceBus: { maxConcurrentSessions: 0 } } }, 'x/host.json'),
    /x\/host.json: extensions.serviceBus.maxConcurrentSessions/,
  )
  assert.throws(() => readHostJson('nowhere/host.json'), /nowhere\/host.json cannot be read/)
})
