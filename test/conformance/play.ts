// Plays a script against one server and writes down every answer.
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Client, OpenStream, RawAnswer, RawRequest } from './client.ts'
import { createDefinitions } from './definitions.ts'
import { valueAt } from './path.ts'
import { encodeProtobuf } from './protobuf.ts'
import type { ReadStep, RequestStep, Script } from './script.ts'
import { filled, filledValue, type Variables } from './template.ts'

/** One answer, as comparable data. */
export interface Answer {
  readonly step: string
  /** Group, version and plural the request was about: versions are counted for each apart. */
  readonly resource: string
  readonly code: number
  readonly headers: Readonly<Record<string, unknown>>
  /** How JSON is laid out. */
  readonly layout?: 'compact' | 'indented'
  readonly body: unknown
  /** An expectation of the script that did not hold here. */
  readonly unmet?: string
}

/** What one server answered to a whole script. */
export interface Transcript {
  readonly answers: readonly Answer[]
  readonly variables: Variables
}

interface Play {
  readonly client: Client
  readonly variables: Record<string, string>
  readonly streams: Map<string, { readonly stream: OpenStream; readonly resource: string }>
}

const untilMs = 15_000
const eventMs = 10_000

const mediaTypes: Readonly<Record<string, string>> = {
  'json-patch': 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
  yaml: 'application/yaml',
}

/** Throws when the setup fails or the server cannot be reached; refusals are answers. */
export async function play(client: Client, script: Script, id: string): Promise<Transcript> {
  const run: Play = { client, variables: { id, ns: `ns-${id}` }, streams: new Map() }
  try {
    await prepare(run, script)
    const answers: Answer[] = []
    for (const [index, step] of script.steps.entries()) {
      const name = step.name ?? String(index + 1)
      answers.push({ step: name, ...('read' in step ? await readOn(run, step) : await ask(run, step)) })
    }
    return { answers, variables: run.variables }
  } finally {
    for (const { stream } of run.streams.values()) stream.close()
  }
}

async function prepare(run: Play, script: Script): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run.variables['ns'] } }
  const steps: RequestStep[] = [{ request: 'POST /api/v1/namespaces', body: namespace }, ...script.setup]
  await createDefinitions(
    run.client,
    script.crds.map((crd) => filledValue(crd, run.variables) as Record<string, unknown>),
  )
  for (const [index, step] of steps.entries()) {
    const answer = await ask(run, step)
    if (answer.unmet !== undefined || answer.code >= 300) {
      const what = index === 0 ? 'namespace' : `setup ${index} (${step.request})`
      const why = answer.unmet ?? JSON.stringify(answer.body)
      throw new Error(`${run.client.target.name}: ${what} answered ${answer.code}: ${why}`)
    }
  }
}

type Bare = Omit<Answer, 'step'>

async function ask(run: Play, step: RequestStep): Promise<Bare> {
  const request = () => rawRequest(step, run.variables)
  const resource = resourceOf(request().path)
  if (step.watch !== undefined) return await follow(run, step, request(), resource)
  const deadline = Date.now() + untilMs
  for (;;) {
    const answer = { ...comparable(await run.client.send(request())), resource }
    const held = holds(answer, filledValue(step.until ?? {}, run.variables))
    if (!held && Date.now() < deadline) {
      await delay(50)
      continue
    }
    capture(run, step, answer.body)
    return { ...answer, ...(!held && { unmet: `never held ${JSON.stringify(step.until)}` }) }
  }
}

function rawRequest(step: RequestStep, variables: Variables): RawRequest {
  const [method = '', path = ''] = filled(step.request, variables).split(' ')
  const body = bodyOf(step, variables)
  const type = step.type === undefined ? step.protobuf && 'application/vnd.kubernetes.protobuf' : step.type
  return {
    method,
    path,
    headers: {
      ...(body !== undefined && { 'content-type': mediaTypes[type ?? ''] ?? type ?? 'application/json' }),
      ...(step.as !== undefined && { 'impersonate-user': filled(step.as, variables) }),
      ...(step.groups !== undefined && { 'impersonate-group': step.groups.map((each) => filled(each, variables)) }),
      ...(filledValue(step.headers ?? {}, variables) as Record<string, string>),
    },
    ...(body !== undefined && { body }),
  }
}

