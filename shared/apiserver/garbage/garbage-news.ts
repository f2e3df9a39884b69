// Garbage: dependents whose owners are gone, the content of namespaces and of CustomResourceDefinitions being deleted.
// This file says which writes wake the collector; the steps are in garbage.ts. Both are pure of HTTP.
import type { KubeObject } from '../../api/kube-object.ts'
import type { Message } from '../../api/message.ts'
import type { PendingChange } from '../options.ts'
import { newOwners } from './owned-store.ts'

/** Finalizers only the collector removes. */
export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'
export const crdFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** Kinds written often that own nothing. */
const neverOwners = new Set(['events', 'leases', 'endpointslices'])

/**
 * The messages a write sends to the collector: on removal, while a deletion waits for the collector's step, and when an
 * object names owners it did not name before, for they may be gone already.
 */
export function garbageNews({ type, key, change, object, previous }: PendingChange): readonly Message[] {
  if (neverOwners.has(type.resource)) return []
  const { uid } = object.metadata
  if (uid === undefined) return []
  const due =
    change === 'DELETED' ||
    (waitsForCollector(object) && !sameWait(object, previous)) ||
    newOwners(object, previous).length > 0
  if (!due) return []
  const body = {
    group: type.group,
    resource: type.resource,
    ...(key.namespace !== undefined && { namespace: key.namespace }),
    name: key.name,
    uid,
  }
  return [{ queue: 'collect-garbage', session: uid, body }]
}

function waitsForCollector({ kind, metadata, ['spec']: spec }: KubeObject): boolean {
  if (!metadata.deletionTimestamp) return false
  const finalizers = metadata.finalizers ?? []
  const waiting = [foregroundFinalizer, orphanFinalizer, crdFinalizer].some((finalizer) =>
    finalizers.includes(finalizer),
  )
  return waiting || (kind === 'Namespace' && namespaceFinalizers({ spec }).length > 0)
}

/** The deletion was already waiting in the state before: its message is on the way. */
function sameWait(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (!previous?.metadata.deletionTimestamp) return false
  const before = new Set(previous.metadata.finalizers ?? [])
  return (object.metadata.finalizers ?? []).every((finalizer) => before.has(finalizer))
}

/** `spec.finalizers` of a Namespace. */
export function namespaceFinalizers({ spec }: { spec?: unknown }): readonly string[] {
  const finalizers = typeof spec === 'object' && spec !== null && 'finalizers' in spec ? spec.finalizers : undefined
  return Array.isArray(finalizers) ? finalizers.filter((item): item is string => typeof item === 'string') : []
}
