// Holds a shaped value against its schema and words what is wrong as a Kubernetes API server does.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { propertySchema } from './child.ts'
import { invalid, noField, notSupported, required, tooLong, tooMany, typeInvalid } from './field-errors.ts'
import { isCheckedFormat, matchesFormat } from './formats.ts'
import { childPath, equalJson, has, maxDepth } from './json-value.ts'
import { matchesPattern } from './pattern.ts'
import type { FieldError, Schema, SchemaType } from './schema.ts'

/** No Status lists more. */
const maxErrors = 100

/** Complaints about a value; `path` is the value's own. Stops after `maxErrors`. */
export function validateValue(schema: Schema, value: Json, path: string, depth = 0): FieldError[] {
  const errors: FieldError[] = []
  check(schema, value, path, errors, depth)
  return errors
}

function check(schema: Schema, value: Json, path: string, errors: FieldError[], depth: number): void {
  if (errors.length >= maxErrors || depth > maxDepth) return
  if (value !== null || schema.nullable !== true) checkType(schema, value, path, errors)
  if (schema.enum !== undefined && !schema.enum.some((allowed) => isAllowed(allowed, value))) {
    errors.push(notSupported(path, value, schema.enum))
  }
  if (value === null) return
  if (schema.anyOf || schema.oneOf || schema.allOf || schema.not) checkAlternatives(schema, value, path, errors, depth)
  checkKind(schema, value, path, errors, depth)
}

/** A fraction is held against whole numbers without what it has behind the point. */
function isAllowed(allowed: Json, value: Json): boolean {
  const cut = typeof value === 'number' && typeof allowed === 'number' && Number.isInteger(allowed)
  return cut ? Math.trunc(value) === allowed : equalJson(allowed, value)
}

function checkKind(schema: Schema, value: Json, path: string, errors: FieldError[], depth: number): void {
  if (typeof value === 'string') checkString(schema, value, path, errors)
  else if (typeof value === 'number') checkNumber(schema, value, path, errors)
  else if (Array.isArray(value)) checkArray(schema, value, path, errors, depth)
  else if (isJsonObject(value)) checkObject(schema, value, path, errors, depth)
}

function typeOf(value: Json): SchemaType | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  const type = typeof value
  return type === 'string' || type === 'boolean' ? type : 'object'
}

function checkType(schema: Schema, value: Json, path: string, errors: FieldError[]): void {
  const intOrString = schema['x-kubernetes-int-or-string'] === true
  const wanted = intOrString ? 'integer,string' : schema.type
  if (wanted === undefined) return
  const actual = typeOf(value)
  const fits = intOrString
    ? actual === 'integer' || actual === 'string'
    : actual === wanted || (wanted === 'number' && actual === 'integer')
  if (fits) return
  const format = intOrString ? undefined : checkedFormat(schema)
  // A real server does not look at the type of a list where a format of texts is asked for.
  if (format !== undefined && schema.type === 'string' && Array.isArray(value)) return
  const [expected, found] =
    format === undefined || Array.isArray(value) || typeof value === 'string'
      ? [wanted, actual]
      : [format, formatOf(value)]
  errors.push(typeInvalid(path, found, `${path} in body must be of type ${expected}: ${JSON.stringify(found)}`))
}

/** The format a value has by itself, which a real server names beside the one that is asked for. */
function formatOf(value: Json): string {
  if (typeof value !== 'number') return ''
  return Number.isInteger(value) ? 'int64' : 'float64'
}

/** The schema's format, when it is one that counts. */
function checkedFormat({ type, format }: Schema): string | undefined {
  if (format === undefined) return undefined
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : undefined
  if (type === 'number') return format === 'float' || format === 'double' ? format : undefined
  return type === 'string' && isCheckedFormat(format) ? format : undefined
}

function unreadable(path: string, type: string): FieldError {
  return invalid(noField, '', `Checked value must be of type ${type} in ${path}`)
}

/** Length in Unicode code points; quick for the usual text. */
function codePoints(text: string, enough: number): number {
  if (text.length <= enough) return text.length
  let count = 0
  for (const _ of text) count += 1
  return count
}

