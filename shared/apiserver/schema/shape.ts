// Gives an object the shape of its schema: fields the schema does not know go, nulls that mean nothing go, defaults come.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { defaultedProperties, keepsUnknown, propertySchema } from './child.ts'
import { childPath, copyJson, has, maxDepth, put } from './json-value.ts'
import { rootFields } from './metadata.ts'
import type { FieldError, Schema } from './schema.ts'

/** More unknown fields than this are dropped without being listed. */
const maxReported = 100

export interface Shaped {
  readonly object: JsonObject
  /** Sorted. */
  readonly unknownFields: readonly string[]
  /** Only "too deep"; everything else is for validation. */
  readonly errors: readonly FieldError[]
}

interface Run {
  readonly unknown: string[]
  readonly errors: FieldError[]
  /** Whether defaults come and nulls that mean nothing go. */
  readonly fill: boolean
}

/** `root` objects, and embedded resources below them, have apiVersion, kind and metadata whatever their schema says. */
export function shapeObject(schema: Schema, object: JsonObject, root = true): Shaped {
  const run: Run = { unknown: [], errors: [], fill: true }
  const shaped = shapeMap(schema, object, '', run, 0, root)
  return { object: shaped, unknownFields: run.unknown.sort(), errors: run.errors }
}

/** A value without the fields its schema does not know, and otherwise as it is. */
export function pruned(schema: Schema, value: Json): Json {
  return shape(schema, value, '', { unknown: [], errors: [], fill: false }, 0)
}

function shape(schema: Schema, value: Json, path: string, run: Run, depth: number): Json {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) {
    run.errors.push({
      field: path,
      reason: 'FieldValueInvalid',
      message: `Invalid value: "object": must not be nested deeper than ${maxDepth} levels`,
    })
    return null
  }
  if (!Array.isArray(value)) {
    return isJsonObject(value)
      ? shapeMap(schema, value, path, run, depth, schema['x-kubernetes-embedded-resource'] === true)
      : value
  }
  if (schema.items === undefined && keepsUnknown(schema)) return copyJson(value, depth)
  const items = schema.items ?? nothingKnown
  return value.map((item, index) => {
    const isUnset = item === null && items.default !== undefined && items.nullable !== true
    const filled = isUnset && run.fill ? (items.default ?? null) : item
    return shape(items, filled, `${path}[${index}]`, run, depth + 1)
  })
}

/** Entries of a map that says nothing of them stay; fields inside them are unknown. */
const nothingKnown: Schema = {}

function shapeUnknown(
  schema: Schema,
  name: string,
  value: Json,
  out: Record<string, Json>,
  path: string,
  run: Run,
  depth: number,
): void {
  const at = childPath(path, name)
  if (keepsUnknown(schema)) put(out, name, copyJson(value, depth))
  else if (schema.additionalProperties === true) put(out, name, shape(nothingKnown, value, at, run, depth + 1))
  else if (run.unknown.length < maxReported) run.unknown.push(at)
}

/** What metadata of an embedded resource does not have is told with what else is wrong with the resource. */
function runOf(run: Run, name: string, path: string, resource: boolean): Run {
  return resource && name === 'metadata' && path !== '' ? { ...run, unknown: [] } : run
}

function shapeMap(
  schema: Schema,
  value: JsonObject,
  path: string,
  run: Run,
  depth: number,
  resource: boolean,
): JsonObject {
  const out: Record<string, Json> = {}
  for (const name of Object.keys(value)) {
    const child = value[name]
    const known = fieldSchema(schema, name, resource)
    if (child === undefined) continue
    if (known !== undefined) shapeField(known, name, child, out, path, runOf(run, name, path, resource), depth)
    else shapeUnknown(schema, name, child, out, path, run, depth)
  }
  for (const [name, property] of run.fill ? defaultedProperties(schema) : []) {
    const { default: value } = property
    if (value === undefined || has(out, name)) continue
    put(out, name, shape(property, copyJson(value), childPath(path, name), run, depth + 1))
  }
  return out
}

/** A null where null is not allowed says "not set". */
function shapeField(
  schema: Schema,
  name: string,
  value: Json,
  out: Record<string, Json>,
  path: string,
  run: Run,
  depth: number,
): void {
  if (value === null && schema.nullable !== true && run.fill) return
  put(out, name, shape(schema, value, childPath(path, name), run, depth + 1))
}

function fieldSchema(schema: Schema, name: string, resource: boolean): Schema | undefined {
  if (resource && has(rootFields, name)) {
    const own = schema.properties !== undefined && has(schema.properties, name) ? schema.properties[name] : undefined
    // A custom resource may only restrict metadata's names; the fields themselves are fixed.
    return name === 'metadata' && own?.ref === undefined ? rootFields[name] : (own ?? rootFields[name])
  }
  return propertySchema(schema, name)
}
