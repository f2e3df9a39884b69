// The HTTP triggers. One catch-all function is the whole Kubernetes API of the hub: it only carries requests to the API
// server and its answers back, streams included.
import type { HttpRequest, HttpResponseInit } from '@azure/functions'
import type { ApiServer } from '../../shared/apiserver/api-server.ts'
import { respondStatus } from '../../shared/apiserver/http/respond.ts'
import { StatusError } from '../../shared/apiserver/http/status-error.ts'
import { errorMessage } from '../../shared/errors.ts'
import { getContext } from '../context.ts'
import type { HttpFunction } from '../define.ts'
import { type AnswerFlow, followAnswers } from './answer-flow.ts'

const flowOf = followAnswers()

export const hubApi: HttpFunction = {
  trigger: 'http',
  name: 'hub-api',
  route: '{*path}',
  handler: async (request, invocation) => {
    try {
      const { apiServer } = await getContext()
      // What a write announced is in the outbox and on its way: nobody has to wait for that.
      return await answerWith(apiServer, request, flowOf(invocation.invocationId))
    } catch (error) {
      invocation.error('the hub could not answer', errorMessage(error))
      // In stream mode an exception here would leave the caller without any answer.
      const message = 'an error on the server has prevented the request from succeeding'
      return responseInit(respondStatus(new StatusError(500, 'InternalError', message, { retryAfterSeconds: 5 })))
    }
  },
}

/** Translates one request and its answer. Route parameters are passed over: they are decoded, the raw URL is not. */
export async function answerWith(
  apiServer: Pick<ApiServer, 'handle'>,
  request: HttpRequest,
  flow?: AnswerFlow,
): Promise<HttpResponseInit> {
  const response = await apiServer.handle(webRequest(request, flow?.left))
  if (!flow || !response.body) return responseInit(response)
  return responseInit(new Response(flow.paced(response.body), response))
}

function webRequest({ url, method, headers, body }: HttpRequest, left: AbortSignal | undefined): Request {
  const hasBody = method !== 'GET' && method !== 'HEAD' && body !== null
  const init = { method, headers: new Headers([...headers.entries()]), ...(left && { signal: left }) }
  return new Request(url, hasBody ? { ...init, body: body as ReadableStream<Uint8Array>, duplex: 'half' } : init)
}

function responseInit(response: Response): HttpResponseInit {
  const init = { status: response.status, headers: Object.fromEntries(response.headers) }
  // The library takes the same stream class under another declaration.
  return response.body ? { ...init, body: response.body as NonNullable<HttpResponseInit['body']> } : init
}
