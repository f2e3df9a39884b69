// Whole objects inside an object, `x-kubernetes-embedded-resource`: they have apiVersion, kind and metadata like any other.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { embeddedMetadataErrors } from '../resource/metadata.ts'
import { memberPath, propertySchema } from './child.ts'
import { invalid, required } from './field-errors.ts'
import { maxDepth, showValue } from './json-value.ts'
import { objectMetaSchema } from './metadata.ts'
import type { FieldError, Schema } from './schema.ts'

export interface EmbeddedFaults {
  readonly errors: FieldError[]
  /** Fields of their metadata that metadata does not have. */
  readonly unknownFields: string[]
  /** Why the object cannot be read at all: a type that is no text, metadata whose fields have other types. */
  readonly unreadable: string[]
}

const embeddedBelow = new WeakMap<Schema, boolean>()

/** True when the schema, or one below it, embeds resources: everything else need not be walked. */
function embeds(schema: Schema): boolean {
  const known = embeddedBelow.get(schema)
  if (known !== undefined) return known
  // A schema that refers to itself meets its own entry and stops here.
  embeddedBelow.set(schema, false)
  const { additionalProperties, items, properties } = schema
  const found =
    schema['x-kubernetes-embedded-resource'] === true ||
    (items !== undefined && embeds(items)) ||
    (typeof additionalProperties === 'object' && embeds(additionalProperties)) ||
    Object.values(properties ?? {}).some(embeds)
  embeddedBelow.set(schema, found)
  return found
}

/** What is wrong with the resources inside an object. Map entries stand in brackets in these paths. */
export function embeddedFaults(schema: Schema, value: Json): EmbeddedFaults {
  const faults: EmbeddedFaults = { errors: [], unknownFields: [], unreadable: [] }
  visit(schema, value, '', faults, 0)
  return faults
}

function visit(schema: Schema, value: Json, path: string, faults: EmbeddedFaults, depth: number): void {
  if (depth > maxDepth || !embeds(schema)) return
  const { items } = schema
  if (Array.isArray(value) && items !== undefined)
    for (const [index, item] of value.entries()) visit(items, item, `${path}[${index}]`, faults, depth + 1)
  if (!isJsonObject(value)) return
  if (schema['x-kubernetes-embedded-resource'] === true) checkResource(value, path, faults)
  for (const [name, child] of Object.entries(value)) {
    const described = propertySchema(schema, name)
    if (child !== undefined && described !== undefined)
      visit(described, child, memberPath(schema, path, name), faults, depth + 1)
  }
}

function checkResource(value: JsonObject, path: string, faults: EmbeddedFaults): void {
  for (const name of ['apiVersion', 'kind']) {
    const found = value[name]
    const at = `${path}.${name}`
    if (found === undefined) faults.errors.push(required(at))
    else if (typeof found !== 'string')
      faults.unreadable.push(`${at}: Invalid value: ${showValue(found)}: must be a string`)
    else faults.errors.push(...typeErrors(name, found, at))
  }
  const { metadata } = value
  if (metadata === undefined || metadata === null) return
  checkMetadata(metadata, `${path}.metadata`, faults)
  for (const error of embeddedMetadataErrors(metadata))
    faults.errors.push({ ...error, field: `${path}.${error.field}` })
}

function typeErrors(name: string, found: string, at: string): FieldError[] {
  if (found === '') return [invalid(at, found, 'must not be empty')]
  if (name === 'apiVersion' && found.split('/').length > 2)
    return [invalid(at, found, `unexpected GroupVersion string: ${found}`)]
  return name === 'kind' && !/^[a-z]([-a-z0-9]*[a-z0-9])?$/i.test(found)
    ? [invalid(at, found, `may have mixed case, but should otherwise match: ${label}`)]
    : []
}

const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

/** What metadata fields are to the reader of a real server. */
const texts: Readonly<Record<string, string>> = { labels: 'map[string]string', annotations: 'map[string]string' }

function checkMetadata(metadata: Json, path: string, { unknownFields, unreadable }: EmbeddedFaults): void {
  const complain = (text: string) =>
    unreadable.push(`${path}: Invalid value: ${showValue(metadata)}: json: cannot unmarshal ${text}`)
  if (!isJsonObject(metadata)) {
    complain(`${jsonType(metadata)} into Go value of type v1.ObjectMeta`)
    return
  }
  for (const [name, value] of Object.entries(metadata)) {
    const field = objectMetaSchema.properties?.[name]
    if (field === undefined) unknownFields.push(`${path}.${name}`)
    else if (value !== undefined && value !== null) {
      const wrong = misread(field, value, texts[name])
      if (wrong !== undefined)
        complain(`${jsonType(wrong.value)} into Go struct field ObjectMeta.${name} of type ${wrong.type}`)
    }
  }
}

function jsonType(value: Json): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** The value, or the map entry in it, that is not what its field holds. */
function misread(field: Schema, value: Json, map?: string): { value: Json; type: string } | undefined {
  if (field.type === 'string') return typeof value === 'string' ? undefined : { value, type: 'string' }
  if (field.type === 'integer') return Number.isInteger(value) ? undefined : { value, type: 'int64' }
  if (map === undefined) return Array.isArray(value) ? undefined : { value, type: '[]string' }
  if (!isJsonObject(value)) return { value, type: map }
  const entry = Object.values(value).find((each) => each !== null && typeof each !== 'string')
  return entry === undefined ? undefined : { value: entry, type: 'string' }
}
