// OpenAPI v3: one document for each group and version, and an index with their content hashes.
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'
import { Definitions } from './definitions.ts'
import {
  collectionPath,
  groupVersionPath,
  gvkOf,
  objectPath,
  operationId,
  patchParameters,
  patchTypes,
  type QueryParameter,
  writeParameters,
} from './operations.ts'

interface Rendered {
  readonly body: string
  readonly hash: string
}

/** Documents are made once for a set of kinds; a new set is a new array. */
const rendered = new WeakMap<readonly ServedKind[], Map<string, Rendered>>()

const query = ({ name, type }: QueryParameter): JsonObject => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
})

const inPath = (name: string): JsonObject => ({ name, in: 'path', required: true, schema: { type: 'string' } })

function content(types: readonly string[], schema: Json): JsonObject {
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) }
}

function operation(
  verb: 'get' | 'post' | 'put' | 'patch' | 'delete',
  kind: ServedKind,
  parameters: readonly QueryParameter[],
  reference: JsonObject,
): JsonObject {
  const body =
    verb === 'patch'
      ? content(patchTypes(kind), {})
      : verb === 'get' || verb === 'delete'
        ? undefined
        : content(['*/*'], reference)
  const action = { get: 'get', post: 'post', put: 'put', patch: 'patch', delete: 'delete' }[verb]
  return {
    operationId: operationId(verb, kind),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(kind),
    parameters: parameters.map(query),
    ...(body !== undefined && { requestBody: { ...body, required: true } }),
    responses: { '200': { description: 'OK', ...content(['application/json'], reference) } },
  }
}

function pathsOf(kind: ServedKind, reference: JsonObject): readonly (readonly [path: string, item: JsonObject])[] {
  const namespace = kind.namespaced ? [inPath('namespace')] : []
  const collection: JsonObject = {
    post: operation('post', kind, writeParameters, reference),
    parameters: namespace,
  }
  if (kind.virtual) return [[collectionPath(kind), collection]]
  const item: JsonObject = {
    get: operation('get', kind, [], reference),
    put: operation('put', kind, writeParameters, reference),
    patch: operation('patch', kind, patchParameters, reference),
    delete: operation('delete', kind, [{ name: 'dryRun', type: 'string' }], reference),
    parameters: [inPath('name'), ...namespace],
  }
  return [
    [collectionPath(kind), collection],
    [objectPath(kind), item],
  ]
}

function document(kinds: readonly ServedKind[]): JsonObject {
  const definitions = new Definitions('v3')
  const paths = kinds.flatMap((kind) => pathsOf(kind, definitions.reference(definitions.add(kind))))
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(paths),
    components: { schemas: definitions.all() },
  }
}

/** Body of `/openapi/v3/{path}` with its hash (upper-case hex SHA-512), or undefined when nothing is served there. */
export function openApiV3Document(kinds: readonly ServedKind[], path: string): Rendered | undefined {
  const documents = rendered.get(kinds) ?? new Map<string, Rendered>()
  rendered.set(kinds, documents)
  const known = documents.get(path)
  if (known !== undefined) return known
  const mine = kinds.filter((kind) => groupVersionPath(kind) === path)
  if (mine.length === 0) return undefined
  const body = JSON.stringify(document(mine))
  const made = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() }
  documents.set(path, made)
  return made
}

/** Body of `/openapi/v3`: group-version path (`api/v1`, `apis/apps/v1`) to its URL with the document's hash. */
export function openApiV3Index(kinds: readonly ServedKind[]): JsonObject {
  const paths = [...new Set(kinds.map(groupVersionPath))].sort()
  return {
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        { serverRelativeURL: `/openapi/v3/${path}?hash=${openApiV3Document(kinds, path)?.hash ?? ''}` },
      ]),
    ),
  }
}
