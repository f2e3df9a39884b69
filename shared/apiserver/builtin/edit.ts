// Changing one place deep in a JSON object without touching the rest, and without trusting its shape.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { put } from '../schema/json-value.ts'

/** `object` with `fields` added or replaced; the input stays. An undefined value removes the field. */
export function withFields(object: JsonObject, fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const out: Record<string, Json | undefined> = {}
  for (const [name, value] of Object.entries(object))
    if (!(name in fields) || fields[name] !== undefined) put(out, name, value)
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) put(out, name, value)
  return out
}

/** `object` with the object at `path` replaced by `change` of it; unchanged when there is no object there. */
export function editAt(
  object: JsonObject,
  path: readonly string[],
  change: (at: JsonObject) => JsonObject,
): JsonObject {
  const [name, ...rest] = path
  if (name === undefined) return change(object)
  const child = object[name]
  return isJsonObject(child) ? withFields(object, { [name]: editAt(child, rest, change) }) : object
}

/** `object` with every object in the list `name` changed. */
export function editItems(object: JsonObject, name: string, change: (item: JsonObject) => JsonObject): JsonObject {
  const list = object[name]
  if (!Array.isArray(list)) return object
  return withFields(object, { [name]: list.map((item: Json) => (isJsonObject(item) ? change(item) : item)) })
}

/** The value at `path`, or undefined. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let at: unknown = value
  for (const name of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

/** The object at `path`, or an empty one. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const found = valueAt(value, ...path)
  return isJsonObject(found) ? found : {}
}

/** The objects in the list at `path`. */
export function itemsAt(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found.filter(isJsonObject) : []
}
