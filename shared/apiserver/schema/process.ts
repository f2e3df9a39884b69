// What happens to an object between being decoded and being stored: unknown fields go, defaults come, and what is left is
// held against the schema. One entry point, so that every write of every kind passes the same steps in the same order.
import type { JsonObject } from '../../api/json.ts'
import type { ScaleSubresource, ServedKind } from '../kind.ts'
import { hasRules } from './cel/rule.ts'
import { type Verdicts, validateRules } from './cel/validate-rules.ts'
import { embeddedFaults } from './embedded.ts'
import { invalid, noField } from './field-errors.ts'
import { validateLists } from './lists.ts'
import { ratchet } from './ratchet.ts'
import { replicaErrors } from './replicas.ts'
import type { FieldError, Schema } from './schema.ts'
import { shapeObject } from './shape.ts'
import { validateValue } from './validate.ts'

export interface ProcessOptions {
  /** The stored state when this is an update: transition rules see it, and faults it already had are not held against the writer. */
  readonly old?: JsonObject | undefined
  /**
   * Whether set and map lists must be free of repeated items. Default true; built-in kinds allow them in places (two
   * environment variables of one name) and have rules of their own where they do not.
   */
  readonly uniqueItems?: boolean
  /** Where the kind's replica counts are. */
  readonly scale?: ScaleSubresource | undefined
}

export interface Processed {
  /** A new object; the input is never changed. */
  readonly object: JsonObject
  readonly errors: readonly FieldError[]
  /** Paths of fields the schema does not know and that were dropped, e.g. `spec.bogus`. */
  readonly unknownFields: readonly string[]
  /** Why the object cannot be read at all. */
  readonly unreadable?: string | undefined
  /** What the writer should know although the object is accepted: rules broken by parts that did not change. */
  readonly warnings: readonly string[]
}

/** Prunes, defaults and validates a whole object (with apiVersion, kind and metadata at its root). */
export function processObject(schema: Schema, object: JsonObject, options: ProcessOptions = {}): Processed {
  const { old, uniqueItems = true, scale } = options
  const shaped = shapeObject(schema, object)
  const embedded = embeddedFaults(schema, object)
  const found = [...shaped.errors, ...validateValue(schema, shaped.object, '')]
  const remaining = old === undefined ? found : ratchet(schema, shaped.object, old, found)
  const kept = [...embedded.errors, ...remaining]
  const errors = [
    ...kept,
    ...(scale === undefined ? [] : replicaErrors(scale, shaped.object)),
    ...(uniqueItems ? repeatedItems(schema, shaped.object, old) : []),
  ]
  const broken = brokenRules(schema, shaped.object, old, errors)
  return {
    object: shaped.object,
    errors: [...errors, ...broken.errors],
    unknownFields: [...shaped.unknownFields, ...embedded.unknownFields].sort(),
    unreadable: embedded.unreadable[0],
    warnings: broken.forgiven.map(({ field, message }) => `${field}: ${message}`),
  }
}

/** Rules may assume the types they were checked against; with these complaints they would only say the same again. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

function brokenRules(
  schema: Schema,
  object: JsonObject,
  old: JsonObject | undefined,
  errors: readonly FieldError[],
): Verdicts {
  if (!hasRules(schema)) return { errors: [], forgiven: [] }
  if (!errors.some(({ reason }) => blocking.has(reason))) return validateRules(schema, object, old)
  const text =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  return { errors: [invalid(noField, null, text)], forgiven: [] }
}

/** An object that was stored with repeated items before its schema forbade them may keep having some. */
function repeatedItems(schema: Schema, object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  const found = validateLists(schema, object, '')
  return found.length > 0 && old !== undefined && validateLists(schema, old, '').length > 0 ? [] : found
}

/**
 * `processObject` for a kind: its own preparation (built-in defaults, Secret.stringData) before the schema, its own rules
 * after it. A kind without a schema is passed on as it is.
 */
export function processKind(kind: ServedKind, object: JsonObject, options: ProcessOptions = {}): Processed {
  const prepared = kind.prepare === undefined ? object : kind.prepare(object, options.old)
  const processed =
    kind.schema === undefined
      ? { object: prepared, errors: [], unknownFields: [], warnings: [] }
      : processObject(kind.schema, prepared, {
          uniqueItems: kind.origin !== 'builtin',
          ...(kind.origin === 'custom' && { scale: kind.scale }),
          ...options,
        })
  if (kind.validate === undefined) return processed
  // A rule may say the same of a missing field.
  const known = new Set(processed.errors.map(({ field }) => field))
  const own = kind.validate(processed.object, options.old).filter(({ field }) => !known.has(field))
  return { ...processed, errors: [...processed.errors, ...own] }
}
