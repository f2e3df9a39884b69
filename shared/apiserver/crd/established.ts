// What a CustomResourceDefinition is told of itself: whose names were accepted, that it is served, in which versions it is stored.
import type { Json, JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import { acceptNames, versionsOf } from './names.ts'

/** The condition as it stands, or a new one when its status changed. `now` is RFC 3339. */
function conditionOf(
  crd: JsonObject,
  type: string,
  holds: boolean,
  reason: string,
  message: string,
  now: string,
): JsonObject {
  const status = holds ? 'True' : 'False'
  const before = itemsAt(crd, 'status', 'conditions').find((condition) => condition['type'] === type)
  const since = before?.['status'] === status ? (before['lastTransitionTime'] ?? now) : now
  return { type, status, lastTransitionTime: since, reason, message }
}

function storedVersions(crd: JsonObject): readonly Json[] {
  const before = valueAt(crd, 'status', 'storedVersions')
  const list = Array.isArray(before) ? before : []
  const storage = versionsOf(crd).find((version) => version['storage'] === true)?.['name']
  return storage === undefined || list.includes(storage) ? list : [...list, storage]
}

/** `status` of a CRD among the others of the hub: conditions NamesAccepted and Established, acceptedNames, storedVersions. `now` is RFC 3339. */
export function establishedStatus(crd: JsonObject, others: readonly JsonObject[], now: string): JsonObject {
  const { accepted, conflict } = acceptNames(crd, others)
  const wasEstablished = itemsAt(crd, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
  const named =
    conflict === undefined
      ? conditionOf(crd, 'NamesAccepted', true, 'NoConflicts', 'no conflicts found', now)
      : conditionOf(crd, 'NamesAccepted', false, conflict.reason, conflict.message, now)
  // Once a kind is served it stays so, whatever names are asked for later.
  const established =
    conflict === undefined || wasEstablished
      ? conditionOf(crd, 'Established', true, 'InitialNamesAccepted', 'the initial names have been accepted', now)
      : conditionOf(crd, 'Established', false, 'NotAccepted', 'not all names are accepted', now)
  const rest = itemsAt(crd, 'status', 'conditions').filter(
    (condition) => condition['type'] !== 'NamesAccepted' && condition['type'] !== 'Established',
  )
  return {
    ...objectAt(crd, 'status'),
    conditions: [named, established, ...rest],
    acceptedNames: accepted,
    storedVersions: storedVersions(crd),
  }
}
