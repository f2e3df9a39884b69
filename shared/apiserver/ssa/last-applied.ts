// The bridge from kubectl's client-side apply: its annotation says what kubectl wrote before it applied server-side.

import { errorMessage } from '../../errors.ts'
import { cloneJson, isMap, type JsonMap, type JsonValue, own } from '../patch/json-value.ts'
import { compareObjects } from './compare.ts'
import { difference, type FieldSet, union } from './field-set.ts'
import { fieldsOf } from './fields-of.ts'
import type { TrackingContext } from './ownership.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

function annotationOf(object: JsonMap): string | undefined {
  const metadata = own(object, 'metadata')
  const annotations = metadata !== undefined && isMap(metadata) ? own(metadata, 'annotations') : undefined
  const value = annotations !== undefined && isMap(annotations) ? own(annotations, annotation) : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

function parse(text: string): JsonMap | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const copy = cloneJson(value)
    return isMap(copy) ? copy : undefined
  } catch (error) {
    // A user may have put anything there; then it allows nothing.
    return errorMessage(error) === '' ? {} : undefined
  }
}

/** Fields kubectl's client-side apply wrote and nobody has changed since; undefined when there is no such record. */
export function allowedByLastApplied(live: JsonMap, context: TrackingContext): FieldSet | undefined {
  const text = annotationOf(live)
  const last = text === undefined ? undefined : parse(text)
  if (last === undefined || last['apiVersion'] !== context.apiVersion) return undefined
  const changed = compareObjects(context.schema, last, live)
  const differing = union(changed.modified, union(changed.added, changed.removed))
  return difference(fieldsOf(context.schema, last), differing)
}

/** Brings an existing annotation up to date with what kubectl has just applied server-side. */
export function refreshLastApplied(object: JsonMap, config: JsonMap): JsonMap {
  if (annotationOf(object) === undefined) return object
  const applied: JsonValue = cloneJson(config)
  if (!isMap(applied)) return object
  const configured = own(applied, 'metadata')
  const annotations = configured !== undefined && isMap(configured) ? own(configured, 'annotations') : undefined
  if (annotations !== undefined && isMap(annotations)) delete annotations[annotation]
  const metadata = own(object, 'metadata')
  if (metadata === undefined || !isMap(metadata)) return object
  const kept = own(metadata, 'annotations')
  const text = `${JSON.stringify(sortedKeys(applied))}\n`
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...(kept !== undefined && isMap(kept) ? kept : {}), [annotation]: text } },
  }
}

/** Keys in order, as kubectl writes the annotation. */
function sortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortedKeys(item)]),
  )
}
