// Small helpers on JSON values: equality, copies that are safe for any key, and values as Kubernetes prints them.
import { isJsonObject, type Json } from '../../api/json.ts'

/** Deeper data is refused; no real object comes near. */
export const maxDepth = 256

/** True when `object` has `name` itself; never looks at a prototype. */
export function has(object: object, name: string): boolean {
  return Object.hasOwn(object, name)
}

/** Sets an own property whatever its name: `__proto__` is a legal map key and must not become a prototype. */
export function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[name] = value
  }
}

/** A deep copy. Values nested deeper than `maxDepth` come back as null; shaping reports them. */
export function copyJson(value: Json, depth = 0): Json {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) return null
  if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1))
  const out: Record<string, Json> = {}
  for (const [name, child] of Object.entries(value)) if (child !== undefined) put(out, name, copyJson(child, depth + 1))
  return out
}

/** Deep equality of JSON values; the order of an object's keys does not matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => has(b, name) && equalJson(a[name], b[name]))
}

/** JSON with sorted keys: equal for equal values. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)
  return `{${members.join(',')}}`
}

const longestShown = 1024

/** A value inside an error message; long ones are cut. */
export function showValue(value: unknown): string {
  const text = canonicalJson(value)
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}...`
}

/** The path of a property or map entry. */
export function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
