// Built-in kinds are typed in a real API server: null, an empty list and no list are one there, and embedded structs are
// always present. Ownership is computed on objects in that form, so that it agrees with a real server's.

import { presentFields } from '../builtin/typed-encode.ts'
import { isMap, type JsonMap, type JsonValue, own, put } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { declaredField, fieldSchema, itemSchema, typed } from './typing.ts'

/** Whether a kind's schema describes a typed, built-in kind rather than free-form custom data. */
export function isBuiltinSchema(schema: Schema): boolean {
  return schema.ref?.startsWith('io.k8s.') === true
}

/** Dictionaries and lists that are empty, and null, are the same as absent unless the field is required. */
function vanishes(schema: Schema, value: JsonValue): boolean {
  if (value === null) return true
  if (Array.isArray(value)) return value.length === 0
  const dictionary = schema.properties === undefined && schema.additionalProperties !== undefined
  return isMap(value) && dictionary && Object.keys(value).length === 0
}

const isFree = (schema: Schema) => schema['x-kubernetes-preserve-unknown-fields'] === true || schema.type === undefined

function withoutEmpties(schema: Schema, value: JsonValue): JsonValue {
  if (isFree(schema)) return value
  if (Array.isArray(value)) return value.map((item) => withoutEmpties(itemSchema(schema), item))
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const [name, item] of Object.entries(value)) {
    const below = fieldSchema(schema, name)
    const child = withoutEmpties(below, item)
    const required = schema.required?.includes(name) === true
    if (!vanishes(below, child) || (required && child !== null)) put(result, name, child)
  }
  return result
}

/** The object without nulls and without empty dictionaries and lists that need not be there. */
export function builtinForm(schema: Schema, object: JsonMap): JsonMap {
  const result = withoutEmpties(typed(schema), object)
  return isMap(result) ? result : object
}

function filled(schema: Schema, value: JsonValue): JsonValue {
  if (isFree(schema)) return value
  if (Array.isArray(value)) return value.map((item) => filled(itemSchema(schema), item))
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const [name, item] of Object.entries(value)) put(result, name, filled(fieldSchema(schema, name), item))
  for (const [name, zero] of presentFields(schema.ref)) {
    if (own(result, name) !== undefined) continue
    const below = declaredField(schema, name)
    if (typeof zero !== 'object' || zero === null) put(result, name, zero as JsonValue)
    else if (below?.type === 'object') put(result, name, filled(below, {}))
  }
  return result
}

/** A built-in object with the fields a typed server always has; other objects as they are. */
export function typedForm(schema: Schema, object: JsonValue): JsonValue {
  return isBuiltinSchema(schema) ? filled(typed(schema), object) : object
}
