// Events: two APIs, one store.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createWorld } from './world.ts'

const core = '/api/v1/namespaces/default/events'
const events = '/apis/events.k8s.io/v1/namespaces/default/events'
const subject = { kind: 'ConfigMap', name: 'a', namespace: 'default' }

it('an event written through one API is read, selected and changed through the other', async () => {
  const world = createWorld()
  const body = {
    metadata: { name: 'e1' },
    involvedObject: subject,
    reason: 'Made',
    eventTime: '2026-01-01T00:00:00.123456Z',

    message: 'it was made',
    count: 1,
    type: 'Normal',
  }
  const made = await world.call('POST', core, body)
  assert.equal(made.code, 201, JSON.stringify(made.body))
  const seen = (await world.call('GET', `${events}/e1`)).object
  assert.deepEqual(
    [seen.apiVersion, seen['note'], seen['regarding'], seen['deprecatedCount'], seen['message']],
    ['events.k8s.io/v1', 'it was made', subject, 1, undefined],
  )
  const selected = await world.call('GET', `${events}?fieldSelector=regarding.name=a,reason=Made`)
  assert.equal((selected.body['items'] as unknown[]).length, 1)
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
  const patched = await world.call('PATCH', `${events}/e1`, { note: 'again' }, strategic)
  assert.equal(patched.code, 200, JSON.stringify(patched.body))
  const back = (await world.call('GET', `${core}/e1`)).object
  assert.deepEqual([back.apiVersion, back['message'], back['count'], back['note']], ['v1', 'again', 1, undefined])
  assert.equal((await world.call('GET', '/api/v1/events')).code, 200)
  assert.equal(await world.store.revision({ group: 'events.k8s.io', resource: 'events' }), 1, 'nothing is stored twice')
})

it('events go an hour after they last happened', async () => {
  const world = createWorld()
  const body = (name: string, lastTimestamp?: string) => ({
    metadata: { name },
    involvedObject: subject,
    lastTimestamp,
  })
  await world.call('POST', core, body('old'))
  await world.call('POST', core, body('again', '2026-01-01T00:50:00Z'))
  world.clock.advance(3_600_001)
  await world.call('POST', core, body('new'))
  assert.equal(await world.expireEvents(), 1)
  const left = (await world.call('GET', core)).body['items'] as { metadata: { name: string } }[]
  assert.deepEqual(
    left.map(({ metadata }) => metadata.name),
    ['again', 'new'],
  )
})
