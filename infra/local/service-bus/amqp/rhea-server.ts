// A TCP server that speaks AMQP 1.0 through rhea, and the cures for what rhea does not do right as a server. Every cure
// says what goes wrong without it; the numbers Pn are those of the protocol notes the project was built from.
import { createServer, type Server, type Socket } from 'node:net'
import rhea from 'rhea'
import type {
  AmqpFault,
  RheaConnection,
  RheaContainer,
  RheaDelivery,
  RheaLink,
  RheaSender,
  RheaSession,
} from './rhea-types.ts'

/** rhea's typings cover a client; this is the same object seen with its server side. */
const library = rhea as unknown as RheaContainer

export const types = library.types
export const messageCodec = library.message

/** Largest frame the server takes; also bounds what an unfinished frame may occupy. */
const maxFrameBytes = 1_048_576
/** Silence after which a peer is taken for dead, in milliseconds (doubled by rhea). */
const idleTimeoutMs = 120_000
/** Unsettled deliveries a session remembers; a receiver may hold its first message while thousands pass (P7, P8). */
const outgoingBuffer = 8_192

/** Any number but 0 makes rhea hand over the bytes of a message instead of its own idea of them (P12). */
export const rawFormat = 1

boundArrays()

/**
 * rhea reads as many items as an array claims to have; zero-width items cost the sender nothing and this process
 * everything. An honest array never has more items than its frame has bytes.
 */
function boundArrays(): void {
  const reader = types.Reader.prototype
  const read = reader.read_array_items
  reader.read_array_items = function (count, type) {
    if (count > this.buffer.length) throw new Error(`an array claims ${count} items in ${this.buffer.length} bytes`)
    return read.call(this, count, type)
  }
}

/** Collects the frames of one turn into one packet: separate packets make attach, flow and detach race (P4). */
function packTurns(connection: RheaConnection): void {
  const work = connection._process.bind(connection)
  connection._process = () => {
    const { socket } = connection
    socket.cork()
    try {
      work()
    } finally {
      socket.uncork()
    }
  }
}

/**
 * Answers whatever else needs no answer with an empty frame. The client's socket uses Nagle's algorithm: after a flow or a
 * held attach its next small frame waits for our ACK, which the kernel delays by up to 40 ms unless data carries it.
 */
function acknowledgeAtOnce(connection: RheaConnection, socket: Socket): void {
  const input = connection.input.bind(connection)
  let planned = false
  connection.input = (bytes) => {
    const written = socket.bytesWritten
    input(bytes)
    if (planned) return
    planned = true
    setImmediate(() => {
      planned = false
      if (socket.bytesWritten === written && connection.is_open() && socket.writable) connection._write_frame(0)
    })
  }
}

/** rhea walks a disposition's range one by one, whatever its width. */
const maxDispositionRange = 65_536

function cureSession(session: RheaSession, onFlow: (session: RheaSession) => void): void {
  const transfer = session.on_transfer.bind(session)
  session.on_transfer = (frame) => {
    if (!frame.performative.message_format) frame.performative.message_format = rawFormat
    transfer(frame)
  }
  const flow = session.on_flow.bind(session)
  session.on_flow = (frame) => {
    flow(frame)
    /** Also for flows that name no link: they widen the window (P9). */
    onFlow(session)
  }
  const disposition = session.on_disposition.bind(session)
  session.on_disposition = (frame) => {
    const { first, last } = frame.performative
    if ((last ?? first) - first > maxDispositionRange) throw new Error(`a disposition covers ${first} to ${last}`)
    disposition(frame)
  }
}

/** A drain must be answered even when no credit is left, else the Azure SDK closes the link (P5). */
export function answerEveryDrain(link: RheaSender): void {
  link._get_drain = () => {
    if (!link._draining || !link._drained) return false
    link.delivery_count += link.credit
    link.credit = 0
    return true
  }
}

/** Keeps an attach unanswered until `link.open()`; rhea would answer it at the end of the turn (P6). */
export function holdAttach(link: RheaLink): void {
  link.state.local_open = false
  link.state.open_requests -= 1
}

/** Attach without terminus and detach in the same write: how AMQP refuses a link (P4). */
export function refuseLink(link: RheaLink, fault: AmqpFault): void {
  link.open()
  link.close(fault)
}

/** What the link can take at once: its credit within the session's window, less what waits to be written (P8). */
export function usableCredit(link: RheaSender): number {
  const { outgoing } = link.session
  if (link.is_itself_closed() || outgoing.available() === 0) return 0
  const pending = outgoing.next_delivery_id - outgoing.next_pending_delivery
  return Math.min(link.credit, outgoing.transfer_window(), outgoing.available()) - pending
}

const dispositionCode = 0x15

