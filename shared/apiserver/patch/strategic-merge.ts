// Strategic merge patch: a merge patch that knows, from the schema, how lists of built-in kinds unite, and that takes
// orders: `$patch`, `$retainKeys`, `$setElementOrder/<field>`, `$deleteFromPrimitiveList/<field>`.
import type { Schema } from '../schema/schema.ts'
import { cloneJson, isMap, type JsonMap, type JsonValue, own, put } from './json-value.ts'
import { PatchError } from './patch-error.ts'
import { checkElementOrder, holdsMaps, type ListRule, mergeList, ordered } from './strategic-lists.ts'

const patchDirective = '$patch'
const retainKeysDirective = '$retainKeys'
const orderPrefix = '$setElementOrder'
const deletePrefix = '$deleteFromPrimitiveList'

/** The field an order is about, behind the slash; '' when there is none. */
const fieldOf = (key: string, prefix: string) => (key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : '')

const noSchema: Schema = {}

function fieldSchema(schema: Schema, name: string): Schema {
  const properties = schema.properties
  if (properties && Object.hasOwn(properties, name)) return properties[name] ?? noSchema
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : noSchema
}

function strategies(schema: Schema): readonly string[] {
  return (schema['x-kubernetes-patch-strategy'] ?? '').split(',')
}

function listRule(schema: Schema, field: string): ListRule {
  return {
    field,
    mergeKey: schema['x-kubernetes-patch-merge-key'],
    mergeItem: (original, patch) => mergeMap(schema.items ?? noSchema, original, patch),
  }
}

/** The value as it is stored when there is nothing to merge with: without orders and nulls. Undefined when it is one. */
function plain(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const kept = plain(item)
      return kept === undefined ? [] : [kept]
    })
  }
  if (!isMap(value)) return value
  if (own(value, patchDirective) !== undefined) return undefined
  const result: JsonMap = {}
  for (const [key, item] of Object.entries(value)) {
    const kept = item === null ? undefined : plain(item)
    if (kept !== undefined) put(result, key, kept)
  }
  return result
}

function listOf(value: JsonValue | undefined, what: string): JsonValue[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw new PatchError(400, `${what}: expected a list, but received ${value === null ? 'null' : typeof value}`)
}

/** Drops what `$retainKeys` does not name. */
function retainKeys(original: JsonMap, patch: JsonMap): void {
  const order = own(patch, retainKeysDirective)
  if (order === undefined) return
  delete patch[retainKeysDirective]
  if (!Array.isArray(order)) throw new PatchError(400, 'invalid patch format of retainKeys')
  const keys = new Set(order)
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue
    if (!keys.has(key)) throw new PatchError(400, 'invalid patch format of retainKeys')
  }
  for (const key of Object.keys(original)) if (!keys.has(key)) delete original[key]
}

/** Merges the lists that come with an element order, and takes both out of the patch. */
function mergeOrderedLists(schema: Schema, original: JsonMap, patch: JsonMap): void {
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue
    delete patch[key]
    const field = fieldOf(key, orderPrefix)
    if (field === '' || !Array.isArray(value)) throw new PatchError(400, 'invalid patch format of setElementOrder list')
    const below = fieldSchema(schema, field)
    const had = own(original, field)
    const gets = own(patch, field)
    const live = listOf(had, field)
    const change = listOf(gets, field)
    const maps = holdsMaps(listRule(below, field), live, change)
    const rule = maps ? listRule(below, field) : { ...listRule(below, field), mergeKey: undefined }
    checkElementOrder(rule, change, value)
    delete patch[field]
    if (had === undefined && gets === undefined) continue
    const merged = mergeOrdered(below, rule, live, change, had !== undefined, gets !== undefined)
    put(original, field, ordered(rule, merged, value, live))
  }
}

function mergeOrdered(
  schema: Schema,
  rule: ListRule,
  live: JsonValue[],
  change: JsonValue[],
  had: boolean,
  gets: boolean,
): readonly JsonValue[] {
  if (!gets) return live
  if (!had) return listOf(plain(change), rule.field)
  return strategies(schema).includes('merge') ? mergeList(rule, live, change) : change
}

function deleteFromList(original: JsonMap, key: string, patch: JsonValue): void {
  const field = fieldOf(key, deletePrefix)
  if (field === '') throw new PatchError(400, 'invalid patch format of primitive list')
  const gone = new Set(listOf(patch, key).map((item) => JSON.stringify(item)))
  const live = own(original, field)
  if (live === undefined) return
  put(
    original,
    field,
    listOf(live, field).filter((item) => !gone.has(JSON.stringify(item))),
  )
}

const shapeOf = (value: JsonValue) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)

function mergeField(schema: Schema, original: JsonMap, key: string, patch: JsonValue): void {
  const live = own(original, key)
  if (live === undefined || shapeOf(live) !== shapeOf(patch)) {
    const kept = plain(patch)
    if (kept === undefined) delete original[key]
    else put(original, key, kept)
    return
  }
  const below = fieldSchema(schema, key)
  const replace = strategies(below).includes('replace')
  if (isMap(live) && isMap(patch)) put(original, key, replace ? patch : mergeMap(below, live, patch))
  else if (Array.isArray(live) && Array.isArray(patch)) {
    put(original, key, strategies(below).includes('merge') ? mergeList(listRule(below, key), live, patch) : patch)
  } else put(original, key, patch)
}

/** Merges `patch` into `original`; both are ours to change. */
function mergeMap(schema: Schema, original: JsonMap, patch: JsonMap): JsonMap {
  const directive = own(patch, patchDirective)
  if (directive === 'delete') return {}
  if (directive === 'replace') {
    delete patch[patchDirective]
    return patch
  }
  if (directive !== undefined) throw new PatchError(400, `unknown patch type: ${JSON.stringify(directive)}`)
  retainKeys(original, patch)
  mergeOrderedLists(schema, original, patch)
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) deleteFromList(original, key, value)
    else if (value === null) delete original[key]
    else mergeField(schema, original, key, value)
  }
  return original
}

/**
 * Applies a strategic merge patch and returns the new object; merge keys and strategies come from the schema's
 * `x-kubernetes-patch-*`. Throws PatchError 400 or 422 for a patch that contradicts itself or the schema.
 */
export function applyStrategicMergePatch(schema: Schema, original: unknown, patch: unknown): JsonMap {
  const base = cloneJson(original)
  const change = cloneJson(patch)
  if (!isMap(base) || !isMap(change)) throw new PatchError(400, 'a strategic merge patch is an object')
  return mergeMap(schema, base, change)
}
