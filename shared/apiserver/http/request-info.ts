// What a request is about, told from its method and URL alone.
import { badRequest, unknownPath } from './status-error.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** A request for objects of one resource. */
export interface ResourceRequest {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  readonly verb: Verb
  readonly query: URLSearchParams
}

export type RequestTarget =
  | { readonly kind: 'path'; readonly segments: readonly string[] }
  | { readonly kind: 'resource'; readonly request: ResourceRequest }

const collectionVerbs: Readonly<Record<string, Verb>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' }
const objectVerbs: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Third segments below a namespace that belong to the Namespace itself. */
const namespaceSubresources = new Set(['status', 'finalize'])

/**
 * Splits a raw URL. Throws a 404 StatusError for paths no resource can have and a 400 for escapes that are no UTF-8.
 * `undefined` verb (405) is decided by the caller through `verbOf`.
 */
export function requestTarget(method: string, url: URL): RequestTarget {
  const segments = decoded(url.pathname)
    .split('/')
    .filter((segment) => segment !== '')
  const start = resourceStart(segments)
  if (start === undefined || segments.length <= start) return { kind: 'path', segments }
  const group = segments[0] === 'api' ? '' : (segments[1] ?? '')
  const version = segments[start - 1] ?? ''
  const rest = segments.slice(start)
  const query = readableQuery(url.search)
  const watchPrefix = rest[0] === 'watch' && rest.length > 1
  const parts = resourceParts(watchPrefix ? rest.slice(1) : rest)
  const watch = watchPrefix || (parts.name === undefined && isTrue(query.get('watch')))
  const verb = verbOf(method, parts.name, watch)
  return { kind: 'resource', request: { group, version, ...parts, verb, query } }
}

/** Index of the first segment behind group and version, or undefined outside `/api` and `/apis`. */
function resourceStart(segments: readonly string[]): number | undefined {
  if (segments[0] === 'api') return 2
  return segments[0] === 'apis' ? 3 : undefined
}

function resourceParts(
  parts: readonly string[],
): Pick<ResourceRequest, 'namespace' | 'resource' | 'name' | 'subresource'> {
  const below = parts[2]
  const inNamespace = parts[0] === 'namespaces' && below !== undefined && !namespaceSubresources.has(below)
  const [resource, name, subresource, ...more] = inNamespace ? parts.slice(2) : parts
  if (resource === undefined || more.length > 0) throw unknownPath()
  return { namespace: inNamespace ? parts[1] : undefined, resource, name, subresource }
}

function verbOf(method: string, name: string | undefined, watch: boolean): Verb {
  const asked = method === 'HEAD' ? 'GET' : method
  const verb = (name === undefined ? collectionVerbs : objectVerbs)[asked]
  if (verb === undefined) return 'get'
  return watch && (verb === 'list' || (verb === 'get' && name !== undefined)) ? 'watch' : verb
}

/** Whether a method can be meant for a collection (`name` absent) or an object at all. */
export function isAllowedMethod(method: string, name: string | undefined): boolean {
  const asked = method === 'HEAD' ? 'GET' : method
  return Object.hasOwn(name === undefined ? collectionVerbs : objectVerbs, asked)
}

/** As the API server reads booleans in a query: whatever is there is true, but for `false` and `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

/** The parameters the API server would see: it passes over those with a broken escape or a semicolon. */
function readableQuery(search: string): URLSearchParams {
  const pairs = search.slice(1).split('&')
  return new URLSearchParams(pairs.filter((pair) => !/%(?![0-9a-f]{2})|;/i.test(pair)).join('&'))
}

/** An escaped slash separates as a plain one does: no name of a kind may hold one. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw badRequest(`invalid URL escape in "${path}"`)
  }
}