/** Settles with `accepted`; rhea merges neighbours into one frame. */
export function acceptDelivery(delivery: RheaDelivery): void {
  delivery.update(true, messageCodec.accepted().described())
  /** Else a receiver in mode `second` fills rhea's buffer with deliveries that are never done (P7). */
  delivery.remote_settled = true
}

/** Settles with `rejected`, in a frame of its own: merged with a neighbour it would take that one's outcome (P2). */
export function rejectDelivery(link: RheaLink, isReceiver: boolean, delivery: RheaDelivery, fault: AmqpFault): void {
  const state = messageCodec.rejected({ error: fault }).described()
  const id = types.wrap_uint(delivery.id)
  const fields = types.wrap_list([types.wrap_boolean(isReceiver), id, id, types.True(), state])
  const performative = types.described_nc(types.wrap_ulong(dispositionCode), fields)
  link.session.output({ described: () => performative })
  delivery.settled = true
  delivery.remote_settled = true
}

export interface AmqpServerOptions {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  /** A new connection; links and sessions are announced through its events. */
  onConnection(connection: RheaConnection): void
  /** The session's window or a link's credit may have grown. */
  onFlow(session: RheaSession): void
  /** The connection is gone, however that came. Called once. */
  onGone(connection: RheaConnection): void
}

export interface AmqpServer {
  readonly port: number
  connections(): number
  close(): Promise<void>
}

function makeContainer(): RheaContainer {
  const container = library.create_container({ id: 'service-bus' })
  const mechanisms = container.sasl_server_mechanisms
  mechanisms.enable_anonymous()
  /** What .NET and Java clients ask for; the token comes later over $cbs in any case. */
  mechanisms['MSSBCBS'] = mechanisms['ANONYMOUS']
  mechanisms.enable_plain(() => true)
  return container
}

const ignored = [
  'error',
  'protocol_error',
  'connection_error',
  'session_error',
  'sender_error',
  'receiver_error',
] as const

function serve(container: RheaContainer, socket: Socket, options: AmqpServerOptions): RheaConnection {
  const connection = container.create_connection({
    tcp_no_delay: true,
    reconnect: false,
    max_frame_size: maxFrameBytes,
    channel_max: 65_535,
    idle_time_out: idleTimeoutMs,
    session_buffer_size: { incoming: 2_048, outgoing: outgoingBuffer },
    sender_options: { treat_modified_as_released: false },
    receiver_options: { autoaccept: false, credit_window: 0 },
  })
  const createSession = connection.create_session.bind(connection)
  connection.create_session = (size) => {
    const session = createSession(size)
    cureSession(session, options.onFlow)
    return session
  }
  packTurns(connection)
  acknowledgeAtOnce(connection, socket)
  const input = connection.input.bind(connection)
  connection.input = (bytes) => {
    input(bytes)
    if ((connection.frame_size ?? 0) > maxFrameBytes) socket.destroy()
  }
  /** Without listeners rhea throws or writes to the console; a peer that misbehaves loses its connection, no more (P15). */
  for (const event of ignored) connection.on(event, () => {})
  connection.on('error', () => socket.destroy())
  connection.on('protocol_error', () => socket.destroy())
  connection.on('disconnected', () => {})
  /** rhea reports neither links nor sessions closed when the socket goes (P16). */
  socket.once('close', () => {
    connection.eof()
    /** Whatever is still written would start rhea's idle timer again, and that keeps a process alive for minutes. */
    connection.output = () => {}
    options.onGone(connection)
  })
  options.onConnection(connection)
  connection.accept(socket)
  return connection
}

/** Why connections end when the server does; clients that hear it connect again. */
const goodbye: AmqpFault = { condition: 'amqp:connection:forced', description: 'The Service Bus is shutting down.' }
/** How long peers have to answer that, in milliseconds. */
const farewellMs = 100

/** Listens; rejects with the system's error when the port is taken. */
export async function listenAmqp(options: AmqpServerOptions): Promise<AmqpServer> {
  const container = makeContainer()
  const sockets = new Map<Socket, RheaConnection>()
  let emptied = Promise.withResolvers<void>()
  const server: Server = createServer((socket) => {
    if (sockets.size >= options.maxConnections) {
      socket.destroy()
      return
    }
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) emptied.resolve()
    })
    sockets.set(socket, serve(container, socket, options))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    connections: () => sockets.size,
    async close() {
      emptied = Promise.withResolvers<void>()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of sockets.values()) connection.close(goodbye)
      const impatience = setTimeout(() => {
        for (const socket of sockets.keys()) socket.destroy()
      }, farewellMs)
      if (sockets.size > 0) await emptied.promise
      await closed
      clearTimeout(impatience)
    },
  }
}
