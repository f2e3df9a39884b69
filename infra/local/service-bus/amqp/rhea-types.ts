// The parts of rhea 3.0.5 that the server touches, its private ones included: rhea's own typings leave those out. The
// version is pinned in package.json for this reason.
import type { Socket } from 'node:net'

/** rhea's encoded value: a type and its content. */
export interface Typed {
  readonly type: unknown
  readonly value: unknown
  readonly descriptor?: unknown
}

export interface RheaTypes {
  readonly Reader: { readonly prototype: RheaReader }
  True(): Typed
  wrap(value: unknown): Typed
  wrap_array(values: readonly unknown[], code: number): Typed
  wrap_binary(bytes: Buffer): Typed
  wrap_boolean(value: boolean): Typed
  wrap_int(value: number): Typed
  wrap_list(values: readonly unknown[]): Typed
  wrap_long(value: number | Buffer): Typed
  wrap_string(text: string): Typed
  wrap_symbol(text: string): Typed
  wrap_timestamp(ms: number): Typed
  wrap_uint(value: number): Typed
  wrap_ulong(value: number): Typed
  wrap_uuid(bytes: Buffer): Typed
  described_nc(descriptor: Typed, value: Typed): Typed
}

export interface RheaReader {
  buffer: Buffer
  read_array_items(count: number, type: unknown): unknown[]
}

export interface AmqpFault {
  readonly condition: string
  readonly description: string
}

interface Outcome {
  described(): Typed
}

export interface RheaMessage {
  readonly message_id?: unknown
  readonly reply_to?: unknown
  readonly application_properties?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export interface RheaMessageCodec {
  decode(bytes: Buffer): RheaMessage
  accepted(): Outcome
  rejected(fields: { error: AmqpFault }): Outcome
}

export interface EndpointState {
  local_open: boolean
  open_requests: number
}

export interface Terminus {
  readonly address?: string | null
  readonly filter?: Readonly<Record<string, unknown>> | null
}

export interface RheaDelivery {
  readonly id: number
  readonly format: number
  settled: boolean
  remote_settled: boolean
  readonly remote_state: RemoteState | undefined
  update(settled: boolean, state: Typed): void
}

/** Fields of the outcomes a receiver may send. */
export interface RemoteState {
  readonly undeliverable_here?: boolean | null
  readonly message_annotations?: Readonly<Record<string, unknown>> | null
  readonly error?: {
    readonly condition?: string | null
    readonly description?: string | null
    readonly info?: Readonly<Record<string, unknown>> | null
  } | null
}

export interface LinkContext {
  readonly delivery: RheaDelivery
  readonly message: Buffer
  readonly format?: number
}

export interface RheaLink {
  readonly name: string
  readonly session: RheaSession
  readonly connection: RheaConnection
  readonly state: EndpointState
  readonly local: { readonly attach: Record<string, unknown> }
  readonly source: Terminus | null | undefined
  readonly target: Terminus | null | undefined
  readonly properties: Readonly<Record<string, unknown>> | null | undefined
  readonly snd_settle_mode: number | undefined
  readonly rcv_settle_mode: number | undefined
  credit: number
  delivery_count: number
  set_source(fields: Readonly<Record<string, unknown>>): void
  set_target(fields: Readonly<Record<string, unknown>>): void
  open(): void
  close(error?: AmqpFault): void
  is_itself_closed(): boolean
  on(event: string, listener: (context: LinkContext) => void): void
}

export interface RheaSender extends RheaLink {
  _draining: boolean
  _drained: boolean
  _get_drain(): boolean
  set_drained(drained: boolean): void
  send(message: unknown, tag?: Buffer, format?: number): RheaDelivery
}

export interface RheaReceiver extends RheaLink {
  add_credit(credit: number): void
}

interface Frame {
  readonly performative: {
    message_format?: number | null
    readonly first: number
    readonly last?: number | null
    readonly handle?: number | null
  }
}

export interface RheaSession {
  readonly connection: RheaConnection
  readonly outgoing: {
    readonly next_delivery_id: number
    readonly next_pending_delivery: number
    available(): number
    transfer_window(): number
  }
  readonly links: Readonly<Record<string, RheaLink>>
  output(performative: { described(): Typed }): void
  on_transfer(frame: Frame): void
  on_flow(frame: Frame): void
  on_disposition(frame: Frame): void
}

export interface ConnectionContext {
  readonly session?: RheaSession
  readonly sender?: RheaSender
  readonly receiver?: RheaReceiver
}

export interface RheaConnection {
  readonly socket: Socket
  readonly frame_size: number | undefined
  accept(socket: Socket): void
  create_session(size: unknown): RheaSession
  _process(): void
  _register(): void
  _write_frame(channel: number): void
  is_open(): boolean
  input(bytes: Buffer): void
  eof(): void
  output(): void
  close(fault: AmqpFault): void
  on(event: string, listener: (context: ConnectionContext) => void): void
}

export interface RheaContainer {
  readonly types: RheaTypes
  readonly message: RheaMessageCodec
  readonly sasl_server_mechanisms: Record<string, unknown> & {
    enable_anonymous(): void
    enable_plain(check: () => boolean): void
  }
  create_container(options: { id: string }): RheaContainer
  create_connection(options: Readonly<Record<string, unknown>>): RheaConnection
}
