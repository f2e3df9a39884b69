// JSON values that a patch builds up: mutable, and safe against the one key that is not a key in JavaScript.
import { PatchError } from './patch-error.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type JsonMap = { [key: string]: JsonValue }

/** Deeper objects are refused; Kubernetes' own decoder stops at 10,000, far beyond any real object. */
export const maxDepth = 512

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property, or undefined. */
export function own(map: JsonMap, key: string): JsonValue | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** Sets an own property, `__proto__` too. */
export function put(map: JsonMap, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
  else map[key] = value
}

/** A deep copy of plain JSON data; `undefined` properties are left out. Throws PatchError 400 beyond {@link maxDepth}. */
export function cloneJson(value: unknown, depth = 0): JsonValue {
  if (depth > maxDepth) throw new PatchError(400, `the document is nested deeper than ${maxDepth} levels`)
  if (Array.isArray(value)) return value.map((item) => cloneJson(item, depth + 1))
  if (isMap(value)) {
    const copy: JsonMap = {}
    for (const [key, item] of Object.entries(value)) if (item !== undefined) put(copy, key, cloneJson(item, depth + 1))
    return copy
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value
  throw new PatchError(400, `a ${typeof value} is not JSON`)
}

/** Equality of JSON values; the order of keys does not matter, the order of items does. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isMap(a) || !isMap(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}
