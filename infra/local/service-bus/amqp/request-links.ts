// Requests and replies over a pair of links: tokens on `$cbs`, operations on `<entity>/$management`.
import { acceptDelivery, messageCodec } from './rhea-server.ts'
import type { RheaMessage, RheaReceiver, RheaSender } from './rhea-types.ts'

/** Requests in flight; refilled in halves. */
const requestCredit = 100

export interface Reply {
  readonly application_properties: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** The reply links of one connection, by the names under which requests ask for them. */
export class ReplyLinks {
  readonly #links = new Map<string, RheaSender>()

  /** `$cbs` clients name the link itself, `$management` clients its target. */
  add(link: RheaSender): void {
    link.set_source({ address: link.source?.address })
    link.set_target({ address: link.target?.address ?? undefined })
    const names = [link.name, link.target?.address ?? link.name]
    for (const name of names) this.#links.set(name, link)
    link.on('sender_close', () => {
      for (const name of names) if (this.#links.get(name) === link) this.#links.delete(name)
    })
  }

  /** Settled in advance: otherwise the client's acceptance, Nagle's algorithm and delayed ACKs cost 40 ms a call (P3). */
  send(request: RheaMessage, reply: Reply): void {
    const link = typeof request.reply_to === 'string' ? this.#links.get(request.reply_to) : undefined
    if (link === undefined || link.is_itself_closed()) return
    link.send({ body: undefined, ...reply, correlation_id: request.message_id }).settled = true
  }
}

/** Answers the attach of a request link and hands over each request. */
export function serveRequests(link: RheaReceiver, handle: (request: RheaMessage) => void): void {
  link.set_source({ address: link.source?.address ?? undefined })
  link.set_target({ address: link.target?.address })
  link.add_credit(requestCredit)
  let used = 0
  link.on('message', ({ delivery, message }) => {
    used += 1
    if (used === requestCredit / 2) {
      link.add_credit(used)
      used = 0
    }
    const request = messageCodec.decode(message)
    acceptDelivery(delivery)
    handle(request)
  })
}
