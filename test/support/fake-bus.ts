// A bus at the seam of the host's listeners: sessions and messages by hand, everything the listener did on record.
import type { MessageHandlers, ServiceBusReceivedMessage } from '@azure/service-bus'
import type { BusClient, EntityName, Receiver, SessionReceiver } from '../../infra/local/functions-host/bus-seam.ts'

export interface FakeMessage {
  readonly body: unknown
  readonly id: string
}

interface Accept {
  readonly entity: string
  readonly resolve: (receiver: SessionReceiver) => void
  readonly reject: (error: unknown) => void
}

export class FakeBus implements BusClient {
  /** Accepts that wait for a session. */
  pending: Accept[] = []
  readonly log: string[] = []
  readonly handlers = new Map<string, MessageHandlers>()
  /** The next accepts fail with these. */
  readonly failures: unknown[] = []
  accepts = 0
  closed = false
  #held = new Map<string, { queue: FakeMessage[]; wake: (() => void) | undefined }>()

  /** Puts messages into a session; the waiting accept of the entity gets it unless it is held already. */
  send(entity: string, session: string, ...messages: FakeMessage[]): void {
    const held = this.#held.get(`${entity}/${session}`)
    if (held) {
      held.queue.push(...messages)
      held.wake?.()
      return
    }
    const accept = this.pending.find((waiting) => waiting.entity === entity)
    if (!accept) throw new Error(`no accept waits at ${entity}`)
    this.pending.splice(this.pending.indexOf(accept), 1)
    const state = { queue: [...messages], wake: undefined }
    this.#held.set(`${entity}/${session}`, state)
    accept.resolve(this.#session(entity, session, state))
  }

  /** Answers the waiting accepts as the broker does when nothing came. */
  timeOut(): void {
    for (const accept of this.pending.splice(0))
      accept.reject(Object.assign(new Error('none'), { code: 'ServiceTimeout' }))
  }

  /** Ends the wait of a held session: nothing came within the idle timeout. */
  idle(entity: string, session: string): void {
    this.#held.get(`${entity}/${session}`)?.wake?.()
  }

  async acceptNextSession(entity: EntityName): Promise<SessionReceiver> {
    this.accepts += 1
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    return new Promise((resolve, reject) => {
      this.pending.push({ entity: entity.join('/'), resolve, reject })
    })
  }

  createReceiver(entity: EntityName): Receiver {
    return {
      subscribe: (handlers) => {
        this.handlers.set(entity.join('/'), handlers)
        return { close: async () => void this.log.push(`unsubscribe ${entity.join('/')}`) }
      },
      close: async () => {},
    }
  }

  async close(): Promise<void> {
    this.closed = true
  }

  #session(
    entity: string,
    session: string,
    state: { queue: FakeMessage[]; wake: (() => void) | undefined },
  ): SessionReceiver {
    return {
      sessionId: session,
      receiveMessages: async (_max, { abortSignal }) => {
        if (state.queue.length === 0) {
          await new Promise<void>((resolve) => {
            state.wake = resolve
            abortSignal?.addEventListener('abort', () => resolve())
          })
        }
        const message = state.queue.shift()
        return message ? [received(session, message)] : []
      },
      completeMessage: async ({ messageId }) => void this.log.push(`complete ${session} ${messageId}`),
      abandonMessage: async ({ messageId }) => void this.log.push(`abandon ${session} ${messageId}`),
      close: async () => {
        this.#held.delete(`${entity}/${session}`)
        this.log.push(`close ${session}`)
      },
    }
  }
}

export function received(sessionId: string, { id, body }: FakeMessage): ServiceBusReceivedMessage {
  return {
    body: Buffer.from(JSON.stringify(body)),
    messageId: id,
    sessionId,
    deliveryCount: 2,
    lockToken: 'token',
    enqueuedTimeUtc: new Date('2026-01-01T00:00:00Z'),
    applicationProperties: { Attempt: 3, source: 'test' },
    state: 'active',
    _rawAmqpMessage: { body: undefined, bodyType: 'data' },
  }
}
