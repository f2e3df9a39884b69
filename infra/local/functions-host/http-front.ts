// The HTTP side of the host: routing, limits, and the hop to the library's own listener, where a request meets its
// invocation by id. The hop goes over kept-alive loopback connections.
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Registered } from './core-module.ts'
import type { HostSettings } from './host-json.ts'
import {
  end,
  endToEnd,
  fail,
  framing,
  leave,
  maxBodyBytes,
  type Refusal,
  refuse,
  relay,
  sendBody,
  tooLarge,
} from './http-hop.ts'
import type { HostLog, Invoker } from './invoker.ts'
import { bySpecificity, matchRoute, parseRoute, type Route, type RouteParams } from './route.ts'

/** Longest address the cloud's front end takes. */
const maxUrlLength = 8_192

interface HttpRoute {
  readonly route: Route
  readonly methods: ReadonlySet<string>
  readonly function: Registered
}

interface Match {
  readonly entry: HttpRoute
  readonly params: RouteParams
}

export interface HttpFrontOptions {
  readonly functions: readonly Registered[]
  readonly settings: HostSettings['http']
  readonly invoker: Invoker
  /** Where the library listens. */
  readonly upstreamPort: number
  readonly port: number
  /** PEM texts: callers must speak TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly log: HostLog
}

export interface HttpFront {
  readonly port: number
  /** No new requests; running ones go on. */
  refuse(): void
  /** Requests that have had no part of their answer yet, and those that are being answered. */
  open(): { readonly unanswered: number; readonly answering: number }
  close(): Promise<void>
}

/** Listens on 127.0.0.1. Rejects with EADDRINUSE when the port is taken. */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const front = new Front(options)
  const settings = { noDelay: true, keepAliveTimeout: 65_000 }
  const handle = (incoming: IncomingMessage, response: ServerResponse): void => front.handle(incoming, response)
  const server = options.tls ? createTlsServer({ ...settings, ...options.tls }, handle) : createServer(settings, handle)
  await listen(server, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    open: () => front.open(),
    refuse: () => {
      front.stopping = true
      server.close()
      server.closeIdleConnections()
    },
    close: async () => {
      front.stopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      front.agent.destroy()
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

class Front {
  readonly agent = new Agent({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 64 })
  stopping = false
  readonly #options: HttpFrontOptions
  readonly #routes: readonly HttpRoute[]
  readonly #waiting: (() => void)[] = []
  readonly #responses = new Set<ServerResponse>()

  constructor(options: HttpFrontOptions) {
    this.#options = options
    this.#routes = options.functions
      .map((registered) => httpRoute(registered, options.settings.routePrefix))
      .sort((a, b) => bySpecificity(a.route, b.route))
  }

  open(): { unanswered: number; answering: number } {
    const answering = [...this.#responses].filter((response) => response.headersSent).length
    return { unanswered: this.#responses.size - answering + this.#waiting.length, answering }
  }

  handle(incoming: IncomingMessage, response: ServerResponse): void {
    const found = this.#admit(incoming)
    if ('status' in found) {
      refuse(response, found)
      return
    }
    const { maxConcurrentRequests } = this.#options.settings
    const start = (): void => this.#start(found, incoming, response)
    if (this.#responses.size >= maxConcurrentRequests) this.#waiting.push(start)
    else start()
  }

  /** The function to run, or why there is none. */
  #admit(incoming: IncomingMessage): Match | Refusal {
    if (this.stopping) return { status: 503, text: 'the host is stopping', headers: { connection: 'close' } }
    const found = this.#find(incoming)
    if ('status' in found) return found
    if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge
    if (this.#responses.size + this.#waiting.length >= this.#options.settings.maxOutstandingRequests) {
      return { status: 429, text: 'too many requests at once', headers: { 'retry-after': '1' } }
    }
    return found
  }

  #find(incoming: IncomingMessage): Match | Refusal {
    const url = incoming.url ?? '/'
    if (url.length > maxUrlLength) return { status: 414, text: `an address has at most ${maxUrlLength} characters` }
    const path = url.split('?', 1)[0] ?? '/'
    const allowed = new Set<string>()
    for (const entry of this.#routes) {
      const params = matchRoute(entry.route, path)
      if (!params) continue
      if (entry.methods.has(incoming.method ?? '')) return { entry, params }
      for (const method of entry.methods) allowed.add(method)
    }
    const allow = [...allowed].join(', ')
    return allow === ''
      ? { status: 404, text: 'no function at this path' }
      : { status: 405, text: `this path takes ${allow}`, headers: { allow } }
  }

  #start({ entry, params }: Match, incoming: IncomingMessage, response: ServerResponse) {
    if (response.destroyed) {
      this.#waiting.shift()?.()
      return
    }
    this.#responses.add(response)
    response.once('close', () => {
      this.#responses.delete(response)
      this.#waiting.shift()?.()
    })
    const { invoker, log } = this.#options
    const invocationId = invoker.newInvocationId()
    const upstream = this.#forward(invocationId, incoming, response)
    invoker
      .invoke({
        function: entry.function,
        invocationId,
        data: { http: {} },
        triggerMetadata: {
          ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
          Headers: { json: JSON.stringify(incoming.headers) },
        },
      })
      .then(
        (result) => {
          // Without a result the library sends nothing, and the cloud's host answers for it.
          if (result === undefined || result === null) end(upstream, () => refuse(response, { status: 204, text: '' }))
        },
        () => end(upstream, () => fail(response, 500)),
      )
      .catch((error) => log({ level: 'error', category: 'system', invocationId, message: String(error) }))
  }

  #forward(invocationId: string, incoming: IncomingMessage, response: ServerResponse): ClientRequest {
    const host = incoming.headers.host ?? '127.0.0.1'
    const upstream = request({
      agent: this.agent,
      host: '127.0.0.1',
      port: this.#options.upstreamPort,
      method: incoming.method,
      path: incoming.url,
      headers: {
        ...endToEnd(incoming.headers),
        ...framing(incoming.headers),
        'x-ms-invocation-id': invocationId,
        'x-forwarded-host': host,
        'x-forwarded-proto': this.#options.tls ? 'https' : 'http',
      },
    })
    upstream.on('response', (answer) => relay(answer, response))
    upstream.on('error', () => fail(response, 502))
    response.once('close', () => {
      if (!response.writableFinished) leave(upstream)
    })
    sendBody(incoming, upstream, response)
    return upstream
  }
}

function httpRoute(registered: Registered, prefix: string): HttpRoute {
  const binding = Object.values(registered.bindings).find(({ type }) => type.toLowerCase() === 'httptrigger')
  const methods = Array.isArray(binding?.['methods']) ? binding['methods'].map(String) : ['GET', 'POST']
  const route = typeof binding?.['route'] === 'string' ? binding['route'] : registered.name
  return {
    route: parseRoute(prefix, route),
    methods: new Set(methods.map((method) => method.toUpperCase())),
    function: registered,
  }
}
