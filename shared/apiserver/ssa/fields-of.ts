// The set of fields an object mentions, and the two ways such a set is bent to a schema.
import { errorMessage } from '../../errors.ts'
import { isMap, type JsonValue } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { FieldSet, recursiveDifference, union } from './field-set.ts'
import { fieldName, fieldStep, type PathStep, stepText } from './path-step.ts'
import {
  asList,
  asMap,
  declaredField,
  deduced,
  fieldSchema,
  formOf,
  isAtomicMap,
  itemSchema,
  listType,
  namedItems,
  quantityRef,
  typed,
} from './typing.ts'

/** Every leaf and every list item of a value: what a manager that applies it comes to own. */
export function fieldsOf(schema: Schema, value: JsonValue): FieldSet {
  const set = new FieldSet()
  collect(typed(schema), value, set)
  return set
}

/** Marks the leaves below `node`; a leaf marks the node itself. */
function collect(schema: Schema, value: JsonValue, node: FieldSet): void {
  const form = formOf(schema, value)
  if (form === 'scalar') node.member = true
  else if (form === 'list') collectList(schema, value, node)
  else if (isAtomicMap(schema)) node.member = true
  else collectMap(schema, value, node)
}

function collectMap(schema: Schema, value: JsonValue, node: FieldSet): void {
  for (const [name, item] of Object.entries(asMap(value))) {
    const child = node.descend(fieldStep(name))
    collect(fieldSchema(schema, name), item, child)
    const empty = item === null || (isMap(item) && Object.keys(item).length === 0)
    if (empty || declaredField(schema, name) === undefined) child.member = true
    if (!child.member && child.children.size === 0) node.children.delete(fieldStep(name))
  }
}

function collectList(schema: Schema, value: JsonValue, node: FieldSet): void {
  const list = listType(schema)
  if (list.kind === 'atomic') {
    node.member = true
    return
  }
  const items = namedItems(schema, list, value)
  const seen = new Map<PathStep, number>()
  for (const { step } of items) seen.set(step, (seen.get(step) ?? 0) + 1)
  for (const { step, item } of items) {
    const child = node.descend(step)
    child.member = true
    // Items that share a name are owned as one and not taken apart.
    if (seen.get(step) === 1) collect(itemSchema(schema), item, child)
  }
}

/** Adds the declared fields that lie on the way to the paths of a set: owning `spec.replicas` then includes `spec`. */
export function withNamedFields(schema: Schema, set: FieldSet): FieldSet {
  const result = new FieldSet(set.member)
  for (const [step, child] of set.children) {
    const name = fieldName(step)
    const declared = name === undefined ? undefined : declaredField(schema, name)
    const below = name === undefined ? itemSchema(schema) : fieldSchema(schema, name)
    const bent = child.children.size === 0 ? new FieldSet(child.member) : withNamedFields(below, child)
    bent.member = child.member || (declared !== undefined && child.children.size > 0)
    result.children.set(step, bent)
  }
  return result
}

/** Paths below something that has meanwhile become atomic are replaced by that something. */
export function coarsened(schema: Schema, set: FieldSet): FieldSet {
  const remove = new FieldSet()
  coarsen(typed(schema), set, [], remove)
  return remove.children.size === 0 ? set : union(recursiveDifference(set, remove), remove)
}

function coarsen(schema: Schema, set: FieldSet, path: readonly PathStep[], found: FieldSet): void {
  for (const [step, child] of set.children) {
    if (child.children.size === 0) continue
    const name = fieldName(step)
    const below = name === undefined ? itemSchema(schema) : fieldSchema(schema, name)
    if (below === deduced) continue
    if (isAtomic(below)) found.insert([...path, step])
    else coarsen(below, child, [...path, step], found)
  }
}

function isAtomic(schema: Schema): boolean {
  if (schema.type === 'array') return listType(schema).kind === 'atomic'
  return schema.type === 'object' && isAtomicMap(schema)
}

/**
 * Complaints about a value that cannot be applied under a schema: undeclared fields, wrong types, list items without a
 * name of their own. `.spec.bogus: field not declared in schema`.
 */
export function typeComplaints(schema: Schema, value: JsonValue): string[] {
  const found: string[] = []
  complain(typed(schema), value, '', schema['x-kubernetes-preserve-unknown-fields'] === true, found)
  return found
}

const maxComplaints = 20

function complain(schema: Schema, value: JsonValue, path: string, open: boolean, found: string[]): void {
  if (found.length >= maxComplaints || value === null) return
  const mismatch = typeMismatch(schema, value)
  if (mismatch !== undefined) {
    found.push(`${path}: ${mismatch}`)
    return
  }
  const loose = open || schema['x-kubernetes-preserve-unknown-fields'] === true
  const form = formOf(schema, value)
  if (form === 'map') complainMap(schema, value, path, loose, found)
  else if (form === 'list') complainList(schema, value, path, loose, found)
}

function isDeclared(schema: Schema, name: string, open: boolean): boolean {
  if (open || declaredField(schema, name)) return true
  if (schema.additionalProperties !== undefined) return schema.additionalProperties !== false
  return Object.keys(schema.properties ?? {}).length === 0
}

function complainMap(schema: Schema, value: JsonValue, path: string, open: boolean, found: string[]): void {
  for (const [name, item] of Object.entries(asMap(value))) {
    if (isDeclared(schema, name, open)) complain(fieldSchema(schema, name), item, `${path}.${name}`, open, found)
    else found.push(`${path}.${name}: field not declared in schema`)
  }
}

function complainList(schema: Schema, value: JsonValue, path: string, open: boolean, found: string[]): void {
  const list = listType(schema)
  const items = asList(value)
  const seen = new Set<PathStep>()
  items.forEach((item, index) => {
    let at = `[${index}]`
    if (list.kind !== 'atomic') {
      try {
        const step = namedItems(schema, list, [item])[0]?.step ?? ''
        if (seen.has(step)) found.push(`${path}: duplicate entries for key ${stepText(step)}`)
        seen.add(step)
        at = stepText(step)
      } catch (error) {
        found.push(`${path}: ${errorMessage(error).replace('element 0', `element ${index}`)}`)
        return
      }
    }
    complain(itemSchema(schema), item, `${path}${at}`, open, found)
  })
}

function typeMismatch(schema: Schema, value: JsonValue): string | undefined {
  if (schema.type === undefined) return undefined
  if (schema.type === 'object') return isMap(value) ? undefined : `expected map, got ${printed(value)}`
  if (schema.type === 'array') return Array.isArray(value) ? undefined : `expected list, got ${printed(value)}`
  if (schema.ref === quantityRef) return undefined
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${printed(value)}`
    default:
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goText(value)}}`
  }
}

/** A value's type as Go names it. */
function goType(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isMap(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** A value as Go prints it, which is what Kubernetes shows. */
function goText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isMap(value)) return value === null ? '<nil>' : String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`
}

const printed = (value: JsonValue) => `&{${goText(value)}}`
