// The little of the Kubernetes API that `npm start` itself uses against the hub it has just started.
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type KubeObject, parseApiVersion } from '../../../shared/api/kube-object.ts'

const ResourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
})
const Status = z.object({ message: z.string().optional(), reason: z.string().optional() })

/** The hub refused, in its own words. */
export class HubRefusal extends Error {
  override readonly name = 'HubRefusal'
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface HubClient {
  /** Resolves once the hub says it is ready; throws after `withinMs`. */
  ready(withinMs: number): Promise<void>
  /** Server-side apply, taking over fields others set. Throws HubRefusal. */
  apply(object: KubeObject): Promise<KubeObject>
  /** False when it was there already. Throws HubRefusal for anything else. */
  create(object: KubeObject): Promise<boolean>
  /** Undefined when there is none. */
  get(object: KubeObject): Promise<KubeObject | undefined>
}

/** One call may take so long; a hub that starts cold needs a moment. */
const callMs = 30_000

/** How the hub is reached: with TLS its own authority and a token. */
export interface HubAddress {
  readonly url: string
  readonly ca?: string | undefined
  readonly token?: string | undefined
}

export function hubClient(address: HubAddress): HubClient {
  const lists = new Map<string, Promise<z.infer<typeof ResourceList>>>()

  async function call(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Response> {
    return send(address, method, path, body === undefined ? undefined : JSON.stringify(body), contentType)
  }

  async function resources(apiVersion: string): Promise<z.infer<typeof ResourceList>> {
    const { group } = parseApiVersion(apiVersion)
    const answer = await call('GET', group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`)
    if (!answer.ok) throw await refusal(answer)
    return ResourceList.parse(await answer.json())
  }

  async function collection({ apiVersion, kind, metadata }: KubeObject): Promise<string> {
    let list = lists.get(apiVersion)
    if (!list) {
      list = resources(apiVersion)
      lists.set(apiVersion, list)
      // A custom kind may be served a moment later: a failed look is not remembered.
      list.catch(() => lists.delete(apiVersion))
    }
    const found = (await list).resources.find((each) => each.kind === kind && !each.name.includes('/'))
    if (!found) {
      lists.delete(apiVersion)
      throw new HubRefusal(404, `the hub serves no ${kind} in ${apiVersion}`)
    }
    const root = parseApiVersion(apiVersion).group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`
    return found.namespaced
      ? `${root}/namespaces/${metadata.namespace ?? 'default'}/${found.name}`
      : `${root}/${found.name}`
  }

  async function path(object: KubeObject): Promise<string> {
    return `${await collection(object)}/${encodeURIComponent(object.metadata.name ?? '')}`
  }

  return {
    ready: async (withinMs) => {
      const deadline = Date.now() + withinMs
      for (;;) {
        const problem = await call('GET', '/readyz').then(
          async (answer) => (answer.ok ? undefined : `${answer.status} ${await answer.text()}`),
          (error: unknown) => String(error),
        )
        if (problem === undefined) return
        if (Date.now() > deadline) throw new Error(`the hub does not get ready: ${problem}`)
        await sleep(100)
      }
    },
    apply: async (object) => {
      const target = `${await path(object)}?fieldManager=hubless-up&force=true`
      const answer = await call('PATCH', target, object, 'application/apply-patch+yaml')
      if (!answer.ok) throw await refusal(answer)
      return (await answer.json()) as KubeObject
    },
    create: async (object) => {
      const answer = await call('POST', await collection(object), object)
      if (answer.ok) return true
      const refused = await refusal(answer)
      if (answer.status === 409 && refused.reason === 'AlreadyExists') return false
      throw refused
    },
    get: async (object) => {
      const answer = await call('GET', await path(object))
      if (answer.status === 404) return undefined
      if (!answer.ok) throw await refusal(answer)
      return (await answer.json()) as KubeObject
    },
  }
}

/** fetch takes no certificate authority, so this is node's own client. */
function send(
  { url, ca, token }: HubAddress,
  method: string,
  path: string,
  body: string | undefined,
  contentType: string,
): Promise<Response> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest
  const headers = {
    accept: 'application/json',
    'content-type': contentType,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const options = { method, headers, ca, signal: AbortSignal.timeout(callMs) }
    const sent = request(`${url}${path}`, options, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 500 })))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function refusal(answer: Response): Promise<HubRefusal & { reason: string | undefined }> {
  const text = await answer.text()
  let status: z.infer<typeof Status> = {}
  try {
    status = Status.parse(JSON.parse(text))
  } catch {
    status = { message: text.slice(0, 300) }
  }
  const error = new HubRefusal(answer.status, status.message || `the hub answered ${answer.status}`)
  return Object.assign(error, { reason: status.reason })
}
