// A message inside a queue, and what may be done to it.
import type { Buffer } from 'node:buffer'
import type { Deadline } from './deadlines.ts'
import type { LockToken } from './lock-token.ts'
import { encodeForReceiver, type MessageContent } from './message.ts'
import type { HeapNode } from './removable-heap.ts'

export interface Lock {
  readonly token: LockToken
  /** Epoch milliseconds. In a session this follows the session's lock. */
  untilMs: number
  deadline?: Deadline | undefined
  /** Where the message returns to when it is given up. */
  readonly from: 'ready' | 'deferred'
}

export type MessageState = 'ready' | 'locked' | 'scheduled' | 'deferred'

/** Changes only inside the queue that holds it. */
export interface QueuedMessage {
  readonly sequence: number
  content: MessageContent
  enqueuedAtMs: number
  deliveryCount: number
  state: MessageState
  /** Effective time to live in milliseconds, counted from `enqueuedAtMs`. */
  readonly ttlMs: number | undefined
  scheduledForMs: number | undefined
  readonly enqueueSequenceNumber: number | undefined
  readonly deadLetterSource: string | undefined
  lock?: Lock | undefined
  ready?: HeapNode<QueuedMessage> | undefined
  /** Fires at activation while scheduled, at expiry afterwards. */
  deadline?: Deadline | undefined
}

/** What distinguishes an arriving message from a fresh one: copies of a topic's and dead-lettered messages carry history. */
export interface Origin {
  readonly enqueuedAtMs?: number
  readonly deliveryCount?: number
  readonly enqueueSequenceNumber?: number | undefined
  readonly deadLetterSource?: string | undefined
}

/** How a receiver disposes of a message it holds. `properties` are encoded application properties to set. */
export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'release' }
  | { readonly kind: 'abandon'; readonly properties?: ReadonlyMap<string, Buffer> }
  | { readonly kind: 'defer'; readonly properties?: ReadonlyMap<string, Buffer> }
  | {
      readonly kind: 'dead-letter'
      readonly reason?: string | undefined
      readonly description?: string | undefined
      readonly properties?: ReadonlyMap<string, Buffer>
    }

/** Someone who takes messages. `deliver` must not call back into the queue. */
export interface Consumer {
  /** Name of the link, unique on its connection. */
  readonly name: string
  /** `delete` takes messages for good at delivery. */
  readonly mode: 'lock' | 'delete'
  /** How many messages it takes right now. */
  credit(): number
  deliver(message: QueuedMessage): void
}

/** The message as its receiver sees it. The state is told only where Azure tells it: on peek and on deferred receives. */
export function encodeQueued(
  message: QueuedMessage,
  options: { tellState?: boolean; withBody?: boolean } = {},
): Buffer {
  const state = message.state === 'scheduled' || message.state === 'deferred' ? message.state : 'active'
  const deferred = message.lock?.from === 'deferred'
  return encodeForReceiver(
    message.content,
    {
      sequenceNumber: message.sequence,
      enqueuedAtMs: message.enqueuedAtMs,
      deliveryCount: message.deliveryCount,
      ttlMs: message.ttlMs,
      lockedUntilMs: message.lock?.untilMs,
      ...(options.tellState ? { state: deferred ? 'deferred' : state } : {}),
      enqueueSequenceNumber: message.enqueueSequenceNumber,
      deadLetterSource: message.deadLetterSource,
    },
    options.withBody ?? true,
  )
}
