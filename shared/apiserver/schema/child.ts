// Which schema describes a property or an item.
import { childPath, has } from './json-value.ts'
import type { Schema } from './schema.ts'

/** Schema of the property `name`, or of any map entry; undefined when the schema says nothing of it. */
export function propertySchema(schema: Schema, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema
  if (properties !== undefined && has(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** The path of a member as most complaints write it: `.field`, or `[entry]` of a map. */
export function memberPath({ properties }: Schema, path: string, name: string): string {
  const isField = properties !== undefined && has(properties, name)
  return isField ? childPath(path, name) : `${path}[${name}]`
}

/** True when properties the schema does not name are kept as they are. */
export function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true
}

type Defaults = readonly (readonly [name: string, schema: Schema])[]
const noDefaults: Defaults = []
const defaultsBySchema = new WeakMap<Schema, Defaults>()

/** Properties that have a default. */
export function defaultedProperties(schema: Schema): Defaults {
  const { properties } = schema
  if (properties === undefined) return noDefaults
  const known = defaultsBySchema.get(schema)
  if (known !== undefined) return known
  const found = Object.entries(properties).filter(([, child]) => child.default !== undefined)
  const defaults = found.length === 0 ? noDefaults : found
  defaultsBySchema.set(schema, defaults)
  return defaults
}

/** Fields that identify an item of a map list. */
export function listMapKeys(schema: Schema): readonly string[] {
  return schema['x-kubernetes-list-map-keys'] ?? []
}
