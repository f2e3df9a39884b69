// Schemas as CEL types, and JSON values as values of those types.
import type { Environment } from '@marcbachmann/cel-js'
import { isJsonObject, type Json } from '../../../api/json.ts'
import { has } from '../json-value.ts'
import type { Schema } from '../schema.ts'
import { boundsOf } from './cost/bounds.ts'
import { celEqual } from './equality.ts'
import { parseDuration } from './lang.ts'
import { celName, memberName } from './names.ts'

/** How a schema looks to a rule. */
export interface CelType {
  /** The type's name in signatures. */
  readonly name: string
  convert(value: Json): unknown
}

const timestamp = 'google.protobuf.Timestamp'
const duration = 'google.protobuf.Duration'

/** A value whose schema says nothing: numbers that are whole are integers. */
function convertAny(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(convertAny)
  if (!isJsonObject(value)) return value
  return new Map(
    Object.entries(value).flatMap(([name, child]) => (child === undefined ? [] : [[name, convertAny(child)]])),
  )
}

const anything: CelType = { name: 'dyn', convert: convertAny }

function whole(value: Json): unknown {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
}

function timeOf(value: Json): unknown {
  const time = new Date(String(value))
  if (Number.isNaN(time.getTime())) throw new Error(`not a time: ${String(value)}`)
  return time
}

function durationOf(value: Json): unknown {
  const parsed = parseDuration(String(value))
  if (parsed === undefined) throw new Error(`not a duration: ${String(value)}`)
  return parsed
}

const scalars: Readonly<Record<string, CelType>> = {
  string: { name: 'string', convert: (value) => value },
  boolean: { name: 'bool', convert: (value) => value },
  integer: { name: 'int', convert: whole },
  number: { name: 'double', convert: (value) => value },
  date: { name: timestamp, convert: timeOf },
  'date-time': { name: timestamp, convert: timeOf },
  duration: { name: duration, convert: durationOf },
  byte: { name: 'bytes', convert: (value) => Buffer.from(String(value), 'base64') },
}

/** What rules see of a resource besides its own fields. */
const metadataSchema: Schema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
}
const resourceFields: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: metadataSchema,
}

/** A class whose values have no member but their fields: no `toString` that a rule could mistake for one. */
function newClass(): new () => object {
  const Struct = class {}
  Object.setPrototypeOf(Struct.prototype, null)
  return Struct
}

/** Gives every schema of one kind its type; object types are registered with the environment as they are met. */
export class TypeSource {
  private readonly environment: Environment
  /** Types as definitions are judged: a field that may be null has the type it has otherwise. */
  private readonly strict: boolean
  private readonly types = new Map<Schema, CelType>()
  private made = 0

  constructor(environment: Environment, strict: boolean) {
    this.environment = environment
    this.strict = strict
  }

  typeOf(schema: Schema, root = false): CelType {
    const known = this.types.get(schema)
    if (known !== undefined) return known
    const plain = this.make(schema, root)
    // A field that may be null is checked when the rule runs.
    const type = schema.nullable === true && !this.strict ? { name: 'dyn', convert: plain.convert } : plain
    this.types.set(schema, type)
    return type
  }

  private make(schema: Schema, root: boolean): CelType {
    if (schema['x-kubernetes-int-or-string'] === true) return { name: 'dyn', convert: whole }
    if (schema.type === 'array') return this.list(schema)
    if (schema.type === 'object') return this.object(schema, root || schema['x-kubernetes-embedded-resource'] === true)
    if (schema.type === 'string') return scalars[schema.format ?? 'string'] ?? scalars['string'] ?? anything
    return scalars[schema.type ?? ''] ?? anything
  }

  private list(schema: Schema): CelType {
    const item = schema.items === undefined ? anything : this.typeOf(schema.items)
    const convert = (value: Json) => (Array.isArray(value) ? value.map((entry) => convertWith(item, entry)) : value)
    return { name: `list<${item.name}>`, convert }
  }

  private object(schema: Schema, resource: boolean): CelType {
    const { additionalProperties } = schema
    if (typeof additionalProperties !== 'object')
      return this.struct({ ...schema.properties, ...(resource && resourceFields) })
    const value = this.typeOf(additionalProperties)
    const convert = (map: Json) =>
      isJsonObject(map)
        ? new Map(Object.entries(map).map(([name, child]) => [name, convertWith(value, child ?? null)]))
        : map
    return { name: `map<string, ${value.name}>`, convert }
  }

  private struct(properties: Readonly<Record<string, Schema>>): CelType {
    const fields = Object.entries(properties).flatMap(([property, schema]) => {
      const field = celName(property)
      // Rules cannot see what has no type.
      return field === undefined || boundsOf(schema) === undefined
        ? []
        : [{ property, field: memberName(field), type: this.typeOf(schema) }]
    })
    // One class an object type: the library tells values apart by their constructor.
    const Struct = newClass()
    const name = `object${this.made++}`
    const declared = Object.fromEntries(fields.map(({ field, type }) => [field, type.name]))
    this.environment.registerType(name, { ctor: Struct, fields: declared })
    this.environment.registerOperator(`${name} == ${name}`, celEqual)
    // Rules may ask whether an object is there at all; a rule runs only where it is.
    this.environment.registerOperator(`${name} == null`, (value: unknown) => value === null)
    const convert = (value: Json) => {
      if (!isJsonObject(value)) return value
      const struct = new Struct()
      for (const { property, field, type } of fields) {
        const child = has(value, property) ? value[property] : undefined
        if (child !== undefined) Object.assign(struct, { [field]: convertWith(type, child) })
      }
      return struct
    }
    return { name, convert }
  }
}

function convertWith(type: CelType, value: Json): unknown {
  return value === null ? null : type.convert(value)
}
