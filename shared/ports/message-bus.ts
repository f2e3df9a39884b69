// The way messages travel. Sending is at least once; the order holds within a session only.
import type { Message } from '../api/message.ts'

export interface MessageBus {
  /** Resolves when all are durable. Throws TransientError when the bus is away; some may have been sent then. */
  send(messages: readonly Message[]): Promise<void>
  /** Publishes CloudEvents (JSON) on the status topic for consumers outside the hub. Same promise as `send`. */
  publish(events: readonly CloudEvent[]): Promise<void>
}

/** CloudEvents 1.0, structured JSON. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: Readonly<Record<string, unknown>>
}
