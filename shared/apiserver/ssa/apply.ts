// Server-side apply of one configuration to one object.
import type { KubeObject } from '../../api/kube-object.ts'
import { gvkOf } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import { cloneJson, isMap, type JsonMap, type JsonValue, own, sameJson } from '../patch/json-value.ts'
import { PatchError } from '../patch/patch-error.ts'
import type { Schema } from '../schema/schema.ts'
import { builtinForm, isBuiltinSchema, typedForm } from './builtin-form.ts'
import { type ApplyConflict, conflictMessage } from './conflict.ts'
import { difference, type FieldSet, intersection, union } from './field-set.ts'
import { fieldsOf, typeComplaints, withNamedFields } from './fields-of.ts'
import { allowedByLastApplied, refreshLastApplied } from './last-applied.ts'
import {
  decodeManagers,
  encodeManagers,
  type ManagerEntry,
  type Managers,
  managerKey,
  putEntry,
} from './managed-fields.ts'
import { mergeObjects, removeFields } from './merge.ts'
import {
  reconciledManagers,
  resetFieldsOf,
  settleOwners,
  stripped,
  type TrackingContext,
  tracked,
  updateOwners,
} from './ownership.ts'
import { rootSchema } from './root-schema.ts'

/** What a tracked write needs to know of the kind and the request. */
export interface TrackingInput {
  /** Absent: maps are taken apart, lists are leaves. */
  readonly schema?: Schema | undefined
  /** The version of the request; entries are labelled with it. */
  readonly apiVersion: string
  /** RFC 3339 in UTC with whole seconds. */
  readonly now: string
  readonly subresource?: string | undefined
  /** Whether the kind has a status subresource. */
  readonly statusSubresource?: boolean | undefined
  /** Fields the endpoint ignores; derived from the two fields above when absent. */
  readonly resetFields?: FieldSet | undefined
  /** Versions that exist; entries of other versions are dropped. All, when absent. */
  readonly versionServed?: ((apiVersion: string) => boolean) | undefined
}

export interface ApplyInput extends TrackingInput {
  /** The stored object; absent when the apply creates it. */
  readonly live?: KubeObject | undefined
  /** The configuration as decoded from the request. */
  readonly config: unknown
  readonly manager: string
  readonly force: boolean
  /** Kind the request's path names. */
  readonly kind: string
}

export type ApplyOutcome =
  | {
      readonly kind: 'applied'
      /** A new object with `metadata.managedFields`; not yet defaulted or validated. */
      readonly object: KubeObject
      /** False when neither the object nor its owners differ from `live`. */
      readonly changed: boolean
    }
  | {
      readonly kind: 'conflicts'
      readonly conflicts: readonly ApplyConflict[]
      /** Message of the 409 Status. */
      readonly message: string
    }

/** The context of a write, with everything optional filled in. */
export function trackingContext(input: TrackingInput): TrackingContext {
  const subresource = input.subresource ?? ''
  return {
    schema: rootSchema(input.schema),
    apiVersion: input.apiVersion,
    now: input.now,
    subresource,
    resetFields: input.resetFields ?? resetFieldsOf(subresource, input.statusSubresource === true),
    versionServed: input.versionServed ?? (() => true),
  }
}

/** The object without its managed fields, in the form ownership is computed on. */
export function trackedForm(schema: Schema, object: unknown): JsonMap {
  const copy = cloneJson(object)
  if (!isMap(copy)) throw new PatchError(400, 'the object is not a JSON object')
  const metadata = own(copy, 'metadata')
  if (metadata !== undefined && isMap(metadata)) delete metadata['managedFields']
  return isBuiltinSchema(schema) ? builtinForm(schema, copy) : copy
}

/** The object with its owners written into its metadata. */
export function withManagers(object: JsonMap, managers: Managers): KubeObject {
  const entries = encodeManagers(managers)
  const metadata = own(object, 'metadata')
  const kept = metadata !== undefined && isMap(metadata) ? metadata : {}
  const result = { ...object, metadata: entries.length === 0 ? kept : { ...kept, managedFields: entries } }
  // The caller's object was a KubeObject or is checked to have apiVersion and kind.
  return result as unknown as KubeObject
}

const gvkText = ({ apiVersion, kind }: { apiVersion: string; kind: string }) => {
  const { group, version } = gvkOf({ apiVersion, kind })
  return `${group}/${version}, Kind=${kind}`
}

function checkedConfig(input: ApplyInput, schema: Schema): JsonMap {
  const config = cloneJson(input.config)
  if (!isMap(config)) throw new PatchError(400, 'error decoding YAML: the configuration is not an object')
  const [apiVersion, kind] = [own(config, 'apiVersion') ?? '', own(config, 'kind') ?? '']
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new PatchError(400, 'apiVersion and kind of the configuration are texts')
  }
  if (apiVersion !== input.apiVersion || kind !== input.kind) {
    throw new PatchError(400, `invalid object type: ${gvkText({ apiVersion, kind })}`)
  }
  const metadata = own(config, 'metadata')
  if (metadata !== undefined && isMap(metadata) && (own(metadata, 'managedFields') ?? null) !== null) {
    throw new PatchError(400, 'metadata.managedFields must be nil')
  }
  const complaints = typeComplaints(schema, config)
  if (complaints.length > 0) throw new PatchError(400, typedError(config, { apiVersion, kind }, complaints))
  return config
}

