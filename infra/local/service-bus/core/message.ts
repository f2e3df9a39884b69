// What the broker knows about a message: a few fields it needs, and the sender's bytes which it passes on untouched.
import { itemsAt, type MapEntry, mapAt, type Scalar, type Section, scalarAt, sectionsOf } from './amqp-bytes.ts'
import {
  encodeAnnotations,
  encodeApplicationProperties,
  encodedNull,
  encodeInt,
  encodeListSection,
  encodeLong,
  encodeString,
  encodeTimestamp,
  encodeUint,
} from './amqp-writer.ts'
import { BusError } from './bus-error.ts'

/** The `properties` section, decoded. */
export interface MessageProperties {
  readonly messageId: Scalar | undefined
  readonly to: Scalar | undefined
  readonly subject: Scalar | undefined
  readonly replyTo: Scalar | undefined
  readonly correlationId: Scalar | undefined
  readonly contentType: Scalar | undefined
  readonly groupId: Scalar | undefined
  readonly replyToGroupId: Scalar | undefined
}

/** An encoded message, taken apart. Never changed; changes make a new one. */
export interface MessageContent {
  readonly durable: Buffer
  readonly priority: Buffer
  /** Time to live asked for by the sender, in milliseconds. */
  readonly ttlMs: number | undefined
  /** Annotations of the sender, without those the broker writes. */
  readonly annotations: readonly MapEntry[]
  readonly propertiesSection: Buffer
  readonly properties: MessageProperties
  readonly applicationProperties: Buffer
  /** Body sections and footer. */
  readonly body: Buffer
  /** Text of the message id; the broker gives one to a message that has none. */
  readonly messageId: string
  readonly sessionId: string | undefined
  /** Epoch milliseconds at which the sender wants it to appear. */
  readonly scheduledForMs: number | undefined
  /** Encoded size as received. */
  readonly sizeBytes: number
}

/** message-format of a batch: its data sections are whole messages. */
export const batchFormat = 0x80013700

/** Largest value of an AMQP uint; a time to live of this or more is told by creation and expiry time instead. */
const maxUint = 4_294_967_295

/** Annotations a receiver must be able to trust: only the broker writes them. */
const brokerAnnotations: ReadonlySet<string> = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-message-state',
  'x-opt-enqueue-sequence-number',
  'x-opt-deadletter-source',
])

const empty = Buffer.alloc(0)
const propertyCount = 13

interface RawSections {
  header?: Section
  annotations?: Section
  properties?: Section
  applicationProperties?: Section
  bodyFrom?: number
}

function arrange(bytes: Buffer): RawSections {
  const raw: RawSections = {}
  for (const section of sectionsOf(bytes)) {
    if (section.code === 0x70) raw.header = section
    else if (section.code === 0x72) raw.annotations = section
    else if (section.code === 0x73) raw.properties = section
    else if (section.code === 0x74) raw.applicationProperties = section
    else if (section.code >= 0x75 && section.code <= 0x78) raw.bodyFrom ??= section.start
    else if (section.code !== 0x71) {
      throw new BusError('amqp:decode-error', `Section 0x${section.code.toString(16)} is not part of a message.`)
    }
  }
  return raw
}

/** Encoded items of a list, padded with null to `count`. */
function listItems(bytes: Buffer, section: Section | undefined, count: number): Buffer[] {
  const items: Buffer[] = []
  if (section !== undefined) {
    const positions = itemsAt(bytes, section.at)
    for (let index = 0; index + 1 < positions.length && index < count; index += 1) {
      items.push(bytes.subarray(positions[index], positions[index + 1]))
    }
  }
  while (items.length < count) items.push(encodedNull)
  return items
}

const scalarIn = (items: readonly Buffer[], index: number) => {
  const item = items[index]
  return item === undefined ? undefined : (scalarAt(item, 0) ?? undefined)
}

function dateIn(items: readonly Buffer[], index: number): number | undefined {
  const value = scalarIn(items, index)
  return value instanceof Date ? value.getTime() : undefined
}

function timeToLive(header: readonly Buffer[], properties: readonly Buffer[]): number | undefined {
  const ttl = scalarIn(header, 2)
  const short = typeof ttl === 'number' ? ttl : undefined
  if (short !== undefined && short < maxUint) return short
  const expiry = dateIn(properties, 8)
  const created = dateIn(properties, 9)
  return expiry !== undefined && created !== undefined && expiry > created ? expiry - created : short
}

function textOf(value: Scalar | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof Date) return value.toISOString()
  return Buffer.isBuffer(value) ? value.toString('base64') : String(value)
}

/**
 * Takes an encoded message apart. `newId` names a message that has no id: the Azure SDK keys its lock renewal by message
 * id and fails without one. Throws BusError `amqp:decode-error` for bytes that are no message.
 */
