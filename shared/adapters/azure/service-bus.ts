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
  /** Ids of folded messages that are in, with the end of their window. */
  readonly #folded = new Map<string, number>()

  constructor(client: ServiceBusClient, clock: Pick<Clock, 'now'>) {
    this.#client = client
    this.#clock = clock
  }

  async send(messages: readonly Message[]): Promise<void> {
    const now = this.#clock.now()
    const fresh = messages.map((message) => atSending(message, now)).filter((message) => !this.#isFolded(message, now))
    await this.#translate(
      Promise.all(
        // One session a send: a batch takes the session of its first message.
        [...Map.groupBy(fresh, ({ queue, session }) => `${queue}\n${session}`).values()].map(async (group) => {
          const [first] = group
          if (!first) return
          await this.#sender(first.queue).sendMessages(group.map(wireMessage))
          for (const { coalesceMs, id, notBefore = now } of group)
            if (coalesceMs !== undefined && id !== undefined) this.#folded.set(id, notBefore)
        }),
      ),
    )
  }

  /** The bus would drop it: a message of the same window is in already, and none is delivered before the window ends. */
  #isFolded({ id = '' }: Message, now: number): boolean {
    for (const [known, until] of this.#folded) {
      if (until > now) break
      this.#folded.delete(known)
    }
    return this.#folded.has(id)
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
