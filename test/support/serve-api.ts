// An API server over memory behind a plain HTTP port, as kubectl and other clients see one.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { MemoryOwnerIndex } from '../../shared/adapters/memory/owner-index.ts'
import { systemClock, systemIds } from '../../shared/adapters/memory/system.ts'
import type { GarbageMessage } from '../../shared/api/message.ts'
import { type ApiServer, createApiServer } from '../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../shared/apiserver/builtin/builtin-kinds.ts'
import { ownedStore } from '../../shared/apiserver/garbage/owned-store.ts'
import { createGarbageCollector } from '../../shared/apiserver/garbage.ts'
import { createKindSource } from '../../shared/apiserver/kinds/kind-source.ts'
import type { ApiServerOptions } from '../../shared/apiserver/options.ts'
import { withWriteSignal } from '../../shared/apiserver/write-signal.ts'

export interface ServedApi {
  readonly url: string
  readonly api: ApiServer
  /** Method, path with query, and content type of every request, oldest first. */
  readonly requests: { method: string; url: string; contentType: string | undefined; code: number }[]
  /** Error lines the server logged. */
  readonly errors: string[]
  close(): Promise<void>
}

/** Starts a server with everything built in and a collector that runs at once. */
export async function serveApi(options: Partial<ApiServerOptions> = {}): Promise<ServedApi> {
  const errors: string[] = []
  const garbage: GarbageMessage[] = []
  const owners = new MemoryOwnerIndex()
  const store = withWriteSignal(
    ownedStore(
      createMemoryObjectStore({
        clock: systemClock,
        committed: ({ messages }) => {
          for (const message of messages) if (message.queue === 'collect-garbage') garbage.push(message.body)
        },
      }),
      owners,
    ),
  )
  const kinds = createKindSource({ store, base: builtinKinds, clock: systemClock })
  const log = {
    info() {},
    warn() {},
    error: (message: string, fields?: object) => void errors.push(`${message} ${JSON.stringify(fields)}`),
  }
  const api = createApiServer({
    store,
    kinds,
    clock: systemClock,
    ids: systemIds,
    log,
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
    ...options,
  })
  const collector = createGarbageCollector({ store, owners, kinds, clock: systemClock })
  const collecting = collectForever(garbage, collector.collectGarbage, errors)
  const requests: ServedApi['requests'] = []
  const server = createServer((incoming, outgoing) => {
    void answer(api, incoming, outgoing, requests)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    api,
    requests,
    errors,
    async close() {
      collecting.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Collect = ReturnType<typeof createGarbageCollector>['collectGarbage']

function collectForever(queue: GarbageMessage[], collect: Collect, errors: string[]): { stop(): void } {
  let busy = false
  const due: { at: number; message: GarbageMessage }[] = []
  const turn = async () => {
    if (busy) return
    busy = true
    due.push(...queue.splice(0).map((message) => ({ at: 0, message })))
    const now = Date.now()
    for (const item of due.splice(0)) {
      if (item.at > now) {
        due.push(item)
        continue
      }
      try {
        const outcome = await collect(item.message)
        if (outcome !== 'done') due.push({ at: now + Math.min(outcome.again, 200), message: item.message })
      } catch (error) {
        errors.push(`garbage: ${String(error)}`)
      }
    }
    busy = false
  }
  const timer = setInterval(() => void turn(), 20)
  return { stop: () => clearInterval(timer) }
}

async function answer(
  api: ApiServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  requests: ServedApi['requests'],
): Promise<void> {
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort())
  const method = incoming.method ?? 'GET'
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`)
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value))
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' as const } : {}
  const response = await api.handle(new Request(url, { method, headers, signal: gone.signal, ...body }))
  requests.push({
    method,
    url: incoming.url ?? '',
    contentType: incoming.headers['content-type'],
    code: response.status,
  })
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body) for await (const chunk of response.body) if (!outgoing.destroyed) outgoing.write(chunk)
  outgoing.end()
}
