import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '../../../shared/api/message.ts'
import { mergeMessages } from '../../../shared/app/merge-messages.ts'
import { createPublisher } from '../../../shared/app/publisher.ts'
import { wakeForObject, wakeReconcile, wakeRolloutAt } from '../../../shared/app/wake.ts'
import type { OutboxEntry } from '../../../shared/ports/outbox.ts'

const maps = { group: '', resource: 'configmaps' }
const silent = { info() {}, warn() {}, error() {} }
const entry = (id: string, ...messages: Message[]): OutboxEntry => ({ id, messages, writtenAt: 0 })

/** A bus whose sends wait for the test. */
function heldBus() {
  const sends: { messages: readonly Message[]; settle: (error?: Error) => void }[] = []
  const send = (messages: readonly Message[]): Promise<void> =>
    new Promise((resolve, reject) => {
      sends.push({ messages, settle: (error) => (error ? reject(error) : resolve()) })
    })
  return { sends, send }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the publisher', () => {
  it('sends at once, and what is committed meanwhile together', async () => {
    const bus = heldBus()
    const settled: string[][] = []
    const outbox = {
      pending: async () => [],
      settle: async (all: readonly OutboxEntry[]) => void settled.push(all.map(({ id }) => id)),
    }
    const publisher = createPublisher({ bus, log: silent })
    const committed = publisher.committed(() => outbox)
    const done = publisher.during(async () => {
      committed(entry('1', wakeReconcile('a')))
      await turn()
      committed(entry('2', wakeReconcile('b')))
      committed(entry('3', wakeReconcile('c')))
    })
    await turn()
    assert.equal(bus.sends.length, 1, 'the second send waits for the first')
    bus.sends[0]?.settle()
    await turn()
    assert.equal(bus.sends[1]?.messages.length, 2)
    bus.sends[1]?.settle()
    await done
    assert.deepEqual(settled, [['1'], ['2', '3']])
  })

  it('leaves in the outbox what could not be sent, and goes on', async () => {
    const bus = heldBus()
    const settled: string[] = []
    const outbox = {
      pending: async () => [],
      settle: async (all: readonly OutboxEntry[]) => void settled.push(...all.map(({ id }) => id)),
    }
    const publisher = createPublisher({ bus, log: silent })
    const committed = publisher.committed(() => outbox)
    const first = publisher.during(async () => committed(entry('1', wakeReconcile('a'))))
    await turn()
    bus.sends[0]?.settle(new Error('away'))
    await first
    const second = publisher.during(async () => committed(entry('2', wakeReconcile('b'))))
    await turn()
    bus.sends[1]?.settle()
    await second
    assert.deepEqual(settled, ['2'])
  })
})

describe('messages that leave together', () => {
  it('name changed objects once, a hundred in a message', () => {
    const many = Array.from({ length: 150 }, (_, index) => wakeForObject(maps, 'shop', `map-${index}`))
    const merged = mergeMessages([...many, ...many])
    assert.deepEqual(
      merged.map(({ body }) => ('objects' in body ? body.objects.length : 0)),
      [100, 50],
    )
  })

  it('are said once when alike, and stay apart when they have a time or an id of their own', () => {
    const later = wakeRolloutAt('a', 5_000)
    const delayed = { ...wakeForObject(maps, 'shop', 'one'), notBefore: 7 } as Message
    const merged = mergeMessages([
      wakeReconcile('a'),
      later,
      wakeReconcile('a'),
      delayed,
      wakeForObject(maps, 'shop', 'one'),
    ])
    assert.deepEqual(merged, [wakeForObject(maps, 'shop', 'one'), wakeReconcile('a'), later, delayed])
  })
})
