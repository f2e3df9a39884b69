// What a change does to the owners of fields: the arithmetic that applies and updates share.
import type { JsonMap, JsonValue } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { typedForm } from './builtin-form.ts'
import { type Comparison, compareObjects, withoutFields } from './compare.ts'
import { type ApplyConflict, conflictsOf } from './conflict.ts'
import {
  difference,
  type FieldSet,
  fieldSetOf,
  intersection,
  isEmptySet,
  recursiveDifference,
  union,
} from './field-set.ts'
import { coarsened } from './fields-of.ts'
import { type ManagerEntry, type Managers, managerKey, putEntry } from './managed-fields.ts'
import { fieldStep } from './path-step.ts'

const path = (...names: string[]) => names.map(fieldStep)

/** Identity and bookkeeping belong to the server; nobody owns them. */
const neverOwned = fieldSetOf(
  path('apiVersion'),
  path('kind'),
  path('metadata'),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields'].map(
    (name) => path('metadata', name),
  ),
  path('metadata', 'resourceVersion'),
)

/** What every tracked write knows. */
export interface TrackingContext {
  readonly schema: Schema
  /** The version the request was made in. */
  readonly apiVersion: string
  /** RFC 3339, UTC, whole seconds. */
  readonly now: string
  /** `status`, `scale`, ...; '' for the main resource. */
  readonly subresource: string
  /** Fields this endpoint does not write and whose changes therefore mean nothing. */
  readonly resetFields: FieldSet
  /** Whether a version still exists; entries of others are dropped. */
  readonly versionServed: (apiVersion: string) => boolean
}

/**
 * The fields an endpoint ignores: the main endpoint of a kind with a status subresource ignores `status`, `/status`
 * ignores `metadata` and `spec`.
 */
export function resetFieldsOf(subresource: string, statusSubresource: boolean): FieldSet {
  if (subresource === 'status') return fieldSetOf(path('metadata'), path('spec'))
  return statusSubresource && subresource === '' ? fieldSetOf(path('status')) : fieldSetOf()
}

/** Drops entries of vanished versions and widens paths below what has become atomic since. */
export function reconciledManagers(managers: Managers, context: TrackingContext): Managers {
  const result: Managers = new Map()
  for (const [key, entry] of managers) {
    if (!context.versionServed(entry.apiVersion)) continue
    result.set(key, { ...entry, set: coarsened(context.schema, entry.set) })
  }
  return result
}

export function stripped(set: FieldSet): FieldSet {
  return difference(set, neverOwned)
}

/** Fields of one write that count for ownership. */
export function tracked(set: FieldSet, context: TrackingContext): FieldSet {
  return recursiveDifference(set, context.resetFields)
}

interface Settled {
  readonly managers: Managers
  readonly comparison: Comparison
  readonly conflicts: readonly ApplyConflict[]
}

/**
 * Takes from every manager but `except` what the change took from the object and, unless it comes back as a conflict,
 * what the change overwrote.
 */
export function settleOwners(
  managers: Managers,
  before: JsonValue,
  after: JsonValue,
  context: TrackingContext,
  except: string,
): Settled {
  const { schema, resetFields } = context
  const change = compareObjects(schema, typedForm(schema, before), typedForm(schema, after))
  const comparison = withoutFields(change, resetFields)
  const overwritten = union(comparison.modified, comparison.added)
  const lost = union(overwritten, comparison.removed)
  const result: Managers = new Map()
  const conflicts: ApplyConflict[] = []
  for (const [key, entry] of [...managers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (key === except) {
      result.set(key, entry)
      continue
    }
    conflicts.push(...conflictsOf(entry, intersection(entry.set, overwritten)))
    const rest = difference(entry.set, lost)
    if (!isEmptySet(rest)) result.set(key, { ...entry, set: rest })
  }
  return { managers: result, comparison, conflicts }
}

/** Tracks a write that is not an apply: the writer comes to own what it changed. */
export function updateOwners(
  managers: Managers,
  before: JsonMap,
  after: JsonMap,
  manager: string,
  context: TrackingContext,
): Managers {
  const reconciled = reconciledManagers(managers, context)
  const settled = settleOwners(reconciled, before, after, context, '')
  const result: Managers = new Map(settled.managers)
  const taken = stripped(union(settled.comparison.modified, settled.comparison.added))
  if (isEmptySet(taken)) return result
  const identity = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion: context.apiVersion,
    subresource: context.subresource,
  } as const
  const previous: ManagerEntry | undefined = result.get(managerKey(identity))
  putEntry(result, { ...identity, time: context.now, set: previous ? union(previous.set, taken) : taken })
  return result
}