function bodyOf(step: RequestStep, variables: Variables): Buffer | undefined {
  if (step.text !== undefined) return Buffer.from(filled(step.text, variables))
  if (step.base64 !== undefined) return Buffer.from(step.base64, 'base64')
  if (step.protobuf) return encodeProtobuf(filledValue(step.protobuf, variables) as Record<string, unknown>)
  return step.body === undefined ? undefined : Buffer.from(JSON.stringify(filledValue(step.body, variables)))
}

/** `/api/v1/namespaces/x/configmaps/y` is about `v1/configmaps`. */
function resourceOf(path: string): string {
  const parts = (path.split('?')[0] ?? '').split('/').filter((part) => part !== '')
  const version = parts[0] === 'api' ? parts.slice(1, 2) : parts.slice(1, 3)
  const rest = parts.slice(version.length + 1)
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize'
  return [...version, (inNamespace ? rest[2] : rest[0]) ?? ''].join('/')
}

function comparable({ code, headers, warnings, text }: RawAnswer): Omit<Bare, 'resource'> {
  const type = headers['content-type'] ?? ''
  const json = type.includes('json')
  return {
    code,
    headers: {
      ...relevant(headers),
      ...(warnings.length > 0 && { warnings: warnings.flatMap((each) => each.split(/, (?=299 )/)) }),
    },
    ...(json && text !== '' && { layout: /^[{[]\n/.test(text) ? 'indented' : 'compact' }),
    body: json ? jsonOf(text) : type.includes('yaml') ? parse(text) : text,
  }
}

function relevant(headers: RawAnswer['headers']): Record<string, unknown> {
  const names = ['content-type', 'retry-after', 'allow', 'location'] as const
  return Object.fromEntries(names.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]))
}

function jsonOf(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return { 'not JSON': text.slice(0, 2_000) }
  }
}

function holds(answer: { code: number; body: unknown }, wanted: unknown): boolean {
  const { code, body } = wanted as { code?: number; body?: unknown }
  return (code === undefined || code === answer.code) && (body === undefined || contains(answer.body, body))
}

/** Objects may hold more than wanted, lists and plain values are equal. A wanted null is absent or null. */
function contains(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === undefined || value === null
  if (Array.isArray(wanted))
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((item, index) => contains(value[index], item))
    )
  if (typeof wanted !== 'object') return value === wanted
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map(Object.entries(value))
  return Object.entries(wanted).every(([key, field]) => contains(fields.get(key), field))
}

function capture({ variables }: Play, step: RequestStep, body: unknown): void {
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    const value = valueAt(body, path)
    if (value !== undefined) variables[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
}

async function follow(run: Play, step: RequestStep, request: RawRequest, resource: string): Promise<Bare> {
  const stream = await run.client.open(request)
  const { as: name, ...amount } = step.watch ?? {}
  const answer = await read(
    stream,
    resource,
    name !== undefined && amount.events === undefined ? { events: 0 } : amount,
  )
  if (name === undefined) stream.close()
  else run.streams.set(name, { stream, resource })
  capture(run, step, answer.body)
  return answer
}

async function readOn({ streams }: Play, step: ReadStep): Promise<Bare> {
  const open = streams.get(step.read)
  if (!open) throw new Error(`no watch is open under the name ${step.read}`)
  return await read(open.stream, open.resource, step)
}

async function read(
  stream: OpenStream,
  resource: string,
  { events, end }: { events?: number | undefined; end?: true | undefined },
): Promise<Bare> {
  const body: unknown[] = []
  const answer = { resource, code: stream.code, headers: relevant(stream.headers), body }
  try {
    while (end || events === undefined || body.length < events) {
      const event = await stream.next(eventMs)
      if (event === undefined) return { ...answer, headers: { ...answer.headers, ended: true } }
      body.push(event)
    }
  } catch (error) {
    return { ...answer, unmet: error instanceof Error ? error.message : String(error) }
  }
  return answer
}
