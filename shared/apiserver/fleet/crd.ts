// CustomResourceDefinitions of the fleet's kinds, for clusters that must serve one themselves: members hold AppliedWorks.
import type { Json, JsonObject } from '../../api/json.ts'
import type { KindDefinition, KindVersion } from '../../api/kind-definition.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { kindSchema } from './fleet-kinds.ts'

function versionOf(kind: KindDefinition, version: KindVersion, storage: boolean): JsonObject {
  return {
    name: version.name,
    served: true,
    storage,
    // A schema is plain JSON data; its type only names the keywords.
    schema: { openAPIV3Schema: kindSchema(kind, version) as unknown as Json },
    ...(kind.statusSubresource ? { subresources: { status: {} } } : {}),
    ...(version.columns.length > 0
      ? { additionalPrinterColumns: version.columns.map((column) => ({ ...column })) }
      : {}),
  }
}

/** The definition as `kubectl apply` takes it, with all versions. */
export function crdOf(kind: KindDefinition): KubeObject {
  const singular = kind.kind.toLowerCase()
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular,
        ...(kind.shortNames.length > 0 ? { shortNames: [...kind.shortNames] } : {}),
        ...(kind.categories.length > 0 ? { categories: [...kind.categories] } : {}),
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: kind.versions.map((version, index) => versionOf(kind, version, index === 0)),
    },
  }
}
