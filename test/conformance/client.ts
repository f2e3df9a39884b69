// Requests as raw as a client can make them, and answers as they came.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

/** One of the two servers. */
export interface Target {
  readonly name: 'real' | 'hub'
  /** Scheme, host and port. */
  readonly url: string
  readonly ca?: string
  readonly token?: string
}

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Buffer
}

export interface RawAnswer {
  readonly code: number
  readonly headers: IncomingMessage['headers']
  /** Every `Warning` header, unjoined. */
  readonly warnings: readonly string[]
  readonly text: string
}

/** A stream of JSON lines. */
export interface OpenStream {
  readonly code: number
  readonly headers: IncomingMessage['headers']
  /** The next event, or undefined when the server ended the stream. Throws when `ms` pass without either. */
  next(ms: number): Promise<unknown>
  close(): void
}

export interface Client extends Disposable {
  readonly target: Target
  send(request: RawRequest): Promise<RawAnswer>
  /** Resolves with the headers. A refusal has a code other than 200 and its Status as the one event. */
  open(request: RawRequest): Promise<OpenStream>
}

/** No answer may take longer. */
const patienceMs = 60_000

/** A client that keeps its connections; dispose of it to close them. */
export function createClient(target: Target): Client {
  const secure = target.url.startsWith('https:')
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(target.ca !== undefined && { ca: target.ca }) })
    : new HttpAgent({ keepAlive: true })
  const begin = ({ method, path, headers, body }: RawRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(target.url)
      const authorization = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }
      const all = {
        'user-agent': 'conformance/1.0',
        ...authorization,
        ...(body !== undefined && { 'content-length': String(body.length) }),
        ...headers,
      } as Record<string, string>
      const options = { host: hostname, port, path, method, agent, headers: all, timeout: patienceMs }
      const sent = secure ? httpsRequest(options, resolve) : httpRequest(options, resolve)
      sent.on('timeout', () => sent.destroy(new Error(`${target.name}: ${method} ${path} took over ${patienceMs} ms`)))
      sent.on('error', reject)
      sent.end(body)
    })
  const sendOnce = async (request: RawRequest): Promise<RawAnswer> => {
    const answer = await begin(request)
    const parts: Buffer[] = []
    for await (const chunk of answer) parts.push(chunk as Buffer)
    const text = Buffer.concat(parts).toString('utf8')
    return { code: answer.statusCode ?? 0, headers: answer.headers, warnings: warningsOf(answer), text }
  }
  return {
    target,
    send: async (request) => {
      const until = performance.now() + patienceMs
      for (;;) {
        const answer = await sendOnce(request)
        if (!isWarming(answer) || performance.now() > until) return answer
        await delay(100)
      }
    },
    open: async (request) => openStream(await begin(request)),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

/** A real API server asks every client to come back while the cache of a fresh definition fills. */
function isWarming({ code, text }: RawAnswer): boolean {
  return code === 429 && text.includes('storage is (re)initializing')
}

function warningsOf(answer: IncomingMessage): string[] {
  return answer.rawHeaders.filter((_value, index, all) => index % 2 === 1 && /^warning$/i.test(all[index - 1] ?? ''))
}

function openStream(answer: IncomingMessage): OpenStream {
  const events: unknown[] = []
  let rest = ''
  let over = false
  let wake = () => {}
  answer.setEncoding('utf8')
  answer.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    events.push(...lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown))
    wake()
  })
  const end = () => {
    over = true
    wake()
  }
  answer.on('close', end)
  answer.on('error', end)
  return {
    code: answer.statusCode ?? 0,
    headers: answer.headers,
    next: (ms) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no event within ${ms} ms`)), ms)
        const look = () => {
          if (events.length === 0 && !over) return
          clearTimeout(timer)
          wake = () => {}
          resolve(events.shift())
        }
        wake = look
        look()
      }),
    close: () => answer.destroy(),
  }
}
