import assert from 'node:assert/strict'
import { test } from 'node:test'
import rhea from 'rhea'
import { encodeString } from '../../../infra/local/service-bus/core/amqp-writer.ts'
import { deliveryTag, tokenBytes } from '../../../infra/local/service-bus/core/lock-token.ts'
import {
  encodeForJournal,
  encodeForReceiver,
  parseMessage,
  splitBatch,
  withApplicationProperties,
} from '../../../infra/local/service-bus/core/message.ts'
import { encoded } from './world.ts'

const noId = () => 'never'
const codec = rhea.message as unknown as {
  encode(message: object): Buffer
  decode(bytes: Buffer): Record<string, unknown>
}
const facts = { sequenceNumber: 7, enqueuedAtMs: 1_000, deliveryCount: 2, ttlMs: undefined }

test('what the sender wrote comes back byte for byte; what the broker owns is its own', () => {
  const sent = codec.encode({
    durable: true,
    message_id: 'm',
    group_id: 'g',
    subject: 's',
    message_annotations: { 'x-opt-partition-key': 'p', 'x-opt-sequence-number': 99 },
    application_properties: { a: 1, b: 'two' },
    body: 'hello',
  })
  const content = parseMessage(sent, noId)
  assert.equal(content.messageId, 'm')
  assert.equal(content.sessionId, 'g')
  const got = codec.decode(encodeForReceiver(content, { ...facts, lockedUntilMs: 5_000 }))
  assert.equal(got['body'], 'hello')
  assert.equal(got['durable'], true)
  assert.equal(got['delivery_count'], 2)
  assert.deepEqual(got['application_properties'], { a: 1, b: 'two' })
  assert.deepEqual(got['message_annotations'], {
    'x-opt-partition-key': 'p',
    'x-opt-sequence-number': 7,
    'x-opt-enqueued-time': new Date(1_000),
    'x-opt-locked-until': new Date(5_000),
  })
})

test('a message without id gets one, once', () => {
  const content = parseMessage(codec.encode({ body: 1 }), () => 'a-b-c')
  assert.equal(content.messageId, 'abc')
  const again = parseMessage(encodeForJournal(content), noId)
  assert.equal(again.messageId, 'abc')
})

test('the journal form is read back as the same content', () => {
  const content = parseMessage(encoded({ id: 'i', session: 's', body: 'b', ttlMs: 1_234 }), noId)
  const again = parseMessage(encodeForJournal(content), noId)
  assert.equal(again.ttlMs, 1_234)
  assert.deepEqual(again.properties, content.properties)
  assert.deepEqual(again.body, content.body)
})

test('application properties are added and replaced by name', () => {
  const content = parseMessage(codec.encode({ application_properties: { a: 1, b: 2 }, body: 1 }), noId2)
  const changed = withApplicationProperties(
    content,
    new Map([
      ['b', encodeString('new')],
      ['__proto__', encodeString('x')],
    ]),
  )
  const properties = codec.decode(encodeForReceiver(changed, facts))['application_properties'] as object
  assert.deepEqual(Object.entries(properties).slice(0, 2), [
    ['a', 1],
    ['b', 'new'],
  ])
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})
const noId2 = () => 'id'

test('a time to live beyond an AMQP uint is read from creation and expiry', () => {
  const week = 7 * 86_400_000 * 10
  const content = parseMessage(
    codec.encode({ ttl: 4_294_967_295, creation_time: new Date(0), absolute_expiry_time: new Date(week), body: 1 }),
    noId2,
  )
  assert.equal(content.ttlMs, week)
})

const bad: readonly (readonly [string, string])[] = [
  ['no section', '41'],
  ['cut off in a length', '005375b000'],
  ['longer than it is', '005375a0ff01'],
  ['unknown type code', '00537530'],
  ['descriptors without end', '00530000000000000040'],
  ['a section of its own invention', '00537940'],
  ['a list that claims more than it has', '005373c00205a1'],
  ['a map with a number as key', '005374c1030254014001'],
]

test('bytes that are no message are refused, not guessed at', () => {
  for (const [what, hex] of bad) {
    assert.throws(
      () => parseMessage(Buffer.from(hex, 'hex'), noId2),
      { name: 'BusError', condition: 'amqp:decode-error' },
      what,
    )
  }
})

test('a batch is the messages in its data sections', () => {
  const inner = [encoded({ id: '1' }), encoded({ id: '2' })]
  const sections = inner.map((bytes) => Buffer.concat([Buffer.from([0, 0x53, 0x75, 0xa0, bytes.length]), bytes]))
  assert.deepEqual(splitBatch(Buffer.concat(sections)), inner)
  assert.deepEqual(splitBatch(Buffer.alloc(0)), [])
})

test('a delivery tag is the token in the byte order of .NET', () => {
  const token = '00112233445566778899aabbccddeeff'
  assert.equal(deliveryTag(token).toString('hex'), '33221100554477668899aabbccddeeff')
  assert.equal(tokenBytes(token).toString('hex'), token)
})
