// The links of one connection: who may attach to what, and who serves it.
import { BusError } from '../core/bus-error.ts'
import type { Surroundings } from '../core/entity.ts'
import type { Entity, Namespace } from '../core/namespace.ts'
import { failure, manage } from './management.ts'
import { faultOf, ReceivingLink } from './receiving-link.ts'
import { ReplyLinks, serveRequests } from './request-links.ts'
import { refuseLink, types } from './rhea-server.ts'
import type { RheaConnection, RheaLink, RheaMessage, RheaReceiver, RheaSender, RheaSession } from './rhea-types.ts'
import { serveSender } from './sending-link.ts'

const tokenAddress = '$cbs'

export class AmqpConnection {
  readonly #namespace: Namespace
  readonly #surroundings: Surroundings
  readonly #replies = new ReplyLinks()
  /** The SDK opens one AMQP session per link; others may share one. */
  readonly #receivers = new Map<RheaSession, Set<ReceivingLink>>()

  constructor(connection: RheaConnection, namespace: Namespace, surroundings: Surroundings) {
    this.#namespace = namespace
    this.#surroundings = surroundings
    connection.on('sender_open', ({ sender }) => sender && this.#attempt(sender, () => this.#openReceiver(sender)))
    connection.on(
      'receiver_open',
      ({ receiver }) => receiver && this.#attempt(receiver, () => this.#openSender(receiver)),
    )
    connection.on('session_close', ({ session }) => session && this.#releaseSession(session))
  }

  /** Credit or window of a session may have grown. */
  flowed(session: RheaSession): void {
    for (const receiver of this.#receivers.get(session) ?? []) receiver.pump()
  }

  /** The connection is gone: nothing it held stays held. */
  gone(): void {
    for (const session of [...this.#receivers.keys()]) this.#releaseSession(session)
  }

  #attempt(link: RheaLink, open: () => void): void {
    try {
      open()
    } catch (error) {
      refuseLink(link, faultOf(error))
    }
  }

  #openReceiver(link: RheaSender): void {
    const address = link.source?.address ?? ''
    const place = address === tokenAddress ? undefined : this.#namespace.resolve(address)
    if (place === undefined || place.management) {
      this.#replies.add(link)
      return
    }
    const { entity } = place
    if (entity.kind === 'topic') {
      throw new BusError('amqp:not-allowed', `'${entity.path}' is a topic; receive from one of its subscriptions.`)
    }
    const receiver = new ReceivingLink(link, entity.queue, this.#surroundings.ledger)
    const siblings = this.#receivers.get(link.session) ?? new Set()
    this.#receivers.set(link.session, siblings.add(receiver))
    link.on('sender_close', () => {
      receiver.release()
      siblings.delete(receiver)
    })
    receiver.start()
  }

  #openSender(link: RheaReceiver): void {
    const address = link.target?.address
    if (typeof address !== 'string') {
      throw new BusError('amqp:not-implemented', 'Transactions are not supported: the link has no target address.')
    }
    if (address === tokenAddress) {
      serveRequests(link, (request) => this.#checkToken(request))
      return
    }
    const { entity, management } = this.#namespace.resolve(address)
    if (management) {
      serveRequests(link, (request) => this.#manage(request, entity))
      return
    }
    if (entity.kind !== 'topic' && entity.kind !== 'queue') {
      throw new BusError('amqp:not-allowed', `'${entity.path}' cannot be sent to; send to its queue or topic.`)
    }
    serveSender(link, entity.kind === 'topic' ? entity.topic : entity.queue, this.#surroundings)
  }

  #manage(request: RheaMessage, entity: Entity): void {
    const reply = manage(request, entity, this.#surroundings)
    this.#surroundings.ledger.afterStored((error) =>
      this.#replies.send(request, error === undefined ? reply : failure(error)),
    )
  }

  /** Any token will do on this machine, but its audience must exist: only here the SDK tells a missing entity cleanly. */
  #checkToken(request: RheaMessage): void {
    const audience = String(request.application_properties?.['name'])
    let status: readonly [number, string] = [202, 'Accepted']
    try {
      this.#namespace.resolve(audience)
    } catch (error) {
      status = [error instanceof BusError ? error.statusCode : 500, faultOf(error).description]
    }
    this.#replies.send(request, {
      application_properties: { 'status-code': types.wrap_int(status[0]), 'status-description': status[1] },
    })
  }

  #releaseSession(session: RheaSession): void {
    const receivers = this.#receivers.get(session)
    this.#receivers.delete(session)
    for (const receiver of receivers ?? []) receiver.release()
  }
}
