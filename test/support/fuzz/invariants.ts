// What holds for the answer to every request, whatever was sent.
import assert from 'node:assert/strict'
import type { FuzzHub } from './hub.ts'
import type { FuzzRequest } from './requests.ts'

/** Processor time one request may take, in milliseconds: half of what a client would call a hang. */
const longestMs = 1_000
/** Real time until a promise that never settles is given up. */
const neverMs = 20_000

/** Sends one request and holds its answer against the rules. Returns the code; 0 for what no HTTP client can send. */
export async function sendAndCheck(hub: FuzzHub, request: FuzzRequest, mayTakeMs = longestMs): Promise<number> {
  const web = webRequest(request)
  if (!web) return 0
  const before = process.cpuUsage()
  const { code, text, type } = await within(neverMs, answerOf(hub, web), describe(request))
  const used = process.cpuUsage(before)
  const spentMs = (used.user + used.system) / 1_000
  const said = `${describe(request)}\n=> ${code} ${text.slice(0, 500)}`
  assert.deepEqual(hub.takeErrors(), [], said)
  assert.ok(code < 500 || code === 503 || code === 504, said)
  assert.ok(spentMs < mayTakeMs, `${spentMs} ms of processor time: ${said}`)
  if (code >= 400 && request.method !== 'HEAD') checkStatus(code, type, text, said)
  checkPrototypes(said)
  return code
}

export function describe({ method, path, headers, body }: FuzzRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.slice(0, 200)}`)
  return [`${method} ${path.slice(0, 1_000)}`, ...lines, body ? Buffer.from(body).toString().slice(0, 3_000) : ''].join(
    '\n',
  )
}

function checkStatus(code: number, type: string | null, text: string, said: string): void {
  // Groups nobody serves are answered as a real API server does.
  if (code === 404 && text === '404 page not found\n') return
  assert.equal(type, 'application/json', said)
  const status = JSON.parse(text) as Record<string, unknown>
  assert.equal(status['kind'], 'Status', said)
  assert.equal(status['status'], 'Failure', said)
  assert.equal(status['code'], code, said)
  assert.equal(typeof status['message'], 'string', said)
}

const ownOf = (value: object) => Object.getOwnPropertyNames(value).sort().join()
const prototypes = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Map.prototype,
  Function.prototype,
]
const untouched = prototypes.map(ownOf)

function checkPrototypes(said: string): void {
  for (const [index, prototype] of prototypes.entries()) assert.equal(ownOf(prototype), untouched[index], said)
}

async function answerOf(hub: FuzzHub, request: Request) {
  const response = await hub.handle(request)
  return { code: response.status, text: await response.text(), type: response.headers.get('content-type') }
}

function webRequest({ method, path, headers, body }: FuzzRequest): Request | undefined {
  try {
    const init = { method, headers: new Headers(headers.map(([name, value]): [string, string] => [name, value])) }
    return new Request(`http://hub${path}`, body ? { ...init, body: Buffer.from(body) } : init)
  } catch {
    return undefined
  }
}

async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms: ${what}`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
