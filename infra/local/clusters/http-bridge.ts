// Between node's HTTP server and web requests: bodies read whole and bounded, answers streamed.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'

/** What a real API server reads at most. */
const maxBodyBytes = 3 * 1_048_576

/** The request for `path`, aborted when the caller leaves; `undefined` when its body is too large. */
export async function toRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
): Promise<Request | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length
    if (size > maxBodyBytes) return undefined
    parts.push(part)
  }
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  const method = incoming.method ?? 'GET'
  const body = size > 0 && method !== 'GET' && method !== 'HEAD' ? { body: Buffer.concat(parts) } : {}
  return new Request(`http://member${path}`, { method, headers, signal: gone.signal, ...body })
}

/** Writes an answer out; resolves when it is complete or the caller has left. */
export async function answerWith(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (!response.body) return void outgoing.end()
  // A watch's head must reach the caller before its first event.
  outgoing.flushHeaders()
  try {
    await pipeline(Readable.fromWeb(response.body as WebStream<Uint8Array>), outgoing)
  } catch {
    outgoing.destroy()
  }
}

/** A plain answer for what no cluster answers. */
export function refuse(outgoing: ServerResponse, code: number, message: string): void {
  outgoing.writeHead(code, { 'content-type': 'text/plain', connection: 'close' })
  outgoing.end(`${message}\n`)
}
