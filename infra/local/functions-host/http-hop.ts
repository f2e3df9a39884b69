// The hop between the client's connection and the library's listener: headers and bodies across, ends and failures too.
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'

/** Largest request body the cloud's front end takes. */
export const maxBodyBytes = 100 * 1024 * 1024

/** Headers that concern one connection only. */
const hopHeaders = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** An answer of the host's own. */
export interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers for the host itself, in one line of text. */
export function refuse(response: ServerResponse, { status, text, headers = {} }: Refusal): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, text === '' ? headers : { 'content-type': 'text/plain; charset=utf-8', ...headers })
  response.end(
    text === ''
      ? undefined
      : `${text}
`,
  )
}

/** The answer to a body over the limit. */
export const tooLarge: Refusal = {
  status: 413,
  text: `a request body holds at most ${maxBodyBytes} bytes`,
  headers: { connection: 'close' },
}

/** A failed invocation: 500 without a body, or a cut connection when part of the answer is already out. */
export function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy()
  else if (!response.destroyed) response.writeHead(status, { 'content-length': 0 }).end()
}

/** Settles the client's side first, so that the end of the upstream request is not taken for a failure. */
export function end(upstream: ClientRequest, answer: () => void): void {
  answer()
  upstream.destroy()
}

/**
 * The client left. The library's side is closed once it has seen the request: an invocation whose request never
 * arrives there would wait for ever.
 */
export function leave(upstream: ClientRequest): void {
  const destroy = (): void => void setImmediate(() => upstream.destroy())
  if (upstream.socket && !upstream.socket.connecting) destroy()
  else if (upstream.socket) upstream.socket.once('connect', destroy)
  else upstream.once('socket', (socket) => (socket.connecting ? socket.once('connect', destroy) : destroy()))
}

/** Passes the library's answer on as it comes. */
export function relay(answer: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed || response.headersSent) {
    answer.destroy()
    return
  }
  const headers = endToEnd(answer.headers)
  delete headers['x-ms-invocation-id']
  response.writeHead(answer.statusCode ?? 500, headers)
  // A watch sends its first event much later than its head.
  response.flushHeaders()
  answer.on('error', () => response.destroy())
  answer.on('aborted', () => response.destroy())
  answer.pipe(response)
}

/** Passes the client's body on, as far as the limit. */
export function sendBody(incoming: IncomingMessage, upstream: ClientRequest, response: ServerResponse): void {
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0
  if (!hasBody) {
    upstream.end()
    return
  }
  let bytes = 0
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBodyBytes) return
    refuse(response, tooLarge)
    upstream.destroy()
  })
  upstream.flushHeaders()
  incoming.pipe(upstream)
}

/** The headers that go all the way. */
export function endToEnd(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !hopHeaders.has(entry[0]),
    ),
  )
}

/**
 * How the end of a body without a length is told on the hop. Node writes the body of a GET or DELETE with no end of its own
 * accord: the library would take what the client sent for another request.
 */
export function framing(headers: IncomingMessage['headers']): Record<string, string> {
  return headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }
}
