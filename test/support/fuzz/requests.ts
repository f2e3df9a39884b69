// Requests for the fuzzer: most begin as ones that clients send, and go wrong in one or a few places.
import fc, { type GeneratorValue } from 'fast-check'
import type { ServedKind } from '../../../shared/apiserver/kind.ts'
import { damagedObject, encodedBody, oddTexts, sampleObject } from './bodies.ts'
import { oneIn, pick } from './pick.ts'

export interface FuzzRequest {
  readonly method: string
  /** Path and query as they go over the wire. */
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
}

const names = ['x'.repeat(254), 'A_b', '%2e%2e', 'a%2Fb', '%00', '%F0%9F%98%80', '__proto__']
const namespaces = ['kube-system', 'missing', '__proto__', '%20']
const subresources = ['status', 'scale', 'finalize', 'token', 'log', 'constructor', 'status/x']
const oddPaths = [
  '/',
  '//',
  '/api',
  '/apis',
  '/api/',
  '/api/v1',
  '/apis/apps/v1',
  '/apis/apps/v9',
  '/api/v1//configmaps',
  '/api/v1/namespaces/default/',
  '/api/v1/namespaces/default/configmaps/a/b/c/d',
  '/api/v1/watch/configmaps',
  '/api/v1/watch/namespaces/default/configmaps/a',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/apps/v1',
  '/openapi/v3/constructor',
  '/apis/__proto__/v1/x',
  '/apis/constructor/prototype/toString',
  '/api/v1/%E0%A4%A',
  '/api/v1/namespaces/%ff/pods',
  '/version',
  '/healthz/ping',
  '/metrics',
  '/apis/apps/v1/namespaces/default/deployments/%2e%2e/%2e%2e',
  '/api/v1/../../etc/passwd',
  '/.%00',
]

