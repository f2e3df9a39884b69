// The difference between how an object rests in the store and how one of its versions shows it: the apiVersion, and for
// events the names of fields.
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import { encodeTyped } from '../builtin/typed-encode.ts'
import type { ServedKind } from '../kind.ts'
import { shapeObject } from '../schema/shape.ts'
import { asCoreEvent, asEventsApi } from './event-form.ts'

/**
 * The object as this version of its kind shows it. Custom kinds may have gained defaults and lost fields since it was
 * written, or have other fields in the version it is stored in: what is shown is stored only with the next write.
 */
export function asServed(kind: ServedKind, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  if (isEventsApi(kind) && object.apiVersion !== apiVersion) {
    const shown = asEventsApi(object)
    return kind.schema ? (encodeTyped(kind.schema, asJson(shown)) as unknown as KubeObject) : shown
  }
  const same = object.apiVersion === apiVersion && object.kind === kind.kind
  const named = same ? object : { ...object, apiVersion, kind: kind.kind }
  const shown = isRole(kind) && named['rules'] === undefined ? { ...named, rules: null } : named
  if (kind.origin !== 'custom' || !kind.schema) return shown
  return shapeObject(kind.schema, asJson(shown)).object as unknown as KubeObject
}

/** The object as it rests in the store. */
export function asStored(kind: ServedKind, object: KubeObject): KubeObject {
  if (isEventsApi(kind) && object.apiVersion !== kind.storageApiVersion) return asCoreEvent(object)
  return object.apiVersion === kind.storageApiVersion ? object : { ...object, apiVersion: kind.storageApiVersion }
}

/** A role without rules says so. */
function isRole({ group, kind }: ServedKind): boolean {
  return group === 'rbac.authorization.k8s.io' && (kind === 'Role' || kind === 'ClusterRole')
}

function isEventsApi({ group, plural }: ServedKind): boolean {
  return group === 'events.k8s.io' && plural === 'events'
}
