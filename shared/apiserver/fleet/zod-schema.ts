// The fleet's own kinds as the API server serves them, derived from the zod definitions in shared/api.
// This file: from a zod type and its Kubernetes keywords to a structural schema.
import type { z } from 'zod'
import { type KubeKeywords, type KubeMeta, kubeMeta } from '../../api/kube-meta.ts'
import type { Schema } from '../schema/schema.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The parts of zod's own description of a type that matter here. */
interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly entries?: Readonly<Record<string, string>>
  readonly options?: readonly z.ZodType[]
  readonly checks?: readonly unknown[]
}

/** zod describes every type in `def`; its static type is a different one for each class. */
const definitionOf = (type: z.ZodType): Definition => type.def as unknown as Definition

interface Unwrapped {
  readonly type: z.ZodType
  readonly optional: boolean
  /** What is said of the field in the version asked for, wrappers last. */
  readonly meta: KubeMeta
}

function inVersion(meta: KubeMeta | undefined, version: string): KubeMeta {
  return meta === undefined ? {} : { ...meta, ...meta.inVersion?.[version] }
}

function unwrap(type: z.ZodType, version: string): Unwrapped {
  const own = inVersion(kubeMeta(type), version)
  const { type: kind, innerType } = definitionOf(type)
  if ((kind !== 'optional' && kind !== 'nullable') || !innerType) return { type, optional: false, meta: own }
  const inner = unwrap(innerType, version)
  return { type: inner.type, optional: inner.optional || kind === 'optional', meta: { ...inner.meta, ...own } }
}

const isInteger = (definition: Definition) => (definition.checks?.length ?? 0) > 0

/** The structural schema of a zod type in one version. Throws TypeError for a type that has no such schema. */
export function schemaOf(type: z.ZodType, version: string): Schema {
  const { type: bare, meta } = unwrap(type, version)
  return withKeywords(baseSchema(bare, version), meta)
}

function baseSchema(type: z.ZodType, version: string): Schema {
  const definition = definitionOf(type)
  switch (definition.type) {
    case 'string':
      return { type: 'string' }
    case 'boolean':
      return { type: 'boolean' }
    case 'number':
      return { type: isInteger(definition) ? 'integer' : 'number' }
    case 'enum':
      return { type: 'string', enum: Object.values(definition.entries ?? {}) }
    case 'unknown':
      return {}
    case 'union':
      return intOrString
    case 'array':
      return { type: 'array', items: schemaOf(needed(definition.element, 'an array'), version) }
    case 'record':
      return { type: 'object', additionalProperties: schemaOf(needed(definition.valueType, 'a record'), version) }
    case 'object':
      return fieldsSchema(definition.shape ?? {}, version)
    default:
      throw new TypeError(`a ${definition.type} has no structural schema`)
  }
}

/** The only union in the fleet's kinds. */
const intOrString: Schema = { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }

function needed(type: z.ZodType | undefined, what: string): z.ZodType {
  if (type === undefined) throw new TypeError(`${what} without the type of its members`)
  return type
}

/** An object schema of named fields, without those the version does not have. */
export function fieldsSchema(fields: Readonly<Record<string, z.ZodType>>, version: string): Schema {
  const properties: Record<string, Schema> = {}
  const required: string[] = []
  for (const [name, type] of Object.entries(fields)) {
    const { optional, meta } = unwrap(type, version)
    if (meta.absentIn?.includes(version)) continue
    properties[name] = schemaOf(type, version)
    if (meta.required ?? !optional) required.push(name)
  }
  return {
    type: 'object',
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required: required.sort() } : {}),
  }
}

/** Keywords that are called the same on both sides. */
const plainKeywords = [
  'description',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const satisfies readonly (keyof KubeKeywords & keyof Schema)[]

const renamedKeywords = {
  listType: 'x-kubernetes-list-type',
  listMapKeys: 'x-kubernetes-list-map-keys',
  mapType: 'x-kubernetes-map-type',
  preserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
  embeddedResource: 'x-kubernetes-embedded-resource',
  rules: 'x-kubernetes-validations',
} as const satisfies Readonly<Partial<Record<keyof KubeKeywords, keyof Schema>>>

function withKeywords(schema: Schema, meta: KubeMeta): Schema {
  const result: Mutable<Schema> & Record<string, unknown> = { ...schema }
  for (const keyword of plainKeywords) if (meta[keyword] !== undefined) result[keyword as string] = meta[keyword]
  for (const [ours, theirs] of Object.entries(renamedKeywords)) {
    const value = meta[ours as keyof typeof renamedKeywords]
    if (value !== undefined) result[theirs as string] = value
  }
  return result
}
