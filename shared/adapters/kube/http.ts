// One bounded HTTP exchange with a member: kept-alive connections, a deadline, a cap on the answer, no redirects.
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { createGunzip } from 'node:zlib'
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { connectionFailure } from './connection-failure.ts'
import type { Credentials } from './credentials.ts'
import { createLimiter, type Limits } from './limiter.ts'

/** What one member may take of the hub, and the hub of it. */
export interface HttpLimits extends Limits {
  /** For one call, from the moment it is asked for until its answer is complete. */
  readonly timeoutMs: number
  /** Of one answer, unpacked. */
  readonly answerBytes: number
}

/** One request, without what every request has. */
export interface MemberCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the server's own path, with a leading slash, already escaped. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly accept?: string
  readonly contentType?: string
  readonly body?: string
  /** Ends the call early, besides its own deadline. */
  readonly signal?: AbortSignal
}

/** An answer read whole, whatever its code. */
export interface MemberAnswer {
  readonly code: number
  readonly contentType: string
  readonly retryAfter: string | undefined
  readonly text: string
}

/** A call whose answer is read line by line as it comes. */
export interface LinesCall extends MemberCall {
  /** For the whole of it, in milliseconds. Its end is the answer's end. */
  readonly forMs: number
  readonly onLine: (line: string) => void
}

/** The way to one member. */
export interface MemberHttp {
  /** Any answer at all resolves. Throws TransientError or InvalidInputError when there is none. */
  call(call: MemberCall): Promise<MemberAnswer>
  /**
   * Resolves when the answer has ended, its time is over or the signal says so; `text` is empty for a 2xx answer. Holds
   * none of the slots of `call`. Throws TransientError or InvalidInputError when no answer begins, or a line is too long.
   */
  lines(call: LinesCall): Promise<MemberAnswer>
  /** Closes idle connections; calls in flight end by themselves. */
  close(): void
}

/** Idle connections are dropped after this long, before the load balancers of the usual clouds drop them silently. */
const idleMs = 60_000

/** Opens no connection before the first call. */
export function createMemberHttp(credentials: Credentials, limits: HttpLimits, clock: Clock): MemberHttp {
  const limiter = createLimiter(clock, limits)
  const agentOptions = { keepAlive: true, maxSockets: limits.inFlight, timeout: idleMs, keepAliveMsecs: 30_000 }
  const secure = credentials.server.protocol === 'https:'
  const agent = secure ? new SecureAgent({ ...agentOptions, ...credentials.tls }) : new PlainAgent(agentOptions)
  // A watch holds its connection for long: taken from the others, a few would stop all calls.
  const watching = secure ? new SecureAgent(credentials.tls) : new PlainAgent()
  const send = secure ? secureRequest : plainRequest

  const start = (call: MemberCall, signal: AbortSignal, long = false): Promise<IncomingMessage> => {
    const { server } = credentials
    const headers: Record<string, string> = {
      ...credentials.headers,
      accept: call.accept ?? 'application/json',
      'user-agent': 'hubless',
      ...(!long && { 'accept-encoding': 'gzip' }),
    }
    if (call.body !== undefined) {
      headers['content-type'] = call.contentType ?? 'application/json'
      headers['content-length'] = String(Buffer.byteLength(call.body))
    }
    const options = {
      agent: long ? watching : agent,
      method: call.method,
      host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port || (secure ? 443 : 80),
      path: `${server.pathname.replace(/\/+$/, '')}${call.path}${queryText(call.query)}`,
      headers,
      signal,
    }
    return begin((onAnswer) => send(options, onAnswer), call.body)
  }
  const exchange = async (call: MemberCall, signal: AbortSignal): Promise<MemberAnswer> => {
    const answer = await start(call, signal)
    return { ...headOf(answer), text: await readText(answer, limits.answerBytes) }
  }
  const failure = (error: unknown, signal: AbortSignal): Error => {
    if (error instanceof TransientError) return error
    if (signal.aborted)
      return new TransientError(`no answer from ${credentials.server.host} in ${waitedMs(signal, limits)} ms`)
    return connectionFailure(error, credentials, clock.now())
  }

  return {
    call: async (call) => {
      const deadline = AbortSignal.timeout(limits.timeoutMs)
      const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline
      let leave: (() => void) | undefined
      try {
        leave = await limiter.enter(limits.timeoutMs, signal)
        return await exchange(call, signal)
      } catch (error) {
        throw failure(error, signal)
      } finally {
        leave?.()
      }
    },
    lines: async (call) => {
      const begun = new AbortController()
      const patience = setTimeout(() => begun.abort(), limits.timeoutMs)
      const over = AbortSignal.any([AbortSignal.timeout(call.forMs), ...(call.signal ? [call.signal] : [])])
      try {
        const answer = await start(call, AbortSignal.any([begun.signal, over]), true)
        const head = headOf(answer)
        if (head.code !== 200) return { ...head, text: await readText(answer, limits.answerBytes) }
        clearTimeout(patience)
        await readLines(answer, limits.answerBytes, call.onLine)
        return { ...head, text: '' }
      } catch (error) {
        if (over.aborted) return { code: 200, contentType: '', retryAfter: undefined, text: '' }
        throw failure(error, begun.signal)
      } finally {
        clearTimeout(patience)
      }
    },
    // Not agent.destroy(), which would also break calls in flight.
    close: () => {
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
    },
  }
}

function waitedMs(signal: AbortSignal, limits: HttpLimits): number {
  return signal.reason instanceof DeadlineReached ? signal.reason.ms : limits.timeoutMs
}

/** Reason of a signal that ends several calls together, so that the message can say how long they had. */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached'
  readonly ms: number
  constructor(ms: number) {
    super(`${ms} ms are over`)
    this.ms = ms
  }
}

/** Sends and waits for the head. A kept connection that the server closed meanwhile is tried anew once. */
async function begin(
  open: (onAnswer: (answer: IncomingMessage) => void) => ReturnType<typeof plainRequest>,
  body: string | undefined,
): Promise<IncomingMessage> {
  for (let attempt = 0; ; attempt += 1) {
    const sent: { request?: ReturnType<typeof plainRequest> } = {}
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const request = open(resolve)
        sent.request = request
        request.on('error', reject)
        request.end(body)
      })
    } catch (error) {
      const stale = sent.request?.reusedSocket === true && codeOf(error) === 'ECONNRESET'
      if (!stale || attempt > 0) throw error
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function headOf(answer: IncomingMessage): Omit<MemberAnswer, 'text'> {
  return {
    code: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? '',
    retryAfter: answer.headers['retry-after'],
  }
}

async function readText(answer: IncomingMessage, limit: number): Promise<string> {
  const packed = answer.headers['content-encoding'] === 'gzip'
  const body = packed ? answer.pipe(createGunzip()) : answer
  // A connection that breaks inside a packed answer must end the unpacking too.
  if (packed) answer.on('error', (error) => body.destroy(error))
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length
      if (size > limit) throw new TransientError(`the answer is larger than ${limit} bytes, the most the hub reads`)
      parts.push(part)
    }
  } catch (error) {
    answer.destroy()
    throw error
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Tells whole lines as they come. Throws TransientError for one longer than `limit` bytes. */
async function readLines(answer: IncomingMessage, limit: number, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  answer.setEncoding('utf8')
  for await (const part of answer as AsyncIterable<string>) {
    const lines = `${rest}${part}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
    if (rest.length > limit)
      throw new TransientError(`a line of the answer is longer than ${limit}, the most the hub reads`)
  }
}

function queryText(query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? '' : `?${text}`
}
