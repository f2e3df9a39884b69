// Messages over Azure Service Bus, or whatever speaks its protocol.
import { createHash } from 'node:crypto'
import {
  isServiceBusError,
  type ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusSender,
} from '@azure/service-bus'
import { atSending, type Message } from '../../api/message.ts'
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { CloudEvent, MessageBus } from '../../ports/message-bus.ts'

/** Topic on which the hub tells the outside what happened. */
export const statusTopic = 'status'

/** Azure's retry defaults wait 30 s between tries; a function has no such time. */
export const serviceBusRetry = { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 10_000, timeoutInMs: 20_000 }

export class ServiceBusMessageBus implements MessageBus {
  readonly #client: ServiceBusClient
  readonly #clock: Pick<Clock, 'now'>
  readonly #senders = new Map<string, ServiceBusSender>()

  constructor(client: ServiceBusClient, clock: Pick<Clock, 'now'>) {
    this.#client = client
    this.#clock = clock
  }

  async send(messages: readonly Message[]): Promise<void> {
    await this.#translate(
      Promise.all(
        // One session a send: a batch takes the session of its first message.
        [...Map.groupBy(messages, ({ queue, session }) => `${queue}\n${session}`).values()].map((group) => {
          const [first] = group
          return (
            first &&
            this.#sender(first.queue).sendMessages(
              group.map((message) => wireMessage(atSending(message, this.#clock.now()))),
            )
          )
        }),
      ),
    )
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return
    const messages = events.map((event) => ({
      body: event,
      messageId: event.id,
      contentType: 'application/cloudevents+json',
      subject: event.type,
    }))
    await this.#translate(this.#sender(statusTopic).sendMessages(messages))
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #sender(entity: string): ServiceBusSender {
    const sender = this.#senders.get(entity) ?? this.#client.createSender(entity)
    this.#senders.set(entity, sender)
    return sender
  }

  async #translate(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (isServiceBusError(error))
        throw new TransientError(`sending messages: the service bus answered ${error.code}`, { cause: error })
      throw error
    }
  }
}

function wireMessage(message: Message): ServiceBusMessage {
  return {
    body: message.body,
    sessionId: message.session,
    contentType: 'application/json',
    ...(message.id === undefined ? {} : { messageId: messageId(message.id) }),
    ...(message.notBefore === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(message.notBefore) }),
    applicationProperties: { attempt: message.attempt ?? 0 },
  }
}

/** Service Bus takes 128 characters. */
function messageId(id: string): string {
  return id.length <= 128 ? id : createHash('sha256').update(id).digest('hex')
}
