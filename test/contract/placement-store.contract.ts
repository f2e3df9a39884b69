// What every placement store must do. Run on each adapter by the tests beside this file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observed, PlacementHeader, Wanted } from '../../shared/api/placement-record.ts'
import { wakeFold, wakeRollout, wakeWork } from '../../shared/app/wake.ts'
import { ConflictError } from '../../shared/errors.ts'
import type { Outbox, OutboxEntry } from '../../shared/ports/outbox.ts'
import type { PlacementStore } from '../../shared/ports/placement-store.ts'

export interface PlacementStoreSetup {
  readonly store: PlacementStore & Outbox
  /** Entries handed to `committed`, in order. */
  readonly committed: OutboxEntry[]
  advance(ms: number): void
}

export function aHeader(placement: string, epoch = 0): PlacementHeader {
  return { placement, uid: 'uid-1', generation: 1, epoch, policies: [], snapshots: [] }
}

export function aWanted(cluster: string, generation = 1): Wanted {
  return {
    cluster,
    name: `web-${cluster}`,
    uid: `uid-${cluster}`,
    generation,
    createdAt: '2026-01-01T00:00:00Z',
    state: 'Scheduled',
    decision: { clusterName: cluster, selected: true, reason: 'picked' },
    policySnapshot: 'web-0',
    resourceSnapshot: '',
    payload: '',
  }
}

export function anObserved(cluster: string, epoch = 1): Observed {
  return { cluster, epoch, conditions: [], work: {}, observedAt: '2026-01-01T00:00:00Z', rounds: 0 }
}

