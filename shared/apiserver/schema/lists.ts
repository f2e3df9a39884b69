// Lists that promise unique items: sets, and maps written as lists.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { listMapKeys, memberPath, propertySchema } from './child.ts'
import { duplicate, invalid } from './field-errors.ts'
import { canonicalJson, maxDepth } from './json-value.ts'
import type { FieldError, Schema } from './schema.ts'

const uniqueBelow = new WeakMap<Schema, boolean>()

/** True when the schema, or one below it, asks for unique items: everything else need not be walked. */
function asksForUnique(schema: Schema): boolean {
  const known = uniqueBelow.get(schema)
  if (known !== undefined) return known
  // A schema that refers to itself meets its own entry and stops here.
  uniqueBelow.set(schema, false)
  const { additionalProperties, items, properties } = schema
  const found =
    isUniqueList(schema) ||
    (items !== undefined && asksForUnique(items)) ||
    (typeof additionalProperties === 'object' && asksForUnique(additionalProperties)) ||
    Object.values(properties ?? {}).some(asksForUnique)
  uniqueBelow.set(schema, found)
  return found
}

function isUniqueList(schema: Schema): boolean {
  return schema['x-kubernetes-list-type'] === 'set' || schema['x-kubernetes-list-type'] === 'map'
}

/** Every repeated item of every set and map list, once. */
export function validateLists(schema: Schema, value: Json, path: string): FieldError[] {
  const errors: FieldError[] = []
  walk(schema, value, path, errors, 0)
  return errors
}

function walk(schema: Schema, value: Json, path: string, errors: FieldError[], depth: number): void {
  if (depth > maxDepth || !asksForUnique(schema)) return
  if (Array.isArray(value)) walkItems(schema, value, path, errors, depth)
  else if (isJsonObject(value)) walkProperties(schema, value, path, errors, depth)
}

function walkItems(schema: Schema, value: readonly Json[], path: string, errors: FieldError[], depth: number): void {
  if (isUniqueList(schema)) checkUnique(schema, value, path, errors)
  if (schema.items === undefined) return
  for (const [index, item] of value.entries()) walk(schema.items, item, `${path}[${index}]`, errors, depth + 1)
}

function walkProperties(schema: Schema, value: JsonObject, path: string, errors: FieldError[], depth: number): void {
  for (const [name, child] of Object.entries(value)) {
    const described = propertySchema(schema, name)
    if (described !== undefined && child !== undefined)
      walk(described, child, memberPath(schema, path, name), errors, depth + 1)
  }
}

function checkUnique(schema: Schema, value: readonly Json[], path: string, errors: FieldError[]): void {
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const odd = isMap ? value.findIndex((item) => item !== null && !isJsonObject(item)) : -1
  if (odd >= 0) {
    errors.push(invalid(`${path}[${odd}]`, value[odd], 'must be an object for an array of list-type map'))
    return
  }
  const seen = new Map<string, number>()
  for (const [index, item] of value.entries()) {
    const fields = isMap ? keyFields(schema, isJsonObject(item) ? item : {}) : item
    const key = canonicalJson(fields)
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    if (times === 2) errors.push(duplicate(`${path}[${index}]`, fields))
  }
}

/** The keys an item has: by now defaults are part of it. */
function keyFields(schema: Schema, item: JsonObject): Record<string, Json> {
  return Object.fromEntries(
    listMapKeys(schema).flatMap((key) => (item[key] === undefined ? [] : [[key, item[key] ?? null]])),
  )
}
