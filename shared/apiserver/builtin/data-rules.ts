// What ConfigMaps and Secrets have in common: keys, a size, and data that may be frozen.
import type { JsonObject } from '../../api/json.ts'
import { forbidden, invalid } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { objectAt } from './edit.ts'

/** Data of one ConfigMap or Secret, keys not counted: 1 MiB. */
export const maxDataBytes = 1024 * 1024
const keyPattern = /^[-._a-zA-Z0-9]+$/
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

export function checkKeys(object: JsonObject, field: string): FieldError[] {
  return Object.keys(objectAt(object, field)).flatMap((key) => {
    const path = `${field}[${key}]`
    if (key.length > 253) return [invalid(path, key, 'must be no more than 253 characters')]
    if (key === '.' || key === '..') return [invalid(path, key, `must not be '${key}'`)]
    if (key.startsWith('..')) return [invalid(path, key, "must not start with '..'")]
    return keyPattern.test(key) ? [] : [invalid(path, key, keyText)]
  })
}

/** Bytes a base64 text stands for. */
export function decodedLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.max(0, (text.length / 4) * 3 - padding)
}

export function totalBytes(values: JsonObject, length: (text: string) => number): number {
  return Object.values(values).reduce<number>((sum, value) => sum + (typeof value === 'string' ? length(value) : 0), 0)
}

const frozen = 'field is immutable when `immutable` is set'

export function checkImmutable(
  object: JsonObject,
  old: JsonObject | undefined,
  fields: readonly string[],
): FieldError[] {
  if (old?.['immutable'] !== true) return []
  const errors = object['immutable'] === true ? [] : [forbidden('immutable', frozen)]
  const changed = fields.filter((field) => !equalJson(objectAt(object, field), objectAt(old, field)))
  return [...errors, ...changed.map((field) => forbidden(field, frozen))]
}
