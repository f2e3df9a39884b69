// Which part of the stored object a part of the new one continues, so that old faults and transitions can be judged.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { listMapKeys, propertySchema } from './child.ts'
import { canonicalJson, equalJson, has } from './json-value.ts'
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

const hasKeys = (schema: Schema, item: JsonObject): boolean =>
  listMapKeys(schema).every((key) => has(item, key) || schema.items?.properties?.[key]?.default !== undefined)

/** Finds the old item an item of a list continues. Only lists of type map have items with an identity. */
export function oldItems(schema: Schema, old: Json | undefined): (item: Json) => Json | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined
  let byKey: Map<string, Json> | undefined
  return (item) => {
    if (!isJsonObject(item) || !hasKeys(schema, item)) return undefined
    // Of items with one key the first counts.
    byKey ??= new Map(
      old
        .filter(isJsonObject)
        .reverse()
        .map((entry) => [itemKey(schema, entry), entry]),
    )
    return byKey.get(itemKey(schema, item))
  }
}

/**
 * True when a value is what it continues: every field the schema names equal to the old one's, every item of a map list to
 * the old item of its key. A part the schema does not describe continues nothing, and neither does an item without a key.
 */
export function isUnchanged(schema: Schema, value: Json, old: Json): boolean {
  if (Array.isArray(value)) return Array.isArray(old) && isSameList(schema, value, old)
  if (!isJsonObject(value)) return equalJson(value, old)
  if (!isJsonObject(old) || Object.keys(value).length !== Object.keys(old).length) return false
  return Object.entries(value).every(([name, child]) => {
    const [described, before] = [propertySchema(schema, name), oldProperty(old, name)]
    return (
      described !== undefined && child !== undefined && before !== undefined && isUnchanged(described, child, before)
    )
  })
}

function isSameList(schema: Schema, value: readonly Json[], old: readonly Json[]): boolean {
  const { items } = schema
  if (schema['x-kubernetes-list-type'] !== 'map' || items === undefined) return equalJson(value, old)
  const before = oldItems(schema, old)
  return (
    value.length === old.length &&
    value.every((item) => {
      const continued = before(item)
      return continued !== undefined && isUnchanged(items, item, continued)
    })
  )
}
