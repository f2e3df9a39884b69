// May this user do this? Refusals in Kubernetes' words.
import type { ResourceRequest } from '../http/request-info.ts'
import { forbidden, StatusError } from '../http/status-error.ts'
import type { Attributes, Authorize, User } from '../options.ts'

/** Paths anybody may read. */
const openPaths = new Set(['healthz', 'livez', 'readyz', 'version'])

export function isOpenPath(segments: readonly string[]): boolean {
  return openPaths.has(segments[0] ?? '')
}

export function attributesOf(request: ResourceRequest): Attributes {
  const { verb, group, version, resource, subresource, namespace, name } = request
  return { verb, group, version, resource, subresource, namespace, name }
}

/** Throws StatusError 403 unless the user may make this request. */
export async function requireAccess(authorize: Authorize, user: User, request: ResourceRequest): Promise<void> {
  const verdict = await authorize(user, attributesOf(request))
  if (verdict.allowed) return
  const { verb, group, resource, subresource, namespace, name } = request
  const what = subresource === undefined ? resource : `${resource}/${subresource}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const why = verdict.reason ? `: ${verdict.reason}` : ''
  const message = `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${why}`
  throw forbidden({ group, resource: what }, name ?? '', message)
}

/** Throws StatusError 403 unless the user may read this path. */
export async function requirePathAccess(authorize: Authorize, user: User, path: string): Promise<void> {
  const verdict = await authorize(user, { verb: 'get', path })
  if (verdict.allowed) return
  throw new StatusError(403, 'Forbidden', `forbidden: User "${user.name}" cannot get path "${path}"`)
}
