// PUT: the whole new state of an object, its status, or the finalizers of a Namespace.
import type { KubeObject } from '../../api/kube-object.ts'
import { decodeObject } from '../http/body.ts'
import { badRequest, invalid } from '../http/status-error.ts'
import { type Call, writeOptions } from './call.ts'
import { modify } from './modify.ts'
import { objectOfKind } from './settle.ts'

/** Replaces the object of a PUT. Throws StatusError 400, 404, 409 or 422. */
export async function update(call: Call): Promise<KubeObject> {
  const { value, duplicates } = await decodeObject(call.request)
  const options = writeOptions(call)
  const object = addressed(call, objectOfKind(call, value))
  const { kind, target } = call
  if (!object.metadata.resourceVersion && (kind.origin === 'custom' || kind.kind === 'CustomResourceDefinition')) {
    const message = 'Invalid value: 0x0: must be specified for an update'
    throw invalid(kind, target.name ?? '', [
      { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
    ])
  }
  return await modify(call, () => ({ object, duplicates }), options)
}

/** The body must speak of the object the URL names; what it leaves out is filled in. Throws StatusError 400. */
export function addressed({ target, kind }: Call, object: KubeObject): KubeObject {
  const { name, namespace } = object.metadata
  if (name && name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`)
  }
  if (namespace && (!kind.namespaced || namespace !== target.namespace)) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const place = target.namespace === undefined ? {} : { namespace: target.namespace }
  return {
    ...object,
    metadata: { ...object.metadata, ...(target.name !== undefined && { name: target.name }), ...place },
  }
}
