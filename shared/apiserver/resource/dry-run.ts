// A write tried from inside a request, as its user and with every check, but not carried out.
import { z } from 'zod'
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import { badRequest, StatusError } from '../http/status-error.ts'
import type { ServedKind } from '../kind.ts'
import type { Call } from './call.ts'

/** Handles a request as if a client had sent it. */
export type Handle = (request: Request) => Promise<Response>

const Refusal = z.looseObject({
  code: z.number().int(),
  reason: z.string().default('Unknown'),
  message: z.string().default(''),
  details: z.looseObject({}).optional(),
})

/** The object as it would be stored. Without `spec` it is taken as it is stored now. Throws StatusError as the write would. */
export async function dryRun(call: Call, handle: Handle, object: KubeObject): Promise<KubeObject> {
  const { group, version, kind } = gvkOf(object)
  const served = call.index.findKind(group, version, kind)
  if (!served) throw badRequest(`no kind ${JSON.stringify(kind)} is served in ${JSON.stringify(object.apiVersion)}`)
  const { name, namespace } = object.metadata
  if (!name) throw badRequest(`${kind}: metadata.name is required`)
  if (served.namespaced !== Boolean(namespace))
    throw badRequest(`${kind} ${name}: ${served.namespaced ? 'metadata.namespace is required' : 'has no namespace'}`)
  const collection = new URL(collectionPath(served, namespace), call.request.url)
  const one = new URL(`${collection.pathname}/${encodeURIComponent(name)}`, call.request.url)
  const found = await handle(request(call, one, 'GET'))
  if (found.status !== 200 && found.status !== 404) throw await refusal(found)
  const stored = found.status === 200 ? ((await found.json()) as KubeObject) : undefined
  const wanted = object['spec'] === undefined ? stored : object
  if (!wanted) throw await refusal(found)
  const target = stored ? one : collection
  target.searchParams.set('dryRun', 'All')
  const answer = await handle(request(call, target, stored ? 'PUT' : 'POST', wanted))
  if (!answer.ok) throw await refusal(answer)
  return (await answer.json()) as KubeObject
}

function collectionPath({ group, version, plural }: ServedKind, namespace: string | undefined): string {
  return `/apis/${group}/${version}${namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''}/${plural}`
}

/** Carries who asks; the answer is always JSON. */
function request({ request: outer }: Call, url: URL, method: string, body?: KubeObject): Request {
  const headers = new Headers(outer.headers)
  for (const name of ['content-length', 'content-encoding', 'accept-encoding']) headers.delete(name)
  headers.set('accept', 'application/json')
  headers.set('content-type', 'application/json')
  return new Request(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
}

async function refusal(answer: Response): Promise<StatusError> {
  const { code, reason, message, details } = Refusal.parse(await answer.json())
  return new StatusError(code, reason, message, details)
}