function typedError(
  config: JsonMap,
  type: { apiVersion: string; kind: string },
  complaints: readonly string[],
): string {
  const metadata = own(config, 'metadata')
  const text = (field: string) => {
    const value = metadata !== undefined && isMap(metadata) ? own(metadata, field) : undefined
    return typeof value === 'string' ? value : ''
  }
  const list = complaints.length === 1 ? complaints[0] : `errors:\n${complaints.map((line) => `  ${line}`).join('\n')}`
  return `failed to create typed patch object (${text('namespace')}/${text('name')}; ${gvkText(type)}): ${list}`
}

/** The live object's owners; fields of an object nobody has tracked belong to `before-first-apply`. */
function liveManagers(live: JsonMap, entries: unknown, context: TrackingContext, exists: boolean): Managers {
  const managers = decodeManagers(entries)
  if (managers.size > 0 || !exists) return managers
  const empty = trackedForm(context.schema, { apiVersion: live['apiVersion'], kind: live['kind'] })
  return updateOwners(managers, empty, live, 'before-first-apply', context)
}

/** Takes out what the manager applied last time, no longer applies, and nobody else owns. */
function prune(schema: Schema, merged: JsonValue, last: FieldSet | undefined, owned: FieldSet): JsonValue {
  if (last === undefined) return merged
  const named = (set: FieldSet) => withNamedFields(schema, set)
  const mergedSet = named(fieldsOf(schema, merged))
  const lastSet = named(last)
  const gone = named(fieldsOf(schema, removeFields(schema, merged, lastSet)))
  const kept = removeFields(schema, merged, difference(mergedSet, union(gone, named(owned))))
  const keptSet = named(fieldsOf(schema, kept))
  return removeFields(schema, merged, intersection(difference(mergedSet, keptSet), lastSet))
}

interface Attempt {
  readonly object: JsonMap
  readonly managers: Managers
  readonly conflicts: readonly ApplyConflict[]
  readonly changed: boolean
}

function attempt(
  live: JsonMap,
  config: JsonMap,
  managers: Managers,
  manager: string,
  context: TrackingContext,
): Attempt {
  const { schema, apiVersion, subresource } = context
  const current = reconciledManagers(managers, context)
  const identity = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Apply',
    apiVersion,
    subresource,
  } as const
  const key = managerKey(identity)
  const last = current.get(key)
  const set = tracked(fieldsOf(schema, config), context)
  const entry: ManagerEntry = { ...identity, time: last?.time, set }
  current.set(key, entry)
  let owned: FieldSet = set
  for (const other of current.values()) owned = union(owned, other.set)
  const merged = prune(schema, mergeObjects(schema, live, config), last?.set, owned)
  const settled = settleOwners(current, live, merged, context, key)
  const result = isBuiltinSchema(schema) && isMap(merged) ? builtinForm(schema, merged) : merged
  if (!isMap(result)) throw new InvalidInputError('the applied object is empty')
  // An empty list where there was none is a change here, although nothing of it is stored.
  const changed = !sameJson(typedForm(schema, live), typedForm(schema, merged))
  const after: Managers = new Map(settled.managers)
  after.delete(key)
  putEntry(after, { ...entry, set: stripped(set), time: changed ? context.now : entry.time })
  return { object: result, managers: after, conflicts: settled.conflicts, changed }
}

/**
 * Applies a configuration in the name of a manager. Fields it applied before and now leaves out go, unless someone else
 * owns them; fields others own and it would change are conflicts, unless `force` takes them.
 * Throws PatchError 400 for a configuration that does not fit the kind.
 */
export function applyServerSide(input: ApplyInput): ApplyOutcome {
  const context = trackingContext(input)
  const config = checkedConfig(input, context.schema)
  const live = trackedForm(context.schema, input.live ?? { apiVersion: input.apiVersion, kind: input.kind })
  const managers = liveManagers(live, input.live?.metadata.managedFields, context, input.live !== undefined)
  const done = attempt(live, config, managers, input.manager, context)
  if (done.conflicts.length > 0 && !input.force) {
    const open = openConflicts(done.conflicts, live, input.manager, context)
    if (open.length > 0) return { kind: 'conflicts', conflicts: open, message: conflictMessage(open) }
  }
  const object = input.manager === 'kubectl' ? refreshLastApplied(done.object, config) : done.object
  const result = withManagers(object, done.managers)
  return {
    kind: 'applied',
    object: result,
    changed: !input.live || !sameIgnoringTimes(input.live, result, context.schema),
  }
}

/** kubectl may overwrite, unasked, what its own client-side apply wrote before. */
function openConflicts(
  conflicts: readonly ApplyConflict[],
  live: JsonMap,
  manager: string,
  context: TrackingContext,
): readonly ApplyConflict[] {
  if (manager !== 'kubectl') return conflicts
  const allowed = allowedByLastApplied(live, context)
  return allowed ? conflicts.filter(({ path }) => !allowed.has(path)) : conflicts
}

function withoutTimes(entries: unknown): JsonValue {
  const copy = cloneJson(entries ?? [])
  if (Array.isArray(copy)) for (const entry of copy) if (isMap(entry)) delete entry['time']
  return copy
}

function sameIgnoringTimes(before: KubeObject, after: KubeObject, schema: Schema): boolean {
  return (
    sameJson(withoutTimes(before.metadata.managedFields), withoutTimes(after.metadata.managedFields)) &&
    sameJson(trackedForm(schema, before), trackedForm(schema, after))
  )
}

/**
 * Gives an update its old `managedFields` back when nothing differs from the stored object but their times: then the
 * write is no write. To be called on the final object, after defaulting.
 */
export function keepTimesWhenUnchanged(before: KubeObject, after: KubeObject, schema?: Schema): KubeObject {
  if (!sameIgnoringTimes(before, after, rootSchema(schema))) return after
  const { managedFields: _times, ...metadata } = after.metadata
  const { managedFields } = before.metadata
  return { ...after, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }
}
