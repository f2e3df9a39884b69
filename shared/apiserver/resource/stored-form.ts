// The difference between how an object rests in the store and how one of its versions shows it: the apiVersion.
import { apiVersionOf, type KubeObject } from '../../api/kube-object.ts'
import type { ServedKind } from '../kind.ts'

/** The object as this version of its kind shows it. */
export function asServed(kind: ServedKind, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  return object.apiVersion === apiVersion && object.kind === kind.kind
    ? object
    : { ...object, apiVersion, kind: kind.kind }
}

export function asStored(kind: ServedKind, object: KubeObject): KubeObject {
  return object.apiVersion === kind.storageApiVersion ? object : { ...object, apiVersion: kind.storageApiVersion }
}
