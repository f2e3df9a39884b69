// Complaints about fields, in the words kubectl users know.
import { showValue } from './json-value.ts'
import type { FieldError } from './schema.ts'

/** The `field` of complaints whose text names the place itself; Kubernetes writes it so. */
export const noField = '<nil>'

/** A value that breaks a rule; `detail` says which. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${showValue(value)}: ${detail}` }
}

export function typeInvalid(field: string, shown: string, detail: string): FieldError {
  return { field, reason: 'FieldValueTypeInvalid', message: `Invalid value: ${JSON.stringify(shown)}: ${detail}` }
}

export function required(field: string, detail = ''): FieldError {
  return {
    field,
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  }
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` }
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${showValue(value)}` }
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((item) => JSON.stringify(typeof item === 'string' ? item : showValue(item))).join(', ')
  const shown = `Unsupported value: ${showValue(value)}`
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: list === '' ? shown : `${shown}: supported values: ${list}`,
  }
}

export function tooLong(field: string, max: number): FieldError {
  return {
    field,
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${max} byte${max === 1 ? '' : 's'}`,
  }
}

export function tooMany(field: string, count: number, max: number): FieldError {
  return {
    field,
    reason: 'FieldValueTooMany',
    message: `Too many: ${count}: must have at most ${max} item${max === 1 ? '' : 's'}`,
  }
}