const queries: Readonly<Record<string, readonly string[]>> = {
  labelSelector: [
    'a=b',
    'a in (b,c),!d',
    'a notin ()',
    'x.io/y',
    'a>1',
    'a==b==c',
    '(((',
    'a in (',
    '!',
    ',,,',
    'a='.repeat(500),
  ],
  fieldSelector: [
    'metadata.name=a',
    'metadata.namespace!=x',
    'spec.color=red',
    'status.phase=Active',
    'a=b',
    '=',
    '\\',
    'metadata.name=a,metadata.name=b',
  ],
  limit: ['1', '2', '500', '0', '-1', '99999999999999999999', 'x', '1e3', ''],
  continue: ['x', 'eyJ2IjoxLCJydiI6MSwic3RhcnQiOnsibmFtZSI6ImEifX0', 'e30', 'bnVsbA', 'A'.repeat(3000)],
  resourceVersion: ['0', '1', '2', '5', '999999', '-1', 'x', '00', '18446744073709551616', ''],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  watch: ['true', '1', 'false', 'x'],
  sendInitialEvents: ['true', 'false', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  timeoutSeconds: ['1', '0', '5', '-1', 'x', '99999999999'],
  fieldManager: ['me', '', 'x'.repeat(200), '\u0000'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  dryRun: ['All', 'x', ''],
  force: ['true', 'x'],
  propagationPolicy: ['Foreground', 'Background', 'Orphan', 'x'],
  gracePeriodSeconds: ['0', '-1', 'x'],
  orphanDependents: ['true', 'x'],
  includeObject: ['None', 'Object', 'x'],
  pretty: ['true', 'x'],
  __proto__x: ['1'],
}

const accepts = [
  'application/json',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/vnd.kubernetes.protobuf, */*',
  'application/yaml',
  'text/html',
  ';;;,,,q=',
  'application/json;q=x',
  `${'a/b,'.repeat(2_000)}*/*`,
]

const patchTypes = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
]

/** One request about one of these kinds. */
export function fuzzRequest(g: GeneratorValue, kinds: readonly ServedKind[]): FuzzRequest {
  const headers: [string, string][] = [['accept', oneIn(g, 4) ? pick(g, accepts) : '*/*'], ...oddHeaders(g)]
  if (oneIn(g, 15)) {
    return {
      method: pick(g, ['GET', 'POST', 'DELETE']),
      path: `${pick(g, oddPaths)}${query(g)}`,
      headers,
    }
  }
  // Kinds that several clients write often are worth more cases than the other eighty.
  const favoured = oneIn(g, 2) ? kinds.filter(({ plural }) => frequent.has(plural)) : kinds
  const kind = pick(g, favoured)
  const name = oneIn(g, 8) ? pick(g, names) : pick(g, ['a', 'b'])
  const collection = collectionPath(g, kind)
  const operation = pick(g, [
    'POST',
    'POST',
    'PUT',
    'PATCH',
    'PATCH',
    'PATCH',
    'GET',
    'LIST',
    'DELETE',
    'DELETECOLLECTION',
  ])
  if (operation === 'LIST')
    return { method: pick(g, ['GET', 'GET', 'HEAD']), path: `${collection}${query(g)}`, headers }
  const subresource = oneIn(g, 5) ? `/${pick(g, subresources)}` : ''
  const whole = operation === 'POST' || operation === 'DELETECOLLECTION'
  const path = `${whole ? collection : `${collection}/${name}${subresource}`}${query(g)}`
  const method = operation === 'DELETECOLLECTION' ? 'DELETE' : operation
  if (operation === 'GET') return { method, path, headers }
  return withBody(g, { method, path, headers }, kind, decodedName(name))
}

const frequent = new Set([
  'configmaps',
  'gizmos',
  'deployments',
  'secrets',
  'namespaces',
  'events',
  'customresourcedefinitions',
  'clusterresourceplacements',
])

function decodedName(name: string): string {
  return name === '%F0%9F%98%80' ? '😀' : name
}

function collectionPath(g: GeneratorValue, kind: ServedKind): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
  const namespaced = kind.namespaced !== oneIn(g, 20)
  return namespaced
    ? `${root}/namespaces/${oneIn(g, 10) ? pick(g, namespaces) : 'default'}/${kind.plural}`
    : `${root}/${kind.plural}`
}

function query(g: GeneratorValue): string {
  const count = oneIn(g, 2) ? pick(g, [1, 2, 4]) : 0
  const pairs: string[] = []
  for (let index = 0; index < count; index += 1) {
    const key = pick(g, [...Object.keys(queries)])
    const value = oneIn(g, 6) ? pick(g, oddTexts) : pick(g, [...(queries[key] ?? [''])])
    pairs.push(`${key}=${oneIn(g, 10) ? '%zz' : encoded(value)}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function oddHeaders(g: GeneratorValue): [string, string][] {
  switch (g(fc.integer, { min: 0, max: 19 })) {
    case 0:
      return [['user-agent', 'x'.repeat(4_000)]]
    case 1:
      return [['user-agent', pick(g, ['', '/', 'kubectl/v1 (x)', '\u00e9'])]]
    case 2:
      return [['impersonate-user', pick(g, ['', 'me', '__proto__', 'system:serviceaccount:a:b'])]]
    case 3:
      return [['impersonate-group', 'a,b']]
    case 4:
      return [
        ['impersonate-user', 'me'],
        ['impersonate-extra-__proto__', 'x'],
        ['impersonate-extra-%00', 'y'],
      ]
    case 5:
      return [['authorization', pick(g, ['Bearer', 'Bearer ', 'Basic e30=', 'x'.repeat(9_000)])]]
    case 6:
      return [['if-none-match', pick(g, ['*', '"', 'W/"x"'])]]
    case 7:
      return [['accept-encoding', 'gzip;q=x, br, *']]
    default:
      return []
  }
}

function withBody(g: GeneratorValue, request: Omit<FuzzRequest, 'body'>, kind: ServedKind, name: string): FuzzRequest {
  if (request.method === 'DELETE') return deletion(g, request)
  const sample = sampleObject(g, kind, name)
  const object = damagedObject(g, sample, oneIn(g, 2) ? pick(g, [1, 2, 5]) : 0)
  if (request.method === 'PATCH') return patch(g, request, object)
  return typed(request, encodedBody(g, object))
}

function typed(
  request: Omit<FuzzRequest, 'body'>,
  body: { type: string; bytes: Uint8Array; encoding?: string },
): FuzzRequest {
  const headers = [
    ...request.headers,
    ...(body.type === '' ? [] : [['content-type', body.type] as const]),
    ...(body.encoding === undefined ? [] : [['content-encoding', body.encoding] as const]),
  ]
  return { ...request, headers, body: body.bytes }
}

function deletion(g: GeneratorValue, request: Omit<FuzzRequest, 'body'>): FuzzRequest {
  const options = pick(g, [
    undefined,
    undefined,
    { propagationPolicy: 'Orphan' },
    { preconditions: { uid: 'x' } },
    { dryRun: ['All'] },
    { gracePeriodSeconds: 'x' },
    { preconditions: [] },
    [],
    { propagationPolicy: {} },
  ])
  if (options === undefined) return request
  const whole = Array.isArray(options) ? options : { kind: 'DeleteOptions', apiVersion: 'v1', ...options }
  return typed(request, { type: 'application/json', bytes: Buffer.from(JSON.stringify(whole)) })
}

function patch(g: GeneratorValue, request: Omit<FuzzRequest, 'body'>, object: Record<string, unknown>): FuzzRequest {
  const type = pick(g, patchTypes)
  const content = type === 'application/json-patch+json' ? operations(g, object) : object
  const { bytes } = encodedBody(g, content as Record<string, unknown>)
  const path =
    type === 'application/apply-patch+yaml' && !request.path.includes('fieldManager')
      ? withParameter(request.path, 'fieldManager=fuzz')
      : request.path
  return typed({ ...request, path }, { type, bytes: oneIn(g, 3) ? bytes : Buffer.from(JSON.stringify(content)) })
}

function withParameter(path: string, parameter: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${parameter}`
}

function operations(g: GeneratorValue, object: Record<string, unknown>): unknown[] {
  const pointers = [
    '',
    '/metadata',
    '/metadata/labels/a',
    '/spec',
    '/data',
    '/spec/parts/0',
    '/spec/-',
    '/__proto__/x',
    '/constructor',
    'x',
    '/metadata/labels/~2',
    '/metadata/name',
    '/metadata/uid',
    '/apiVersion',
  ]
  return Array.from({ length: g(fc.integer, { min: 0, max: 5 }) }, () => ({
    op: pick(g, ['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', '']),
    path: pick(g, pointers),
    from: pick(g, pointers),
    value: pick(g, [object, object['metadata'], 1, null, 'x', [], {}]),
  }))
}
