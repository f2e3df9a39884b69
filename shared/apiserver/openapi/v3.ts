// OpenAPI v3: one document for each group and version, and an index with their content hashes.
import type { JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'

/** Body of `/openapi/v3`: group-version path (`api/v1`, `apis/apps/v1`) to its URL with the document's hash. */
export function openApiV3Index(_kinds: readonly ServedKind[]): JsonObject {
  return { paths: {} }
}

/** Body of `/openapi/v3/{path}` with its hash (upper-case hex SHA-512), or undefined when nothing is served there. */
export function openApiV3Document(
  _kinds: readonly ServedKind[],
  _path: string,
): { readonly body: string; readonly hash: string } | undefined {
  return undefined
}
