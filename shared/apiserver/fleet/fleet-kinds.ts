// The fleet's kinds, ready to be served.

import { hublessKinds } from '../../api/hubless-kinds.ts'
import type { KindDefinition, KindVersion } from '../../api/kind-definition.ts'
import { kinds } from '../../api/kinds.ts'
import { apiVersionOf } from '../../api/kube-object.ts'
import type { ServedKind } from '../kind.ts'
import type { Schema } from '../schema/schema.ts'
import { fieldsSchema } from './zod-schema.ts'

const text: Schema = { type: 'string' }

/** The schema of whole objects of a kind in one version. */
export function kindSchema(kind: KindDefinition, version: KindVersion): Schema {
  const fields = fieldsSchema(kind.fields, version.name)
  return {
    description: kind.description,
    ...fields,
    properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, ...fields.properties },
    ...(version.rules.length > 0 ? { 'x-kubernetes-validations': version.rules } : {}),
  }
}

function servedKind(kind: KindDefinition, version: KindVersion): ServedKind {
  const { group, plural } = kind
  return {
    origin: 'fleet',
    group,
    version: version.name,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural,
    singular: kind.kind.toLowerCase(),
    shortNames: kind.shortNames,
    categories: kind.categories,
    namespaced: kind.namespaced,
    storage: { group, resource: plural },
    storageApiVersion: apiVersionOf({ group, version: kind.versions[0]?.name ?? version.name }),
    schema: kindSchema(kind, version),
    statusSubresource: kind.statusSubresource,
    columns: version.columns,
    parts: kind.parts,
    ...(kind.virtual && { virtual: true }),
    selectableFields: [],
    strategicMerge: false,
    generation: true,
  }
}

/** Stable versions before beta before alpha, as discovery lists them. */
const stability = (version: string) => (version.includes('alpha') ? 2 : version.includes('beta') ? 1 : 0)

/** Every kind in every version, the preferred version of each first. Schemas are shared: compare them by identity. */
export const fleetKinds: readonly ServedKind[] = [...kinds, ...hublessKinds].flatMap((kind) =>
  kind.versions.toSorted((a, b) => stability(a.name) - stability(b.name)).map((version) => servedKind(kind, version)),
)
