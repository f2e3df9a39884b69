// The operations of a kind that clients look up in OpenAPI: kubectl needs the PATCH with its parameters to know that it
// may validate, dry-run and apply; it looks for nothing else.
import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf } from '../../api/kube-object.ts'
import type { ServedKind } from '../kind.ts'

/** `api/v1` or `apis/apps/v1`: the path below which a group-version is served. */
export function groupVersionPath({ group, version }: Pick<ServedKind, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

/** Path of one object of a kind. */
export function objectPath(kind: ServedKind): string {
  const scope = kind.namespaced ? '/namespaces/{namespace}' : ''
  return `/${groupVersionPath(kind)}${scope}/${kind.plural}/{name}`
}

/** Path of the collection objects are created in. */
export function collectionPath(kind: ServedKind): string {
  return objectPath(kind).replace(/\/\{name\}$/, '')
}

export function gvkOf({ group, version, kind }: ServedKind): JsonObject {
  return { group, version, kind }
}

/** Patch types the kind accepts, in the order clients should consider them. */
export function patchTypes(kind: ServedKind): readonly string[] {
  return [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(kind.strategicMerge ? ['application/strategic-merge-patch+json'] : []),
    'application/apply-patch+yaml',
  ]
}

export interface QueryParameter {
  readonly name: string
  readonly type: 'string' | 'boolean'
}

/** Query parameters of writes. */
export const writeParameters: readonly QueryParameter[] = [
  { name: 'dryRun', type: 'string' },
  { name: 'fieldManager', type: 'string' },
  { name: 'fieldValidation', type: 'string' },
]

export const patchParameters: readonly QueryParameter[] = [...writeParameters, { name: 'force', type: 'boolean' }]

/** An id unique in the document, `patchAppsV1NamespacedDeployment`. */
export function operationId(verb: string, kind: ServedKind): string {
  const words = `${apiVersionOf(kind)}/${kind.namespaced ? 'namespaced' : ''}/${kind.kind}`.split(/[^A-Za-z0-9]+/)
  return `${verb}${words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('')}`
}
