// What changed between two states of an object, as three sets of fields.
import { type JsonValue, own, sameJson } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { FieldSet, recursiveDifference } from './field-set.ts'
import { fieldStep, type PathStep } from './path-step.ts'
import {
  asList,
  asMap,
  type Form,
  fieldSchema,
  formOf,
  isAtomicMap,
  itemSchema,
  listType,
  namedItems,
  typed,
} from './typing.ts'

/** A field that appears or vanishes counts with everything it holds; one that changes counts at its leaves. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

type Path = readonly PathStep[]

/** Compares two values of one type. Throws InvalidInputError for list items that have no name. */
export function compareObjects(schema: Schema, before: JsonValue, after: JsonValue): Comparison {
  const result = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compare(result, typed(schema), before, after, [])
  return result
}

/** The comparison without some fields and what lies below them. */
export function withoutFields(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    added: recursiveDifference(comparison.added, ignored),
    modified: recursiveDifference(comparison.modified, ignored),
    removed: recursiveDifference(comparison.removed, ignored),
  }
}

function compare(
  result: Comparison,
  schema: Schema,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: Path,
): void {
  const forms = new Set<Form>()
  for (const value of [before, after]) if (value !== undefined) forms.add(formOf(schema, value))
  for (const form of forms) {
    if (form === 'map') compareMaps(result, schema, before, after, path)
    else if (form === 'list') compareLists(result, schema, before, after, path)
    else compareLeaf(result, before, after, path)
  }
  if (before === undefined) result.added.insert(path)
  if (after === undefined) result.removed.insert(path)
}

function compareLeaf(
  result: Comparison,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: Path,
): void {
  if (before !== undefined && after !== undefined && !sameJson(before, after)) result.modified.insert(path)
}

const isEmptyMap = (value: JsonValue | undefined) => Object.keys(asMap(value)).length === 0

function compareMaps(
  result: Comparison,
  schema: Schema,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: Path,
): void {
  // Two empty ones are a leaf, so that the difference between null and {} is seen.
  if (isAtomicMap(schema) || (isEmptyMap(before) && isEmptyMap(after))) {
    compareLeaf(result, before, after, path)
    return
  }
  const left = asMap(before)
  const right = asMap(after)
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    compare(result, fieldSchema(schema, name), own(left, name), own(right, name), [...path, fieldStep(name)])
  }
}

function compareLists(
  result: Comparison,
  schema: Schema,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: Path,
): void {
  const list = listType(schema)
  if (list.kind === 'atomic' || (asList(before).length === 0 && asList(after).length === 0)) {
    compareLeaf(result, before, after, path)
    return
  }
  const left = Map.groupBy(namedItems(schema, list, before), ({ step }) => step)
  const right = Map.groupBy(namedItems(schema, list, after), ({ step }) => step)
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const old = (left.get(step) ?? []).map(({ item }) => item)
    const now = (right.get(step) ?? []).map(({ item }) => item)
    compareItems(result, itemSchema(schema), old, now, [...path, step])
  }
}

/** The items of one name. Normally one on either side; several of one name are taken together as one leaf. */
function compareItems(
  result: Comparison,
  schema: Schema,
  old: readonly JsonValue[],
  now: readonly JsonValue[],
  path: Path,
): void {
  if (old.length <= 1 && now.length <= 1) {
    compare(result, schema, old[0], now[0], path)
    return
  }
  if (old.length > 1 && now.length > 1) {
    if (!sameJson([...old], [...now])) result.modified.insert(path)
    return
  }
  if (old.length > 1) {
    if (now.length > 0) compare(result, schema, undefined, now[0], path)
    result.removed.insert(path)
    return
  }
  if (old.length > 0) compare(result, schema, old[0], undefined, path)
  result.added.insert(path)
}
