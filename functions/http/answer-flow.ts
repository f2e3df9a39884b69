// What the Functions library does not tell a handler: that the caller left, and that it reads more slowly than the answer
// is written. Both are told by the response of the library's own HTTP listener, found by the id of the invocation.
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

const invocationHeader = 'x-ms-invocation-id'

/** One answer on its way to its caller. */
export interface AnswerFlow {
  /** Aborted when the connection closes, whether the answer is complete or not. */
  readonly left: AbortSignal
  /** The same body, read only as fast as the caller takes it. When it fails, the connection is cut. */
  paced(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>
}

/** Notes every answer this process begins, from now on. Returns how to find that of an invocation. */
export function followAnswers(): (invocationId: string) => AnswerFlow | undefined {
  const responses = new Map<string, ServerResponse>()
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    const id = request.headers[invocationHeader]
    if (typeof id !== 'string' || responses.has(id)) return
    responses.set(id, response)
    response.once('close', () => responses.delete(id))
  })
  return (invocationId) => {
    const response = responses.get(invocationId)
    return response && flowOf(response)
  }
}

function flowOf(response: ServerResponse): AnswerFlow {
  const left = new AbortController()
  response.once('close', () => left.abort())
  return { left: left.signal, paced: (body) => paced(body, response) }
}

function paced(body: ReadableStream<Uint8Array>, response: ServerResponse): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  // The source may fail while its next chunk still waits for the caller.
  reader.closed.catch(() => response.destroy())
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await room(response)
        const next = response.destroyed ? undefined : await reader.read().catch(() => undefined)
        if (next && !next.done) return controller.enqueue(next.value)
        await reader.cancel().catch(() => undefined)
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Resolves when the response takes more, or never will. */
async function room(response: ServerResponse): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve)
  response.once('close', resolve)
  await promise
  response.off('drain', resolve)
  response.off('close', resolve)
}
