// Built-in kinds are typed in the API server: what JSON cannot tell apart there, it does not keep. Ownership is computed
// on that form, so that it agrees with a real API server's.
import { isMap, type JsonMap, type JsonValue, own, put } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { declaredField, fieldSchema, itemSchema, typed } from './typing.ts'

/** Root fields that a typed object always has when its kind declares them. */
const alwaysPresent = ['metadata', 'spec', 'status']

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

function formed(schema: Schema, value: JsonValue): JsonValue {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema.type === undefined) return value
  if (Array.isArray(value)) return value.map((item) => formed(itemSchema(schema), item))
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const [name, item] of Object.entries(value)) {
    const below = fieldSchema(schema, name)
    const child = formed(below, item)
    const required = schema.required?.includes(name) === true
    if (!(vanishes(below, child) && !(required && child !== null))) put(result, name, child)
  }
  return result
}

/** The typed form of a built-in object: no nulls, no empty dictionaries or lists, and `spec` and `status` present. */
export function builtinForm(schema: Schema, object: JsonMap): JsonMap {
  const result = formed(typed(schema), object)
  if (!isMap(result)) return object
  for (const name of alwaysPresent) {
    if (declaredField(schema, name)?.type === 'object' && own(result, name) === undefined) put(result, name, {})
  }
  return result
}
