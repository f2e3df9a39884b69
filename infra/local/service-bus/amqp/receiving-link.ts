// A link on which a client receives: it takes messages from a queue by credit and settles them.
import type { Scalar } from '../core/amqp-bytes.ts'
import { encodeScalar } from '../core/amqp-writer.ts'
import { BusError } from '../core/bus-error.ts'
import { deliveryTag, type LockToken } from '../core/lock-token.ts'
import type { Receivable } from '../core/namespace.ts'
import { encodeQueued, type Outcome, type QueuedMessage } from '../core/queued-message.ts'
import { type SessionConsumer, SessionQueue } from '../core/session-queue.ts'
import type { Ledger } from '../journal.ts'
import {
  acceptDelivery,
  answerEveryDrain,
  holdAttach,
  refuseLink,
  rejectDelivery,
  types,
  usableCredit,
} from './rhea-server.ts'
import type { LinkContext, RemoteState, RheaDelivery, RheaSender } from './rhea-types.ts'

const sessionFilter = 'com.microsoft:session-filter'
/** How long a receiver waits for a session when it does not say, in milliseconds. */
const defaultWaitMs = 60_000
/** Ticks (100 ns) between year 1, where .NET starts counting, and 1970. */
const ticksBefore1970 = 621_355_968_000_000_000n

/** .NET ticks as 8 bytes; the Azure SDK accepts no shorter form. */
function ticks(epochMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(epochMs) * 10_000n + ticksBefore1970)
  return bytes
}

/** The error as it goes over the wire: both parts must be non-empty or the SDK does not recognise it. */
export function faultOf(error: unknown): { condition: string; description: string } {
  if (error instanceof BusError) return { condition: error.condition, description: error.message }
  return { condition: 'amqp:internal-error', description: error instanceof Error ? error.message : String(error) }
}

/** What the attach asks for: nothing about sessions, one by name, or whichever is free next. */
function wantedSession(link: RheaSender): { asked: boolean; id: string | undefined } {
  const filter = link.source?.filter
  if (!filter || !Object.hasOwn(filter, sessionFilter)) return { asked: false, id: undefined }
  const value: unknown = filter[sessionFilter]
  /** Other SDKs send the id as a described value. */
  const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value
  return { asked: true, id: typeof plain === 'string' ? plain : undefined }
}

/** Properties a receiver sets on a message, encoded; values that are no plain ones are left out. */
export function encodeProperties(values: Readonly<Record<string, unknown>> | null | undefined): Map<string, Buffer> {
  const encoded = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(values ?? {})) {
    if (isScalar(value)) encoded.set(key, encodeScalar(value))
  }
  return encoded
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object' || value instanceof Date || Buffer.isBuffer(value)
}

function outcomeOf(state: RemoteState | undefined, kind: SettleEvent): Outcome {
  if (kind === 'accepted') return { kind: 'complete' }
  if (kind === 'released') return { kind: 'release' }
  if (kind === 'modified') {
    const properties = encodeProperties(state?.message_annotations)
    return state?.undeliverable_here ? { kind: 'defer', properties } : { kind: 'abandon', properties }
  }
  const info = { ...state?.error?.info }
  const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...custom } = info
  return {
    kind: 'dead-letter',
    reason: typeof reason === 'string' ? reason : undefined,
    description: typeof description === 'string' ? description : undefined,
    properties: encodeProperties(custom),
  }
}

const settleEvents = ['accepted', 'rejected', 'modified', 'released'] as const
type SettleEvent = (typeof settleEvents)[number]

export class ReceivingLink implements SessionConsumer {
  readonly mode: 'lock' | 'delete'
  readonly link: RheaSender
  readonly #queue: Receivable
  readonly #ledger: Ledger
  readonly #tokens = new WeakMap<RheaDelivery, LockToken>()
  #closed = false

