// A link on which a client sends to a queue or topic.

import { BusError } from '../core/bus-error.ts'
import type { Destination } from '../core/entity.ts'
import type { Limits } from '../core/limits.ts'
import { batchFormat, type MessageContent, parseMessage, splitBatch } from '../core/message.ts'
import type { Ledger } from '../journal.ts'
import { faultOf } from './receiving-link.ts'
import { acceptDelivery, rejectDelivery } from './rhea-server.ts'
import type { LinkContext, RheaReceiver } from './rhea-types.ts'

/** Messages a sender may have in flight, refilled in halves; the SDK fails its sends after a second without credit. */
const creditWindow = 1_000

export interface SendingSurroundings {
  readonly limits: Limits
  readonly ledger: Ledger
  newToken(): string
}

/** Answers the attach and takes what comes. */
export function serveSender(link: RheaReceiver, destination: Destination, surroundings: SendingSurroundings): void {
  const { attach } = link.local
  attach['max_message_size'] = surroundings.limits.maxMessageBytes
  attach['snd_settle_mode'] = link.snd_settle_mode ?? 2
  attach['rcv_settle_mode'] = link.rcv_settle_mode ?? 0
  link.set_source({ address: link.source?.address ?? undefined })
  link.set_target({ address: link.target?.address })
  link.add_credit(creditWindow)
  let used = 0
  link.on('message', (context) => {
    used += 1
    if (used === creditWindow / 2) {
      link.add_credit(used)
      used = 0
    }
    takeDelivery(link, context, destination, surroundings)
  })
}

function takeDelivery(
  link: RheaReceiver,
  context: LinkContext,
  destination: Destination,
  surroundings: SendingSurroundings,
): void {
  const { delivery } = context
  try {
    for (const content of readMessages(context, destination, surroundings)) destination.send(content)
  } catch (error) {
    rejectDelivery(link, true, delivery, faultOf(error))
    return
  }
  surroundings.ledger.afterStored((failure) => {
    if (link.is_itself_closed()) return
    if (failure === undefined) acceptDelivery(delivery)
    else rejectDelivery(link, true, delivery, faultOf(failure))
  })
}

/** All messages of a delivery, checked. The bytes are copied out of the socket's buffer, which they would keep alive. */
function readMessages(
  context: LinkContext,
  destination: Destination,
  surroundings: SendingSurroundings,
): MessageContent[] {
  const { maxMessageBytes } = surroundings.limits
  if (context.message.length > maxMessageBytes) {
    throw new BusError(
      'amqp:link:message-size-exceeded',
      `The received message (delivery-id:${context.delivery.id}, size:${context.message.length} bytes) exceeds the limit (${maxMessageBytes} bytes) currently allowed on the link.`,
    )
  }
  const bytes = Buffer.from(context.message)
  const encoded = context.format === batchFormat ? splitBatch(bytes) : [bytes]
  const contents = encoded.map((one) => parseMessage(one, surroundings.newToken))
  for (const content of contents) destination.check(content)
  return contents
}
