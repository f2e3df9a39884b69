// Inside allOf, anyOf, oneOf and not a schema may only restrict values, and only those that the schema around it names.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { forbidden, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { checkPattern, embedded, intOrString, isTrue, preserve, propertiesOf } from './keywords.ts'
import { maxSchemaDepth } from './schema-of.ts'

const junctors = ['anyOf', 'allOf', 'oneOf'] as const

interface Part {
  readonly at: string
  readonly schema: JsonObject
  /** May name types: the usual way to write int-or-string. */
  readonly typed: boolean
}

const typeChoice = [{ type: 'integer' }, { type: 'string' }]

/** The alternatives of a schema. `typeless` of them, those that spell int-or-string, are left out. */
function partsOf(schema: JsonObject, typed: boolean): readonly Part[] {
  const { not } = schema
  const parts = junctors.flatMap((keyword) => {
    const list = schema[keyword]
    if (!Array.isArray(list) || (keyword === 'anyOf' && typed && equalJson(list, typeChoice))) return []
    return list.flatMap((part, index): Part[] =>
      isJsonObject(part)
        ? [{ at: `${keyword}[${index}]`, schema: part, typed: keyword === 'allOf' && index === 0 && typed }]
        : [],
    )
  })
  return isJsonObject(not) ? [...parts, { at: 'not', schema: not, typed: false }] : parts
}

/** Complaints about the alternatives of a schema that describes a field. */
export function checkChoices(schema: JsonObject, path: string, errors: FieldError[]): void {
  for (const part of partsOf(schema, true)) checkValueOnly(part, `${path}.${part.at}`, errors, 1)
}

const emptyKeywords = ['type', 'title', 'description', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations']
const undefinedKeywords = ['additionalProperties', 'default', 'x-kubernetes-list-type', 'x-kubernetes-map-type']
const falseKeywords = ['nullable', preserve, embedded, intOrString]

function checkValueOnly({ schema, typed }: Part, path: string, errors: FieldError[], depth: number): void {
  if (depth > maxSchemaDepth) return
  const complain = (keyword: string, wanted: string) =>
    errors.push(forbidden(`${path}.${keyword}`, `must be ${wanted} to be structural`))
  checkPattern(schema, path, errors)
  for (const part of partsOf(schema, typed)) checkValueOnly(part, `${path}.${part.at}`, errors, depth + 1)
  for (const [at, child] of innerOf(schema)) {
    if (isJsonObject(child)) checkValueOnly({ at, schema: child, typed: false }, `${path}.${at}`, errors, depth + 1)
  }
  const given = (keyword: string) => (schema[keyword] ?? null) !== null
  for (const keyword of emptyKeywords.filter(given)) complain(keyword, 'empty')
  for (const keyword of undefinedKeywords.filter(given)) complain(keyword, 'undefined')
  for (const keyword of falseKeywords.filter((each) => isTrue(schema, each))) complain(keyword, 'false')
  if (Object.hasOwn(propertiesOf(schema), 'metadata'))
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
}

function innerOf(schema: JsonObject): readonly (readonly [at: string, child: Json | undefined])[] {
  const named = Object.entries(propertiesOf(schema))
  return [['items', schema['items']], ...named.map(([name, child]) => [`properties[${name}]`, child] as const)]
}

/** Complains about what the alternatives of a root schema restrict although the schema itself does not name it. */
export function checkComplete(schema: JsonObject, path: string, errors: FieldError[]): void {
  for (const part of partsOf(schema, false)) checkNamed(part.schema, schema, path, `${path}.${part.at}`, errors, 1)
}

/** `at` is the path of `schema`, `path` that of the restriction. */
function checkNamed(
  restriction: JsonObject,
  schema: JsonObject,
  at: string,
  path: string,
  errors: FieldError[],
  depth: number,
): void {
  if (depth > maxSchemaDepth) return
  for (const part of partsOf(restriction, false))
    checkNamed(part.schema, schema, at, `${path}.${part.at}`, errors, depth + 1)
  for (const [name, child] of innerOf(restriction)) {
    if (!isJsonObject(child)) continue
    const named = name === 'items' ? schema['items'] : propertiesOf(schema)[name.slice('properties['.length, -1)]
    if (isJsonObject(named)) checkNamed(child, named, `${at}.${name}`, `${path}.${name}`, errors, depth + 1)
    else errors.push(required(`${at}.${name}`, `because it is defined in ${path}.${name}`))
  }
}