export function parseMessage(bytes: Buffer, newId: () => string): MessageContent {
  const raw = arrange(bytes)
  const header = listItems(bytes, raw.header, 5)
  const fields = listItems(bytes, raw.properties, propertyCount)
  const hadId = scalarIn(fields, 0) !== undefined
  if (!hadId) fields[0] = encodeString(newId().replaceAll('-', ''))
  const annotations = raw.annotations === undefined ? [] : mapAt(bytes, raw.annotations.at)
  const schedule = annotations.find((entry) => entry.key === 'x-opt-scheduled-enqueue-time')
  const scheduledFor = schedule === undefined ? undefined : scalarAt(schedule.value, 0)
  const properties = decodeProperties(fields)
  return {
    durable: header[0] ?? encodedNull,
    priority: header[1] ?? encodedNull,
    ttlMs: timeToLive(header, fields),
    annotations: annotations.filter((entry) => !brokerAnnotations.has(entry.key)),
    propertiesSection:
      hadId && raw.properties !== undefined
        ? bytes.subarray(raw.properties.start, raw.properties.end)
        : encodeListSection(0x73, fields),
    properties,
    applicationProperties:
      raw.applicationProperties === undefined
        ? empty
        : bytes.subarray(raw.applicationProperties.start, raw.applicationProperties.end),
    body: raw.bodyFrom === undefined ? empty : bytes.subarray(raw.bodyFrom),
    messageId: textOf(properties.messageId) ?? '',
    sessionId: typeof properties.groupId === 'string' ? properties.groupId : undefined,
    scheduledForMs: scheduledFor instanceof Date ? scheduledFor.getTime() : undefined,
    sizeBytes: bytes.length,
  }
}

function decodeProperties(fields: readonly Buffer[]): MessageProperties {
  return {
    messageId: scalarIn(fields, 0),
    to: scalarIn(fields, 2),
    subject: scalarIn(fields, 3),
    replyTo: scalarIn(fields, 4),
    correlationId: scalarIn(fields, 5),
    contentType: scalarIn(fields, 6),
    groupId: scalarIn(fields, 10),
    replyToGroupId: scalarIn(fields, 12),
  }
}

/** The messages inside a batch envelope. A batch is taken or refused as a whole. */
export function splitBatch(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (const section of sectionsOf(bytes)) {
    if (section.code !== 0x75) continue
    const data = scalarAt(bytes, section.at)
    if (!Buffer.isBuffer(data)) throw new BusError('amqp:decode-error', 'A data section of the batch holds no binary.')
    messages.push(data)
  }
  return messages
}

/** The application properties as raw entries; empty when there are none. */
export function applicationEntries(content: MessageContent): MapEntry[] {
  if (content.applicationProperties.length === 0) return []
  const [section] = sectionsOf(content.applicationProperties)
  return section === undefined ? [] : mapAt(content.applicationProperties, section.at)
}

/** A copy with application properties set; existing ones of the same name are replaced. */
export function withApplicationProperties(content: MessageContent, added: ReadonlyMap<string, Buffer>): MessageContent {
  if (added.size === 0) return content
  const kept = applicationEntries(content).filter((entry) => !added.has(entry.key))
  const entries = [...kept, ...[...added].map(([key, value]) => ({ key, value }))]
  return { ...content, applicationProperties: encodeApplicationProperties(entries) }
}

/** A copy as it goes to the dead letters: the sender's or receiver's properties, and why it goes as far as that is known. */
export function deadLettered(
  content: MessageContent,
  reason: string | undefined,
  description: string | undefined,
  properties: ReadonlyMap<string, Buffer> = new Map(),
): MessageContent {
  const added = new Map(properties)
  if (reason !== undefined) added.set('DeadLetterReason', encodeString(reason))
  if (description !== undefined) added.set('DeadLetterErrorDescription', encodeString(description))
  return withApplicationProperties(content, added)
}

/** What the broker tells a receiver about a message, besides what the sender wrote. */
export interface BrokerFacts {
  readonly sequenceNumber: number
  readonly enqueuedAtMs: number
  readonly deliveryCount: number
  readonly ttlMs: number | undefined
  readonly lockedUntilMs?: number | undefined
  readonly state?: 'active' | 'deferred' | 'scheduled'
  readonly enqueueSequenceNumber?: number | undefined
  readonly deadLetterSource?: string | undefined
}

const stateNumbers = { active: 0, deferred: 1, scheduled: 2 } as const

/** The message as a receiver gets it. */
export function encodeForReceiver(content: MessageContent, facts: BrokerFacts, withBody = true): Buffer {
  const own: [string, Buffer][] = [
    ['x-opt-sequence-number', encodeLong(facts.sequenceNumber)],
    ['x-opt-enqueued-time', encodeTimestamp(facts.enqueuedAtMs)],
  ]
  if (facts.lockedUntilMs !== undefined) own.push(['x-opt-locked-until', encodeTimestamp(facts.lockedUntilMs)])
  if (facts.state !== undefined) own.push(['x-opt-message-state', encodeInt(stateNumbers[facts.state])])
  if (facts.enqueueSequenceNumber !== undefined) {
    own.push(['x-opt-enqueue-sequence-number', encodeLong(facts.enqueueSequenceNumber)])
  }
  if (facts.deadLetterSource !== undefined) own.push(['x-opt-deadletter-source', encodeString(facts.deadLetterSource)])
  return Buffer.concat([
    encodeHeader(content, facts.ttlMs, facts.deliveryCount),
    encodeAnnotations(content.annotations, own),
    content.propertiesSection,
    content.applicationProperties,
    withBody ? content.body : empty,
  ])
}

function encodeHeader(content: MessageContent, ttlMs: number | undefined, deliveryCount: number): Buffer {
  return encodeListSection(0x70, [
    content.durable,
    content.priority,
    ttlMs === undefined ? encodedNull : encodeUint(Math.min(ttlMs, maxUint)),
    encodedNull,
    encodeUint(deliveryCount),
  ])
}

/** The message in a form `parseMessage` reads back to the same content: what a journal keeps. */
export function encodeForJournal(content: MessageContent): Buffer {
  return Buffer.concat([
    encodeHeader(content, content.ttlMs, 0),
    encodeAnnotations(content.annotations, []),
    content.propertiesSection,
    content.applicationProperties,
    content.body,
  ])
}
