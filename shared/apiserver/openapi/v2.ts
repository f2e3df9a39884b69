// OpenAPI v2, for clients that ask for the whole API in one document: as JSON and as gnostic protobuf.
import type { JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'

/** Content type of `openApiV2Protobuf`; clients refuse any other spelling. */
export const openApiV2ProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

export function openApiV2(_kinds: readonly ServedKind[]): JsonObject {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1' }, paths: {}, definitions: {} }
}

export function openApiV2Protobuf(_kinds: readonly ServedKind[]): Uint8Array {
  return new Uint8Array()
}
