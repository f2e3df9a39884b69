// The documents made of the served kinds: rendered once for each set of kinds, answered with an ETag.
import type { JsonObject } from '../../api/json.ts'
import { acceptedTypes, negotiate } from '../http/negotiate.ts'
import { respondTagged } from '../http/respond.ts'
import { UnservedPathError, unknownPath } from '../http/status-error.ts'
import type { KindIndex } from '../kinds/kind-source.ts'
import { openApiV2, openApiV2Protobuf, openApiV2ProtobufType } from '../openapi/v2.ts'
import { openApiV3Document, openApiV3Index } from '../openapi/v3.ts'
import { aggregatedDiscovery, contentHash, coreVersions, groupDocument, groupList, resourceList } from './discovery.ts'

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface Rendered {
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly etag: string
}

const cache = new WeakMap<KindIndex, Map<string, Rendered>>()

/** Answers a discovery or OpenAPI path. Throws StatusError 404 for any other. */
export function documentResponse(request: Request, segments: readonly string[], index: KindIndex): Response {
  const [root, ...rest] = segments
  if (root === 'openapi') return openApi(request, rest, index)
  if ((root === 'api' || root === 'apis') && rest.length === 0 && wantsAggregated(request)) {
    const build = () => JSON.stringify(aggregatedDiscovery(index.kinds, root === 'api'))
    return tagged(request, index, `aggregated ${root}`, aggregatedType, build)
  }
  negotiate(request.headers.get('accept'))
  const document = plainDocument(root, rest, index)
  if (!document) throw unservedDocument(segments, index)
  return tagged(request, index, `plain ${segments.join('/')}`, 'application/json', () => JSON.stringify(document))
}

/** Outside the groups that are built in nothing answers. */
function unservedDocument([root, group]: readonly string[], { kinds }: KindIndex): Error {
  const known =
    root === 'api' || (root === 'apis' && kinds.some((kind) => kind.origin === 'builtin' && kind.group === group))
  return known ? unknownPath() : new UnservedPathError()
}

function plainDocument(
  root: string | undefined,
  rest: readonly string[],
  { kinds }: KindIndex,
): JsonObject | undefined {
  const [first, second, ...more] = rest
  if (more.length > 0) return undefined
  if (root === 'api') {
    if (first === undefined) return coreVersions
    return second === undefined ? resourceList(kinds, '', first) : undefined
  }
  if (root !== 'apis') return undefined
  if (first === undefined) return groupList(kinds)
  return second === undefined ? groupDocument(kinds, first) : resourceList(kinds, first, second)
}

/** The client offers the aggregated form before anything else this server can do. */
function wantsAggregated(request: Request): boolean {
  for (const { type, parameters } of acceptedTypes(request.headers.get('accept'))) {
    const as = parameters.get('as')
    if (as === undefined && (type === 'application/json' || type === '*/*')) return false
    const known = parameters.get('g') === 'apidiscovery.k8s.io' && parameters.get('v') === 'v2'
    if (as === 'APIGroupDiscoveryList' && known && type === 'application/json') return true
  }
  return false
}

function openApi(request: Request, rest: readonly string[], index: KindIndex): Response {
  const [version, ...path] = rest
  if (version === 'v2' && path.length === 0) return openApi2(request, index)
  if (version !== 'v3') throw unknownPath()
  if (path.length === 0) {
    return tagged(request, index, 'v3', 'application/json', () => JSON.stringify(openApiV3Index(index.kinds)))
  }
  const document = openApiV3Document(index.kinds, path.join('/'))
  if (!document) throw unknownPath()
  return respondTagged(request, document.body, { type: 'application/json', etag: document.hash })
}

function openApi2(request: Request, index: KindIndex): Response {
  const protobuf = acceptedTypes(request.headers.get('accept')).find(
    ({ type }) => type.includes('proto-openapi') || type === 'application/json' || type === '*/*',
  )
  if (protobuf?.type.includes('proto-openapi')) {
    return tagged(request, index, 'v2 protobuf', openApiV2ProtobufType, () =>
      Uint8Array.from(openApiV2Protobuf(index.kinds)),
    )
  }
  return tagged(request, index, 'v2', 'application/json', () => JSON.stringify(openApiV2(index.kinds)))
}

function tagged(request: Request, index: KindIndex, id: string, type: string, build: () => Rendered['body']): Response {
  const documents = cache.get(index) ?? new Map<string, Rendered>()
  cache.set(index, documents)
  let rendered = documents.get(id)
  if (!rendered) {
    const body = build()
    rendered = { body, etag: contentHash(body) }
    documents.set(id, rendered)
  }
  return respondTagged(request, rendered.body, { type, etag: rendered.etag })
}
