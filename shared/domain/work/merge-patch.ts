// Three-way JSON merge: what was applied last, what is wanted now and what is there, made into one RFC 7386 patch. Used
// for custom resources, whose lists have no keys known here.
import { isJsonObject } from '../../api/json.ts'

type Plain = Readonly<Record<string, unknown>>

/**
 * The patch that turns `current` into `modified`, removing only what `original` had and `modified` has no more: fields
 * others added stay.
 */
export function threeWayMergePatch(original: Plain, modified: Plain, current: Plain): Plain {
  return combine(deletions(original, modified), changes(original, modified, current))
}

/** Fields of `modified` that `current` does not have like that. */
function changes(original: Plain, modified: Plain, current: Plain): Plain {
  const entries = Object.entries(modified).flatMap(([field, wanted]): [string, unknown][] => {
    if (wanted === undefined || wanted === null) return []
    return changed(field, own(original, field), wanted, own(current, field))
  })
  return Object.fromEntries(entries)
}

function changed(field: string, before: unknown, wanted: unknown, now: unknown): [string, unknown][] {
  if (!isJsonObject(wanted)) return stands(before, wanted, now) ? [] : [[field, wanted]]
  if (!isJsonObject(now)) return [[field, wanted]]
  const inner = changes(isJsonObject(before) ? before : {}, wanted, now)
  return Object.keys(inner).length > 0 ? [[field, inner]] : []
}

/** A member of a map; names such as `constructor` are data here. */
export function own(map: Plain, field: string): unknown {
  return Object.hasOwn(map, field) ? map[field] : undefined
}

/**
 * Whether a value that is replaced whole may stay as it is: it is what is wanted, or was applied like that and has only
 * been filled in since, by defaults say.
 */
export function stands(before: unknown, wanted: unknown, now: unknown): boolean {
  return sameJson(now, wanted) || (sameJson(before, wanted) && covers(now, wanted))
}

/** Whether `now` has everything of `wanted`, list items at their positions. */
function covers(now: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(now) && now.length === wanted.length && wanted.every((item, at) => covers(now[at], item))
  }
  if (!isJsonObject(wanted)) return sameJson(now, wanted)
  return (
    isJsonObject(now) && Object.keys(wanted).every((key) => Object.hasOwn(now, key) && covers(now[key], wanted[key]))
  )
}

/** A null for every field of `original` that `modified` does not have. */
function deletions(original: Plain, modified: Plain): Plain {
  const entries = Object.entries(original).flatMap(([field, before]): [string, unknown][] => {
    if (before === undefined || before === null) return []
    const wanted = own(modified, field)
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
    const other = own(first, field)
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
