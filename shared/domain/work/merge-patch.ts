// Three-way JSON merge: what was applied last, what is wanted now and what is there, made into one RFC 7386 patch. Used
// for custom resources, whose lists have no keys known here.
import { isJsonObject } from '../../api/json.ts'

type Plain = Readonly<Record<string, unknown>>

/**
 * The patch that turns `current` into `modified`, removing only what `original` had and `modified` has no more: fields
 * others added stay.
 */
export function threeWayMergePatch(original: Plain, modified: Plain, current: Plain): Plain {
  return combine(deletions(original, modified), changes(current, modified))
}

/** Fields of `modified` that `current` does not have like that. */
function changes(current: Plain, modified: Plain): Plain {
  const entries = Object.entries(modified).flatMap(([field, wanted]): [string, unknown][] => {
    if (wanted === undefined || wanted === null) return []
    const now = Object.hasOwn(current, field) ? current[field] : undefined
    if (!isJsonObject(wanted)) return sameJson(now, wanted) ? [] : [[field, wanted]]
    if (!isJsonObject(now)) return [[field, wanted]]
    const inner = changes(now, wanted)
    return Object.keys(inner).length > 0 ? [[field, inner]] : []
  })
  return Object.fromEntries(entries)
}

/** A null for every field of `original` that `modified` does not have. */
function deletions(original: Plain, modified: Plain): Plain {
  const entries = Object.entries(original).flatMap(([field, before]): [string, unknown][] => {
    if (before === undefined || before === null) return []
    const wanted = Object.hasOwn(modified, field) ? modified[field] : undefined
    if (wanted === undefined || wanted === null) return [[field, null]]
    if (!isJsonObject(before) || !isJsonObject(wanted)) return []
    const inner = deletions(before, wanted)
    return Object.keys(inner).length > 0 ? [[field, inner]] : []
  })
  return Object.fromEntries(entries)
}

/** Both patches in one; they never speak of the same leaf. */
export function combine(first: Plain, second: Plain): Plain {
  const entries = Object.entries(second).map(([field, value]): [string, unknown] => {
    const other = Object.hasOwn(first, field) ? first[field] : undefined
    return [field, isJsonObject(other) && isJsonObject(value) ? combine(other, value) : value]
  })
  return { ...first, ...Object.fromEntries(entries) }
}

/** Deep equality of JSON values; the order of members does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (typeof a === 'number' && a === b)) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => sameJson(item, b[at]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}
