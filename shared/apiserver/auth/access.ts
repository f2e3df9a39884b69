// May this user do this? Refusals in Kubernetes' words.
import type { ResourceRequest } from '../http/request-info.ts'
import { forbidden, StatusError } from '../http/status-error.ts'
import type { Attributes, Authorize, User } from '../options.ts'

/** Paths anybody may read. */
const openPaths = new Set(['healthz', 'livez', 'readyz', 'version'])

export function isOpenPath(segments: readonly string[]): boolean {
  return openPaths.has(segments[0] ?? '')
}

/** What a request for a resource wants, as rules and refusals speak of it. */
export function attributesOf(request: ResourceRequest): Attributes {
  const { verb, group, version, resource, subresource } = request
  const name = request.name ?? (verb === 'list' || verb === 'watch' ? selectedName(request.query) : undefined)
  // A Namespace lies in itself: a role in it may let its users read it.
  const namespace = request.namespace ?? (group === '' && resource === 'namespaces' ? request.name : undefined)
  return { verb, group, version, resource, subresource, namespace, name }
}

/** What a request for a path wants: its method is the verb. */
export function pathAttributes(method: string, path: string): Attributes {
  return { verb: method.toLowerCase(), path }
}

/** A list of the one object a field selector names counts as a list of that name. */
function selectedName(query: URLSearchParams): string | undefined {
  for (const term of (query.get('fieldSelector') ?? '').split(',')) {
    const name = /^metadata\.name==?([^=!\\/%]+)$/.exec(term)?.[1]
    if (name !== undefined && name !== '.' && name !== '..') return name
  }
  return undefined
}

/** Throws StatusError 403 unless the user may do this. */
export async function requireAccess(authorize: Authorize, user: User, attributes: Attributes): Promise<void> {
  const verdict = await authorize(user, attributes)
  if (!verdict.allowed) throw refusal(user, attributes, verdict.reason)
}

/** The 403 of something this user may not do. */
export function refusal(user: User, attributes: Attributes, reason: string | undefined): StatusError {
  const { verb, group = '', resource = '', subresource, namespace, name, path } = attributes
  const why = reason ? `: ${reason}` : ''
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`
  if (path !== undefined)
    return new StatusError(403, 'Forbidden', `forbidden: ${who} path ${JSON.stringify(path)}${why}`, {})
  const what = subresource === undefined ? resource : `${resource}/${subresource}`
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'
  const message = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${why}`
  return forbidden({ group, resource }, name ?? '', message)
}
