// JSON merge patch (RFC 7386).
import { cloneJson, isMap, type JsonMap, type JsonValue, own, put } from './json-value.ts'
import { PatchError } from './patch-error.ts'

function merge(original: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isMap(patch)) return patch
  const result: JsonMap = original !== undefined && isMap(original) ? original : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else put(result, key, merge(own(result, key), value))
  }
  return result
}

/**
 * Applies a merge patch to an object and returns the new object. `null` deletes, maps merge, everything else replaces.
 * Throws PatchError 400 for a patch that is not an object.
 */
export function applyMergePatch(original: unknown, patch: unknown): JsonMap {
  if (!isMap(patch)) throw new PatchError(400, 'Invalid JSON Patch')
  const result = merge(cloneJson(original), cloneJson(patch))
  if (!isMap(result)) throw new PatchError(400, 'Invalid JSON Patch')
  return result
}
