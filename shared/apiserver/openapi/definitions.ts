// Schemas as OpenAPI definitions: each named once, references by name, the same for v2 and v3 but for what v2 cannot say.
import type { Json, JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'
import { put } from '../schema/json-value.ts'
import { objectMetaSchema } from '../schema/metadata.ts'
import type { Schema } from '../schema/schema.ts'
import { gvkOf } from './operations.ts'

export type Dialect = 'v2' | 'v3'

const prefixes: Readonly<Record<Dialect, string>> = { v2: '#/definitions/', v3: '#/components/schemas/' }

/** Collects the definitions a set of kinds needs. */
export class Definitions {
  private readonly dialect: Dialect
  private readonly found = new Map<string, JsonObject>()

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  /** Adds a kind with everything it refers to; returns its definition's name. */
  add(kind: ServedKind): string {
    const name = definitionName(kind)
    const schema: Schema = kind.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    const body = this.body(withObjectFields(schema))
    this.found.set(name, { ...body, 'x-kubernetes-group-version-kind': [gvkOf(kind)] })
    return name
  }

  /** Definitions by name, sorted. */
  all(): JsonObject {
    return Object.fromEntries([...this.found].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  reference(name: string): JsonObject {
    return { $ref: `${prefixes[this.dialect]}${name}` }
  }

  private refer(schema: Schema): JsonObject {
    const { ref } = schema
    if (ref === undefined) return this.body(schema)
    if (!this.found.has(ref)) {
      // Entered before its body is made: a definition may contain itself.
      this.found.set(ref, {})
      this.found.set(ref, this.body(schema))
    }
    const beside = besideReference(schema)
    if (Object.keys(beside).length === 0) return this.reference(ref)
    return this.dialect === 'v2' ? { ...beside, ...this.reference(ref) } : { ...beside, allOf: [this.reference(ref)] }
  }

  private body(schema: Schema): JsonObject {
    const out: Record<string, Json> = {}
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === 'ref' || value === undefined || (this.dialect === 'v2' && onlyV3.has(keyword))) continue
      out[keyword] = this.keyword(keyword, value)
    }
    return this.dialect === 'v2' ? loosened(schema, out) : typed(schema, out)
  }

  private keyword(keyword: string, value: unknown): Json {
    if (keyword === 'properties') return this.properties(value as Readonly<Record<string, Schema>>)
    if (keyword === 'items' || keyword === 'not') return this.refer(value as Schema)
    if (keyword === 'additionalProperties') return typeof value === 'boolean' ? value : this.refer(value as Schema)
    if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf') {
      return (value as readonly Schema[]).map((part) => this.refer(part))
    }
    return value as Json
  }

  private properties(properties: Readonly<Record<string, Schema>>): JsonObject {
    const out: Record<string, Json> = {}
    for (const [name, child] of Object.entries(properties)) put(out, name, this.refer(child))
    return out
  }
}

/** Keywords Swagger 2 does not know. */
const onlyV3: ReadonlySet<string> = new Set(['oneOf', 'anyOf', 'not', 'nullable'])

/** Keywords that a use of a definition says besides naming it. */
const ownKeywords = ['default', 'x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key'] as const

function besideReference(schema: Schema): Record<string, Json> {
  return Object.fromEntries(
    ownKeywords.flatMap((keyword) => {
      const value = schema[keyword]
      return value === undefined ? [] : [[keyword, value]]
    }),
  )
}

/** In v2 what may hold anything is an open object, and what may hold two types has none. */
function loosened(schema: Schema, out: Record<string, Json>): JsonObject {
  if (schema['x-kubernetes-int-or-string'] === true) {
    const { type: _type, ...rest } = out
    return schema.ref === undefined ? rest : { ...rest, type: 'string', format: 'int-or-string' }
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) {
    const { properties: _properties, items: _items, ...rest } = out
    return rest
  }
  return out
}

function typed(schema: Schema, out: Record<string, Json>): JsonObject {
  if (schema['x-kubernetes-int-or-string'] !== true || out['anyOf'] !== undefined || out['oneOf'] !== undefined)
    return out
  const types = [{ type: 'integer' }, { type: 'string' }]
  // Fields of custom kinds have no definition of their own.
  return schema.ref === undefined ? { ...out, anyOf: types } : { ...out, format: 'int-or-string', oneOf: types }
}

const texts = {
  apiVersion: 'The group and version this object is written in.',
  kind: 'The kind of this object, in CamelCase. It cannot be changed.',
  metadata: 'Name, namespace, labels and everything else every object has.',
}

/** Every object has these three, whatever its schema says of them. */
function withObjectFields(schema: Schema): Schema {
  const { properties = {} } = schema
  const own = properties['metadata']
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: properties['apiVersion'] ?? { type: 'string', description: texts.apiVersion },
      kind: properties['kind'] ?? { type: 'string', description: texts.kind },
      metadata: own?.ref === undefined ? objectMetaSchema : own,
    },
  }
}

/** Reverse DNS and unique: `io.demo.v1.Widget`; built-in kinds keep the names clients know. */
export function definitionName({ group, version, kind, schema }: ServedKind): string {
  if (schema?.ref !== undefined) return schema.ref
  return [...group.split('.').reverse(), version, kind].filter((part) => part !== '').join('.')
}
