// CustomResourceDefinitions: what makes one valid, what it is told about its names, and the kinds it brings.
import type { JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'
import type { FieldError } from '../schema/schema.ts'

/** The CRD with the names and settings it leaves out filled in. Call before `validateCrd` and store the result. */
export function defaultCrd(crd: JsonObject): JsonObject {
  return crd
}

/** Every complaint about a CRD, with `old` for the rules of an update. Empty when it can be served. */
export function validateCrd(_crd: JsonObject, _old?: JsonObject): readonly FieldError[] {
  return []
}

/** `status` of a CRD among the others of the hub: conditions NamesAccepted and Established, acceptedNames, storedVersions. `now` is RFC 3339. */
export function establishedStatus(crd: JsonObject, _others: readonly JsonObject[], _now: string): JsonObject {
  return (crd['status'] ?? {}) as JsonObject
}

/** The kinds of an established CRD, one a served version; empty when its names were not accepted. */
export function servedKindsOf(_crd: JsonObject): readonly ServedKind[] {
  return []
}
