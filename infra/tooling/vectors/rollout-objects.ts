// Bindings and override snapshots as the vectors write them, and as the domain reads them.
import type { Binding } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { ClusterResourceOverrideSnapshot, ResourceOverrideSnapshot } from '../../../shared/api/override.ts'
import { plain } from './replayer.ts'

export interface BindingObject {
  readonly metadata: {
    readonly name?: string
    readonly namespace?: string
    readonly generation?: number
    readonly deletionTimestamp?: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
  }
  readonly spec: Record<string, unknown>
  readonly status?: { readonly conditions?: Condition[] }
}

/** A ClusterResourceBinding or ResourceBinding object as a binding of the domain. */
export function bindingOf(written: unknown): Binding {
  const { metadata, spec, status } = plain(written) as BindingObject
  const previous = metadata.annotations?.['kubernetes-fleet.io/previous-binding-state']
  return {
    ...(spec as unknown as Binding),
    name: metadata.name ?? '',
    generation: metadata.generation ?? 0,
    ...(metadata.deletionTimestamp ? { deletionTimestamp: metadata.deletionTimestamp } : {}),
    ...(previous ? { previousState: previous as 'Scheduled' | 'Bound' | 'Unscheduled' } : {}),
    conditions: status?.conditions ?? [],
  }
}

/** A list of bindings; null is the empty list. */
export function bindingsOf(written: unknown): Binding[] {
  return ((written ?? []) as unknown[]).map(bindingOf)
}

export interface ClusterObject {
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> }
}

export function clustersOf(written: unknown): { name: string; labels?: Record<string, string> | undefined }[] {
  return ((plain(written ?? []) ?? []) as ClusterObject[]).map(({ metadata }) => ({
    name: metadata.name,
    labels: metadata.labels,
  }))
}

/** Override snapshots of both kinds. */
export function overridesOf(cluster: unknown, namespaced: unknown) {
  return {
    cluster: plain(cluster ?? []) as ClusterResourceOverrideSnapshot[],
    namespaced: plain(namespaced ?? []) as ResourceOverrideSnapshot[],
  }
}

/** The selected objects of a resource snapshot object. */
export function resourcesOf(snapshot: unknown): KubeObject[] {
  const spec = (snapshot as { spec?: { selectedResources?: unknown[] | null } } | undefined)?.spec
  return (spec?.selectedResources ?? []) as KubeObject[]
}
