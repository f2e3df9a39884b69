// What the Service Bus listeners use of @azure/service-bus, so that a test can stand in at exactly this point.
import type {
  MessageHandlers,
  ServiceBusReceivedMessage,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiverOptions,
  SubscribeOptions,
} from '@azure/service-bus'

export interface SessionReceiver {
  readonly sessionId: string
  receiveMessages(
    max: number,
    options: { maxWaitTimeInMs: number; abortSignal?: AbortSignal },
  ): Promise<ServiceBusReceivedMessage[]>
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>
  close(): Promise<void>
}

export interface Receiver {
  subscribe(handlers: MessageHandlers, options: SubscribeOptions): { close(): Promise<void> }
  close(): Promise<void>
}

/** A queue, or a topic with one of its subscriptions. */
export type EntityName = readonly [queue: string] | readonly [topic: string, subscription: string]

export interface BusClient {
  acceptNextSession(entity: EntityName, options: ServiceBusSessionReceiverOptions): Promise<SessionReceiver>
  createReceiver(entity: EntityName, options: ServiceBusReceiverOptions): Receiver
  close(): Promise<void>
}
