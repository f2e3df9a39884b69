// PUT: the whole new state of an object, its status, or the finalizers of a Namespace.
import type { KubeObject } from '../../api/kube-object.ts'
import { decodeObject } from '../http/body.ts'
import { badRequest, invalid, type StatusError } from '../http/status-error.ts'
import type { Call } from './call.ts'
import { createProposed } from './create.ts'
import { lookUp, modify } from './modify.ts'
import { objectOfKind } from './settle.ts'
import { writeOptions } from './write-options.ts'
import type { Written } from './written.ts'

/** Replaces the object of a PUT, or creates it where the kind does that. Throws StatusError 400, 404, 409 or 422. */
export async function update(call: Call): Promise<Written> {
  const { value, duplicates } = await decodeObject(call.request, call.kind.kind)
  const options = writeOptions(call)
  const decoded = objectOfKind(call, value)
  const object = addressed(call, decoded.object)
  const { kind, target } = call
  const proposal = { ...decoded, object, duplicates }
  if (kind.createsOnUpdate && target.subresource === undefined && !(await lookUp(call)))
    return { object: await createProposed(call, proposal, options), created: true }
  const propose = () => {
    if (kind.needsVersion && !object.metadata.resourceVersion) throw unversioned(call)
    return proposal
  }
  return { object: await modify(call, propose, options), created: false }
}

/** Names the resource, not the kind: the storage refuses, not the validation. */
function unversioned({ kind, target }: Call): StatusError {
  const message = 'Invalid value: 0: must be specified for an update'
  return invalid({ group: kind.group, kind: kind.plural }, target.name ?? '', [
    { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
  ])
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
