// Which part of the stored object a part of the new one continues, so that old faults and transitions can be judged.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { listMapKeys } from './child.ts'
import { canonicalJson, has } from './json-value.ts'
import type { Schema } from './schema.ts'

/** The old value of a property; undefined when there is none. Maps correlate even when they are replaced as a whole. */
export function oldProperty(old: Json | undefined, name: string): Json | undefined {
  return isJsonObject(old) && has(old, name) ? old[name] : undefined
}

/** Values of an item's keys as one text; absent keys take the default of their schema. */
export function itemKey(schema: Schema, item: JsonObject): string {
  const properties = schema.items?.properties
  return canonicalJson(
    listMapKeys(schema).map((key) => (has(item, key) ? item[key] : properties?.[key]?.default) ?? null),
  )
}

/** Finds the old item an item of a list continues. Only lists of type map have items with an identity. */
export function oldItems(schema: Schema, old: Json | undefined): (item: Json) => Json | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined
  let byKey: Map<string, Json> | undefined
  return (item) => {
    if (!isJsonObject(item)) return undefined
    byKey ??= new Map(old.filter(isJsonObject).map((entry) => [itemKey(schema, entry), entry]))
    return byKey.get(itemKey(schema, item))
  }
}
