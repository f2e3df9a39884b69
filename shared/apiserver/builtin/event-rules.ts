// Rules of Events, in both APIs, and of Leases: what recorders and elections write.
import type { JsonObject } from '../../api/json.ts'
import { invalid, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { labelKeyComplaints } from '../selector/label-syntax.ts'
import { objectAt, valueAt } from './edit.ts'

const textAt = (object: JsonObject, ...path: readonly string[]): string => {
  const found = valueAt(object, ...path)
  return typeof found === 'string' ? found : ''
}

/** An event lives in the namespace of its object; of objects without one, in `default`. */
function checkNamespace(object: JsonObject): FieldError[] {
  const own = textAt(object, 'metadata', 'namespace')
  const theirs = textAt(object, 'involvedObject', 'namespace')
  const field = 'involvedObject.namespace'
  if (theirs === '') {
    if (own === 'default' || own === 'kube-system') return []
    return [invalid(field, theirs, 'does not match event.namespace')]
  }
  return own === theirs ? [] : [invalid(field, theirs, 'does not match event.namespace')]
}

/** Of a core Event. */
export function checkCoreEvent(object: JsonObject): readonly FieldError[] {
  return checkNamespace(object)
}

const longest = { action: 128, reason: 128, reportingInstance: 128, note: 1024 }

/** Of an events.k8s.io Event. */
export function checkEvent(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  if (old !== undefined) return []
  const missing = ['reportingInstance', 'action', 'reason'].filter((field) => textAt(object, field) === '')
  const controller = textAt(object, 'reportingController')
  const type = textAt(object, 'type')
  const tooLong = Object.entries(longest).filter(([field, length]) => textAt(object, field).length > length)
  return [
    ...(controller === '' ? [required('reportingController')] : []),
    ...labelKeyComplaints(controller).map((rule) => invalid('reportingController', controller, rule)),
    ...missing.map((field) => required(field)),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${type}`)]),
    ...tooLong.map(([field, length]) =>
      invalid(field === 'note' ? 'message' : field, '', `can have at most ${length} characters`),
    ),
  ]
}

/** Of a Lease: how long it is held and how often it moved. */
export function checkLease(object: JsonObject): readonly FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = objectAt(object, 'spec')
  return [
    ...(typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0
      ? [invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...(typeof leaseTransitions === 'number' && leaseTransitions < 0
      ? [invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]
      : []),
  ]
}
