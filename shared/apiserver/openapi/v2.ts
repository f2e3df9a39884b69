// OpenAPI v2, for clients that ask for the whole API in one document: as JSON and as gnostic protobuf.
import type { JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'
import { Definitions } from './definitions.ts'
import { encodeGnostic } from './gnostic.ts'
import {
  collectionPath,
  gvkOf,
  objectPath,
  operationId,
  patchParameters,
  patchTypes,
  type QueryParameter,
  writeParameters,
} from './operations.ts'

/** Content type of `openApiV2Protobuf`; clients refuse any other spelling. */
export const openApiV2ProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

const query = ({ name, type }: QueryParameter): JsonObject => ({ name, in: 'query', type, uniqueItems: true })
const inPath = (name: string): JsonObject => ({ name, in: 'path', required: true, type: 'string', uniqueItems: true })

function operation(
  verb: string,
  kind: ServedKind,
  parameters: readonly QueryParameter[],
  consumes: readonly string[],
  reference: JsonObject,
): JsonObject {
  const writes = verb === 'post' || verb === 'put'
  return {
    operationId: operationId(verb, kind),
    consumes,
    parameters: [
      ...(writes ? [{ name: 'body', in: 'body', required: true, schema: reference }] : []),
      ...parameters.map(query),
    ],
    responses: { '200': { description: 'OK', schema: reference } },
    'x-kubernetes-action': verb,
    'x-kubernetes-group-version-kind': gvkOf(kind),
  }
}

function pathsOf(kind: ServedKind, reference: JsonObject): readonly (readonly [path: string, item: JsonObject])[] {
  const namespace = kind.namespaced ? [inPath('namespace')] : []
  const post = operation('post', kind, writeParameters, ['*/*'], reference)
  const collection: JsonObject = { post, parameters: namespace }
  if (kind.virtual) return [[collectionPath(kind), collection]]
  const item: JsonObject = {
    get: operation('get', kind, [], ['*/*'], reference),
    put: operation('put', kind, writeParameters, ['*/*'], reference),
    patch: operation('patch', kind, patchParameters, patchTypes(kind), reference),
    delete: operation('delete', kind, [{ name: 'dryRun', type: 'string' }], ['*/*'], reference),
    parameters: [inPath('name'), ...namespace],
  }
  return [
    [collectionPath(kind), collection],
    [objectPath(kind), item],
  ]
}

const documents = new WeakMap<readonly ServedKind[], JsonObject>()

/** The whole API as Swagger 2. Made once for a set of kinds; a new set is a new array. */
export function openApiV2(kinds: readonly ServedKind[]): JsonObject {
  const known = documents.get(kinds)
  if (known !== undefined) return known
  const definitions = new Definitions('v2')
  const paths = kinds.flatMap((kind) => pathsOf(kind, definitions.reference(definitions.add(kind))))
  const document: JsonObject = {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(paths),
    definitions: definitions.all(),
  }
  documents.set(kinds, document)
  return document
}

/** The same document in the binary form Go clients ask for. */
export function openApiV2Protobuf(kinds: readonly ServedKind[]): Uint8Array {
  return encodeGnostic(openApiV2(kinds))
}
