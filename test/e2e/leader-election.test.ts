// Two clients that race for one Lease as client-go's leader election does, on a clock of their own: never two leaders.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { ApiException, CoordinationV1Api, KubeConfig, type V1Lease, V1MicroTime } from '@kubernetes/client-node'
import { type ServedApi, serveApi } from '../support/serve-api.ts'

const leaseMs = 15_000
const renewMs = 10_000
const place = { namespace: 'default', name: 'controller' }

let served: ServedApi
let now: number

beforeEach(async () => {
  served = await serveApi()
  now = Date.parse('2026-01-01T00:00:00Z')
})
afterEach(async () => {
  await served.close()
})

interface Candidate {
  /** One round: takes the lease, renews it, or waits. */
  tryIt(): Promise<void>
  /** Gives the lease back. */
  release(): Promise<void>
  leads(): boolean
}

/** The documented algorithm: an expired lease is one whose record was not seen to change for its whole duration. */
function candidate(identity: string): Candidate {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'hub', server: served.url, skipTLSVerify: true }, { name: identity })
  const client = config.makeApiClient(CoordinationV1Api)
  let observed: { record: string; at: number } | undefined
  let renewed = Number.NEGATIVE_INFINITY
  const time = () => new V1MicroTime(now)

  async function write(send: () => Promise<V1Lease>): Promise<void> {
    try {
      observed = { record: JSON.stringify((await send()).spec), at: now }
      renewed = now
    } catch (error) {
      // Somebody else was first.
      if (!(error instanceof ApiException) || error.code !== 409) throw error
    }
  }

  async function tryIt(): Promise<void> {
    let lease: V1Lease
    try {
      lease = await client.readNamespacedLease(place)
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 404) throw error
      const spec = held(identity, 0)
      await write(() => client.createNamespacedLease({ ...place, body: { metadata: place, spec } }))
      return
    }
    const record = JSON.stringify(lease.spec)
    if (observed?.record !== record) observed = { record, at: now }
    const { holderIdentity: holder = '', leaseTransitions = 0 } = lease.spec ?? {}
    if (holder !== '' && holder !== identity && observed.at + leaseMs > now) return
    const spec = holder === identity ? { ...lease.spec, renewTime: time() } : held(identity, leaseTransitions + 1)
    await write(() => client.replaceNamespacedLease({ ...place, body: { ...lease, spec } }))
  }

  const held = (holderIdentity: string, leaseTransitions: number) => ({
    holderIdentity,
    leaseDurationSeconds: leaseMs / 1_000,
    acquireTime: time(),
    renewTime: time(),
    leaseTransitions,
  })

  return {
    tryIt,
    async release() {
      const lease = await client.readNamespacedLease(place)
      await client.replaceNamespacedLease({ ...place, body: { ...lease, spec: { ...lease.spec, holderIdentity: '' } } })
      renewed = Number.NEGATIVE_INFINITY
    },
    leads: () => now - renewed < renewMs,
  }
}

const leaders = (all: readonly Candidate[]) => all.filter((each) => each.leads())

it('whoever asks at the same moment, exactly one leads, and goes on leading while it renews', async () => {
  const all = ['a', 'b', 'c'].map(candidate)
  await Promise.all(all.map((each) => each.tryIt()))
  const [first, ...others] = leaders(all)
  assert.ok(first)
  assert.deepEqual(others, [])
  for (let round = 0; round < 30; round += 1) {
    now += 2_000
    await Promise.all(all.map((each) => each.tryIt()))
    assert.deepEqual(leaders(all), [first])
  }
  assert.deepEqual(served.errors, [])
})

it('a leader that falls silent is succeeded when its lease has run out, and not before', async () => {
  const all = ['a', 'b', 'c'].map(candidate)
  for (let successor = 0; successor < 5; successor += 1) {
    await Promise.all(all.map((each) => each.tryIt()))
    const [silent, ...more] = leaders(all)
    assert.ok(silent)
    assert.deepEqual(more, [])
    const rest = all.filter((each) => each !== silent)
    const since = now
    // The others notice its last renewal, then race.
    while (leaders(rest).length === 0) {
      await Promise.all(rest.map((each) => each.tryIt()))
      assert.ok(leaders(all).length <= 1, 'never two leaders')
      if (leaders(rest).length === 0) now += 1_000
      assert.ok(now - since <= leaseMs + 1_000, 'somebody takes over')
    }
    assert.ok(now - since >= leaseMs, 'nobody takes over early')
    assert.equal(leaders(rest).length, 1)
  }
  assert.deepEqual(served.errors, [])
})

it('a lease given back is taken at once, by one', async () => {
  const all = ['a', 'b', 'c'].map(candidate)
  await Promise.all(all.map((each) => each.tryIt()))
  const [first] = leaders(all)
  assert.ok(first)
  await first.release()
  assert.deepEqual(leaders(all), [])
  const rest = all.filter((each) => each !== first)
  await Promise.all(rest.map((each) => each.tryIt()))
  assert.equal(leaders(all).length, 1)
  assert.ok(!first.leads())
})
