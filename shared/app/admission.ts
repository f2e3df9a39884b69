// The fleet's own rules at the door of the API: defaults, and what a schema cannot say. Where KubeFleet has webhooks.
import type { KubeObject } from '../api/kube-object.ts'
import { PlacementSpec } from '../api/placement.ts'
import { withDefaults } from '../domain/placement/defaults.ts'
import { placementFinalizers } from './reconcile-placement.ts'

export interface Admission {
  readonly object: KubeObject
  readonly warnings?: readonly string[]
}

/** Defaults and checks an object about to be stored. Throws InvalidInputError naming field, value and what is allowed. */
export function admit(operation: 'CREATE' | 'UPDATE' | 'DELETE', object: KubeObject): Admission {
  if (operation === 'DELETE' || !isPlacement(object)) return { object }
  const spec = PlacementSpec.safeParse(object['spec'])
  const defaulted =
    spec.success && object.kind === 'ClusterResourcePlacement' ? withDefaults(spec.data) : object['spec']
  // Put there at birth, the finalizers cost no write of their own, and nothing can slip away before its first look.
  const finalizers =
    operation === 'CREATE'
      ? [...new Set([...(object.metadata.finalizers ?? []), ...placementFinalizers])]
      : object.metadata.finalizers
  return {
    object: { ...object, spec: defaulted, metadata: finalizers ? { ...object.metadata, finalizers } : object.metadata },
  }
}

function isPlacement({ apiVersion, kind }: KubeObject): boolean {
  return (
    apiVersion.startsWith('placement.kubernetes-fleet.io/') &&
    (kind === 'ClusterResourcePlacement' || kind === 'ResourcePlacement')
  )
}
