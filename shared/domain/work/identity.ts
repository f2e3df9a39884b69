// The identity of a manifest within a work: everything that says which object is meant, but not where it stands.
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import type { WorkResourceIdentifier } from '../../api/work.ts'

/** The identifier of the manifest at a position. `resource` is absent when the member does not serve the kind. */
export function identifierOf(
  ordinal: number,
  object: KubeObject | undefined,
  resource?: string,
): WorkResourceIdentifier {
  if (!object) return { ordinal, ...(resource ? { resource } : {}) }
  const { group, version, kind } = gvkOf(object)
  const { name, namespace } = object.metadata
  return {
    ordinal,
    ...(group && { group }),
    version,
    kind,
    ...(resource && { resource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
  }
}

/** The identity as text, or `undefined` for a manifest that could not be read. */
export function identityText(id: WorkResourceIdentifier): string | undefined {
  if (!id.group && !id.version && !id.kind && !id.namespace && !id.name) return undefined
  return `GV=${id.group ?? ''}/${id.version ?? ''}, Kind=${id.kind ?? ''}, Namespace=${id.namespace ?? ''}, Name=${id.name ?? ''}`
}
