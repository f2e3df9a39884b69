// Sets and map lists have no order: the old value is put in the order of the new one, so that equal means equal.
import { isJsonObject, type Json } from '../../../api/json.ts'
import { propertySchema } from '../child.ts'
import { itemKey } from '../correlate.ts'
import { canonicalJson, put } from '../json-value.ts'
import type { Schema } from '../schema.ts'

function identityOf(schema: Schema): ((item: Json) => string) | undefined {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return canonicalJson
  if (listType !== 'map') return undefined
  return (item) => (isJsonObject(item) ? itemKey(schema, item) : canonicalJson(item))
}

function alignedList(schema: Schema, old: readonly Json[], value: readonly Json[]): readonly Json[] {
  const { items } = schema
  const identity = identityOf(schema)
  if (identity === undefined) return old
  const byKey = new Map(old.map((item) => [identity(item), item]))
  const kept = value.flatMap((item) => {
    const key = identity(item)
    const before = byKey.get(key)
    byKey.delete(key)
    return before === undefined ? [] : [items === undefined ? before : aligned(items, before, item)]
  })
  return [...kept, ...byKey.values()]
}

/** `old` with its unordered lists in the order of `value`'s; what only `old` has comes last. */
export function aligned(schema: Schema, old: Json, value: Json): Json {
  if (Array.isArray(old)) return Array.isArray(value) ? alignedList(schema, old, value) : old
  if (!isJsonObject(old) || !isJsonObject(value)) return old
  const out: Record<string, unknown> = {}
  for (const [name, child] of Object.entries(old)) {
    const described = propertySchema(schema, name)
    const beside = Object.hasOwn(value, name) ? value[name] : undefined
    const alignable = described !== undefined && child !== undefined && beside !== undefined
    put(out, name, alignable ? aligned(described, child, beside) : child)
  }
  return out as Json
}