  constructor(link: RheaSender, queue: Receivable, ledger: Ledger) {
    this.link = link
    this.mode = link.snd_settle_mode === 1 ? 'delete' : 'lock'
    this.#queue = queue
    this.#ledger = ledger
    answerEveryDrain(link)
    for (const event of settleEvents) link.on(event, (context) => this.#settle(context, event))
    link.on('sender_draining', () => link.set_drained(true))
  }

  get name(): string {
    return this.link.name
  }

  /** Answers the attach: at once, later when it waits for a session, or with a refusal. */
  start(): void {
    const wanted = wantedSession(this.link)
    try {
      if (this.#queue instanceof SessionQueue) this.#startSession(this.#queue, wanted)
      else if (wanted.asked) {
        throw new BusError(
          'amqp:not-allowed',
          `A session receiver cannot be opened on '${this.#queue.settings.path}', which does not require sessions.`,
        )
      } else {
        this.#queue.attach(this)
        this.#answer({})
      }
    } catch (error) {
      this.#closed = true
      refuseLink(this.link, faultOf(error))
    }
  }

  #startSession(queue: SessionQueue, wanted: { asked: boolean; id: string | undefined }): void {
    if (!wanted.asked) {
      throw new BusError(
        'amqp:not-allowed',
        `It is not possible for an entity that requires sessions to create a non-sessionful message receiver: '${queue.settings.path}'.`,
      )
    }
    holdAttach(this.link)
    if (wanted.id !== undefined) {
      queue.accept(this, wanted.id)
      return
    }
    const wait: unknown = this.link.properties?.['com.microsoft:timeout']
    queue.acceptNext(this, typeof wait === 'number' && wait >= 0 ? wait : defaultWaitMs)
  }

  #answer(filter: Readonly<Record<string, string>>): void {
    const { link } = this
    const { attach } = link.local
    attach['snd_settle_mode'] = link.snd_settle_mode ?? 2
    attach['rcv_settle_mode'] = link.rcv_settle_mode ?? 0
    link.set_source({ address: link.source?.address, filter })
    link.set_target({ address: link.target?.address ?? undefined })
  }

  granted(sessionId: string, untilMs: number): void {
    this.#answer({ [sessionFilter]: sessionId })
    this.link.local.attach['properties'] = { 'com.microsoft:locked-until-utc': types.wrap_long(ticks(untilMs)) }
    this.link.open()
  }

  refused(error: BusError): void {
    this.#closed = true
    refuseLink(this.link, faultOf(error))
  }

  lost(error: BusError): void {
    this.#closed = true
    this.link.close(faultOf(error))
  }

  credit(): number {
    return this.#closed ? 0 : usableCredit(this.link)
  }

  deliver(message: QueuedMessage): void {
    const token = message.lock?.token
    const tag = token === undefined ? undefined : deliveryTag(token)
    const delivery = this.link.send(encodeQueued(message), tag, 0)
    if (token === undefined) delivery.settled = true
    else this.#tokens.set(delivery, token)
  }

  /** Credit or window may have grown. */
  pump(): void {
    if (this.#queue instanceof SessionQueue) this.#queue.pump(this)
    else this.#queue.pump()
  }

  /** The link, its session or its connection is gone. Idempotent. */
  release(): void {
    const waiting = !this.#closed && !this.link.state.local_open
    this.#closed = true
    if (this.#queue instanceof SessionQueue) this.#queue.release(this)
    else this.#queue.detach(this)
    /** A detach can only be answered on a link that was attached (P6). */
    if (waiting) this.link.open()
  }

  #settle(context: LinkContext, event: SettleEvent): void {
    const { delivery } = context
    const token = this.#tokens.get(delivery)
    /** A disposition for a delivery rhea mistook for this one carries no token (P17). */
    if (token === undefined) return
    this.#tokens.delete(delivery)
    try {
      this.#queue.settle(token, outcomeOf(delivery.remote_state, event))
    } catch (error) {
      rejectDelivery(this.link, false, delivery, faultOf(error))
      return
    }
    this.#ledger.afterStored((failure) => {
      if (this.link.is_itself_closed()) return
      if (failure === undefined) acceptDelivery(delivery)
      else rejectDelivery(this.link, false, delivery, faultOf(failure))
    })
  }
}