export function placementStoreContract(setup: () => Promise<PlacementStoreSetup>): void {
  test('a placement nobody wrote has no record', async () => {
    const { store } = await setup()
    assert.equal(await store.read('web'), undefined)
    assert.equal(await store.readHeader('web'), undefined)
    assert.deepEqual(await store.readCluster('web', 'one'), { wanted: undefined, observed: undefined })
  })

  test('header, wanted and observed rows come back as written, clusters in order', async () => {
    const { store } = await setup()
    await store.commit('ns/web', {
      header: { value: aHeader('ns/web') },
      wanted: [{ value: aWanted('b') }, { value: aWanted('a') }],
    })
    await store.observe('ns/web', anObserved('a'), undefined)
    const record = await store.read('ns/web')
    assert.deepEqual(record?.header.value, aHeader('ns/web'))
    assert.deepEqual(
      record?.wanted.map(({ value }) => value),
      [aWanted('a'), aWanted('b')],
    )
    assert.deepEqual(
      record?.observed.map(({ value }) => value),
      [anObserved('a')],
    )
    const cluster = await store.readCluster('ns/web', 'a')
    assert.deepEqual([cluster.wanted?.value, cluster.observed?.value], [aWanted('a'), anObserved('a')])
  })

  test('a commit whose etag moved on is refused and changes nothing', async () => {
    const { store, committed } = await setup()
    await store.commit('web', { header: { value: aHeader('web') }, wanted: [{ value: aWanted('a') }] })
    const before = await store.read('web')
    const etag = before?.wanted[0]?.etag ?? ''
    await store.commit('web', { wanted: [{ value: aWanted('a', 2), etag }] })
    const stale = {
      header: { value: aHeader('web', 9), etag: before?.header.etag ?? '' },
      wanted: [{ value: aWanted('a', 3), etag }],
      news: [wakeFold('web')],
    }
    await assert.rejects(store.commit('web', stale), ConflictError)
    const after = await store.read('web')
    assert.equal(after?.wanted[0]?.value.generation, 2)
    assert.equal(after?.header.value.epoch, 0)
    assert.equal(committed.length, 0)
  })

  test('creating what exists is refused', async () => {
    const { store } = await setup()
    await store.commit('web', { header: { value: aHeader('web') } })
    await assert.rejects(store.commit('web', { header: { value: aHeader('web') } }), ConflictError)
    await store.observe('web', anObserved('a'), undefined)
    await assert.rejects(store.observe('web', anObserved('a', 2), undefined), ConflictError)
  })

  test('the worker replaces its own row only when it saw the last one', async () => {
    const { store } = await setup()
    await store.commit('web', { header: { value: aHeader('web') } })
    const first = await store.observe('web', anObserved('a', 1), undefined)
    const second = await store.observe('web', anObserved('a', 2), first.etag)
    await assert.rejects(store.observe('web', anObserved('a', 1), first.etag), ConflictError)
    assert.equal((await store.observe('web', anObserved('a', 3), second.etag)).value.epoch, 3)
  })

  test('a finished cluster loses both rows, whether it was observed or not', async () => {
    const { store } = await setup()
    await store.commit('web', {
      header: { value: aHeader('web') },
      wanted: ['a', 'b'].map((name) => ({ value: aWanted(name) })),
    })
    await store.observe('web', anObserved('a'), undefined)
    const record = await store.read('web')
    await store.commit('web', {
      finished: (record?.wanted ?? []).map(({ value, etag }) => ({ cluster: value.cluster, etag })),
    })
    const after = await store.read('web')
    assert.deepEqual([after?.wanted, after?.observed], [[], []])
  })

  test('news of a commit lie in the outbox until they are settled', async () => {
    const { store, committed, advance } = await setup()
    await store.commit('web', { header: { value: aHeader('web') }, news: [wakeRollout('web'), wakeFold('web')] })
    assert.deepEqual(
      committed.map(({ messages }) => messages),
      [[wakeRollout('web'), wakeFold('web')]],
    )
    advance(1000)
    const pending = await store.pending(committed[0] ? committed[0].writtenAt + 500 : 0, 10)
    assert.deepEqual(
      pending.map(({ id, messages }) => ({ id, messages })),
      committed.map(({ id, messages }) => ({ id, messages })),
    )
    await store.settle(pending)
    await store.settle(pending)
    assert.deepEqual(await store.pending(Number.MAX_SAFE_INTEGER / 1e6, 10), [])
  })

  test('a decision for 250 clusters is stored whole and every message goes out once', async () => {
    const { store, committed } = await setup()
    const names = Array.from({ length: 250 }, (_, index) => `c${String(index).padStart(3, '0')}`)
    await store.commit('web', {
      header: { value: aHeader('web', 1) },
      wanted: names.map((name) => ({ value: aWanted(name) })),
      news: [...names.map((name) => wakeWork(name, 'web')), wakeFold('web')],
    })
    const record = await store.read('web')
    assert.deepEqual(
      record?.wanted.map(({ value }) => value.cluster),
      names,
    )
    const sent = committed.flatMap(({ messages }) => messages.map(({ body }) => JSON.stringify(body)))
    assert.deepEqual(
      sent.sort(),
      [...names.map((cluster) => ({ cluster, placement: 'web' })), { placement: 'web' }]
        .map((body) => JSON.stringify(body))
        .sort(),
    )
  })

  test('the last ten decisions are kept, a number written again replaces its decision, and they go with the placement', async () => {
    const { store } = await setup()
    const decision = (number: number, cluster: string) => ({
      number,
      decidedAt: '2026-01-01T00:00:00Z',
      policySnapshot: 'web-0',
      placementGeneration: 1,
      clusters: [{ cluster, selected: true, plugin: 'PickAll', reason: 'picked' }],
    })
    let etag: string | undefined
    for (let number = 1; number <= 12; number += 1) {
      const header = { value: aHeader('web', number), ...(etag !== undefined && { etag }) }
      await store.commit('web', { header, decision: decision(number, 'a') })
      etag = (await store.readHeader('web'))?.etag
    }
    await store.commit('web', { header: { value: aHeader('web', 13), etag: etag ?? '' }, decision: decision(12, 'b') })
    assert.equal(await store.decision('web', 2), undefined)
    assert.deepEqual(await store.decision('web', 3), decision(3, 'a'))
    assert.deepEqual(await store.decision('web', 12), decision(12, 'b'))
    assert.equal(await store.decision('web', 13), undefined)
    await store.drop('web', (await store.readHeader('web'))?.etag ?? '')
    assert.equal(await store.decision('web', 12), undefined)
  })

  test('a dropped placement is gone, but only in the state the caller saw', async () => {
    const { store } = await setup()
    await store.commit('web', { header: { value: aHeader('web') }, wanted: [{ value: aWanted('a') }] })
    const seen = await store.readHeader('web')
    await store.commit('web', { header: { value: aHeader('web', 1), etag: seen?.etag ?? '' } })
    await assert.rejects(store.drop('web', seen?.etag ?? ''), ConflictError)
    const now = await store.readHeader('web')
    await store.drop('web', now?.etag ?? '')
    assert.equal(await store.read('web'), undefined)
    assert.equal((await store.readCluster('web', 'a')).wanted, undefined)
  })

  test('placements are listed in order, page by page', async () => {
    const { store } = await setup()
    for (const key of ['web', 'ns/web', 'api']) await store.commit(key, { header: { value: aHeader(key) } })
    const first = await store.list({ limit: 2 })
    const rest = await store.list({ limit: 2, after: first[1] ?? '' })
    assert.deepEqual([first.length, new Set([...first, ...rest])], [2, new Set(['web', 'ns/web', 'api'])])
  })
}
