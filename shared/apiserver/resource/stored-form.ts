// The difference between how an object rests in the store and how one of its versions shows it: the apiVersion, and for
// events the names of fields.
import { apiVersionOf, type KubeObject } from '../../api/kube-object.ts'
import type { ServedKind } from '../kind.ts'
import { asCoreEvent, asEventsApi } from './event-form.ts'

/** The object as this version of its kind shows it. */
export function asServed(kind: ServedKind, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  if (isEventsApi(kind) && object.apiVersion !== apiVersion) return asEventsApi(object)
  return object.apiVersion === apiVersion && object.kind === kind.kind
    ? object
    : { ...object, apiVersion, kind: kind.kind }
}

export function asStored(kind: ServedKind, object: KubeObject): KubeObject {
  if (isEventsApi(kind) && object.apiVersion !== kind.storageApiVersion) return asCoreEvent(object)
  return object.apiVersion === kind.storageApiVersion ? object : { ...object, apiVersion: kind.storageApiVersion }
}

function isEventsApi({ group, plural }: ServedKind): boolean {
  return group === 'events.k8s.io' && plural === 'events'
}
