// A Service Bus message in the shape the cloud's host hands to the library: body as text, the rest as trigger metadata.
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { TypedData } from './core-module.ts'

/** The body as the sender's bytes; the listeners ask the SDK not to parse it, the library does that. */
export function messageData(message: ServiceBusReceivedMessage): TypedData {
  const { body } = message
  if (body instanceof Uint8Array) return { string: Buffer.from(body).toString('utf8') }
  return { string: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** PascalCase keys; the library lowers their first letters. Absent values are left out. */
export function messageMetadata(message: ServiceBusReceivedMessage): Record<string, TypedData> {
  const properties = JSON.stringify(message.applicationProperties ?? {})
  const texts: Record<string, string | undefined> = {
    MessageId: message.messageId === undefined ? undefined : String(message.messageId),
    SessionId: message.sessionId,
    LockToken: message.lockToken,
    ContentType: message.contentType,
    CorrelationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    PartitionKey: message.partitionKey,
    DeadLetterSource: message.deadLetterSource,
  }
  const jsons: Record<string, string | undefined> = {
    // The host counts this delivery, AMQP only those before.
    DeliveryCount: String((message.deliveryCount ?? 0) + 1),
    SequenceNumber: message.sequenceNumber?.toString(),
    EnqueuedTimeUtc: time(message.enqueuedTimeUtc),
    EnqueuedTime: time(message.enqueuedTimeUtc),
    ExpiresAtUtc: time(message.expiresAtUtc),
    ExpiresAt: time(message.expiresAtUtc),
    ApplicationProperties: properties,
    UserProperties: properties,
  }
  return { ...typed('string', texts), ...typed('json', jsons) }
}

function typed(kind: 'string' | 'json', values: Record<string, string | undefined>): Record<string, TypedData> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, { [kind]: value }]])),
  )
}

function time(date: Date | undefined): string | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : JSON.stringify(date.toISOString())
}