function checkString(schema: Schema, value: string, path: string, errors: FieldError[]): void {
  const { maxLength, minLength, pattern, format } = schema
  // Of these a real server names the first.
  if (maxLength !== undefined && codePoints(value, maxLength) > maxLength) errors.push(tooLong(path, maxLength))
  else if (minLength !== undefined && (value.length < minLength || codePoints(value, 0) < minLength))
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`))
  else if (pattern !== undefined && !matchesPattern(pattern, value))
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`))
  if (format !== undefined && !matchesFormat(format, value)) {
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`))
  }
}

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 }

function checkNumber(schema: Schema, value: number, path: string, errors: FieldError[]): void {
  const { format, type } = schema
  const checked = checkedFormat(schema)
  const form = checked === undefined ? '(default format)' : `with format ${checked}`
  if (type === 'integer' && !Number.isInteger(value)) errors.push(unreadable(path, `integer ${form}`))
  else if (type === 'integer' && format === 'int32' && (value < int32.min || value > int32.max)) {
    errors.push(unreadable(path, 'integer with format int32'))
  }
  // A whole number is held against whole bounds: what they have behind the point does not count.
  const bound = (limit: number | undefined) =>
    limit === undefined ? undefined : Number.isInteger(value) ? Math.trunc(limit) : limit
  const { multipleOf, minimum, maximum } = schema
  checkMultiple(bound(multipleOf), value, path, errors)
  checkBounds({ ...schema, minimum: bound(minimum), maximum: bound(maximum) }, value, path, errors)
}

function checkMultiple(factor: number | undefined, value: number, path: string, errors: FieldError[]): void {
  if (factor === undefined) return
  if (factor <= 0)
    errors.push(invalid(path, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`))
  else if (!isMultiple(value, factor))
    errors.push(invalid(path, value, `${path} in body should be a multiple of ${factor}`))
}

interface Bounds {
  readonly minimum: number | undefined
  readonly maximum: number | undefined
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
}

function checkBounds(schema: Bounds, value: number, path: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const complain = (words: string) => errors.push(invalid(path, value, `${path} in body should be ${words}`))
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    complain(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    complain(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
  }
}

/** 0.3 is a multiple of 0.1 although their quotient is not whole in binary. */
function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient))
}

function checkArray(schema: Schema, value: readonly Json[], path: string, errors: FieldError[], depth: number): void {
  const { minItems, maxItems, items } = schema
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`))
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems))
  if (items === undefined) return
  for (const [index, item] of value.entries()) check(items, item, `${path}[${index}]`, errors, depth + 1)
}

function checkObject(schema: Schema, value: JsonObject, path: string, errors: FieldError[], depth: number): void {
  const { minProperties, maxProperties } = schema
  const names = Object.keys(value)
  if (minProperties !== undefined && names.length < minProperties) {
    errors.push(invalid(path, names.length, `${path} in body should have at least ${minProperties} properties`))
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    errors.push(tooMany(path, names.length, maxProperties))
  }
  for (const name of names) {
    const child = value[name]
    const described = propertySchema(schema, name)
    if (child !== undefined && described !== undefined)
      check(described, child, childPath(path, name), errors, depth + 1)
  }
  checkRequired(schema, value, path, errors)
}

function checkRequired(schema: Schema, value: JsonObject, path: string, errors: FieldError[]): void {
  for (const name of schema.required ?? []) if (!has(value, name)) errors.push(required(childPath(path, name)))
}

function checkAlternatives(schema: Schema, value: Json, path: string, errors: FieldError[], depth: number): void {
  const attempt = (part: Schema) => validateValue(part, value, path, depth + 1)
  const complain = (words: string) => errors.push(invalid(noField, '', `${JSON.stringify(path)} must ${words}`))
  if (schema.anyOf !== undefined) {
    const results = schema.anyOf.map(attempt)
    if (!results.some((result) => result.length === 0)) {
      complain('validate at least one schema (anyOf)')
      errors.push(...(results[0] ?? []))
    }
  }
  if (schema.oneOf !== undefined) checkOneOf(schema.oneOf.map(attempt), complain, errors)
  if (schema.allOf !== undefined) {
    const results = schema.allOf.map(attempt)
    const failed = results.filter((result) => result.length > 0)
    if (failed.length > 0) {
      errors.push(...failed.flat())
      complain(`validate all the schemas (allOf)${failed.length === results.length ? '. None validated' : ''}`)
    }
  }
  if (schema.not !== undefined && attempt(schema.not).length === 0) complain('not validate the schema (not)')
}

function checkOneOf(
  results: readonly (readonly FieldError[])[],
  complain: (words: string) => void,
  errors: FieldError[],
): void {
  const valid = results.filter((result) => result.length === 0).length
  if (valid === 1) return
  complain(
    `validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`,
  )
  if (valid === 0) errors.push(...(results[0] ?? []))
}
