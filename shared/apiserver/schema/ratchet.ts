// An update is not held responsible for what it did not touch: complaints about unchanged parts are dropped.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { propertySchema } from './child.ts'
import { isUnchanged, oldItems, oldProperty } from './correlate.ts'
import { noField } from './field-errors.ts'
import { childPath } from './json-value.ts'
import type { FieldError, Schema } from './schema.ts'

/** Collects the paths of the largest parts of `value` that equal the part of `old` they continue. */
function collectUnchanged(schema: Schema, value: Json, old: Json | undefined, path: string, found: Set<string>): void {
  if (old === undefined) return
  if (isUnchanged(schema, value, old)) {
    found.add(path)
  } else if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return
    const before = oldItems(schema, old)
    for (const [index, item] of value.entries()) {
      collectUnchanged(items, item, before(item), `${path}[${index}]`, found)
    }
  } else if (isJsonObject(value)) {
    collectUnchangedFields(schema, value, old, path, found)
  }
}

function collectUnchangedFields(schema: Schema, value: JsonObject, old: Json, path: string, found: Set<string>): void {
  for (const [name, child] of Object.entries(value)) {
    const described = propertySchema(schema, name)
    if (child === undefined || described === undefined) continue
    collectUnchanged(described, child, oldProperty(old, name), childPath(path, name), found)
  }
}

/** True for the path itself and everything below one of `roots`. */
function isWithin(roots: ReadonlySet<string>, path: string): boolean {
  if (roots.has('') || roots.has(path)) return true
  for (let end = path.length - 1; end > 0; end--) {
    const next = path[end]
    if ((next === '.' || next === '[') && roots.has(path.slice(0, end))) return true
  }
  return false
}

/** Complaints without a field name the path they speak of in quotes. */
function placeOf(error: FieldError): string {
  if (error.field !== noField) return error.field
  return /: "([^"]*)" must /.exec(error.message)?.[1] ?? / in (\S+)$/.exec(error.message)?.[1] ?? ''
}

/** The complaints that remain when unchanged parts are forgiven. A missing field belongs to the object it misses from. */
export function ratchet(schema: Schema, value: Json, old: Json, errors: readonly FieldError[]): FieldError[] {
  if (errors.length === 0) return []
  const unchanged = new Set<string>()
  collectUnchanged(schema, value, old, '', unchanged)
  return errors.filter((error) => !isWithin(unchanged, placeOf(error)))
}
