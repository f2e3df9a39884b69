// Who set which field: the part of server-side apply that finds conflicts and removes what an applier no longer wants.
import { isJsonObject, type Json, type JsonObject } from '../../../api/json.ts'
import { isSet, keyOf, listKeys } from './list-keys.ts'

/** A field's place: `f:<name>` for a field, `k:<keys>` for an item of a keyed list, `v:<value>` for one of a set, `.` itself. */
type Path = readonly string[]

/** Leaf fields, by their path as text. */
export type FieldSet = ReadonlyMap<string, Path>

/** A field manager of one object: an entry of managedFields. */
export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time: string
  readonly fields: FieldSet
}

/** Metadata the server owns, and the status, which has its own writers. */
const serverFields = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
])

/** The leaf fields of an object that a manager can own. */
export function fieldsOf(object: JsonObject, builtin: boolean): FieldSet {
  const { metadata, ...rest } = object
  const meta = isJsonObject(metadata) ? Object.entries(metadata).filter(([name]) => !serverFields.has(name)) : []
  const own = Object.entries(rest).filter(([name]) => name !== 'apiVersion' && name !== 'kind' && name !== 'status')
  const leaves = [
    ...meta.flatMap(([name, value]) => leavesOf(value, ['f:metadata', `f:${name}`], name, builtin)),
    ...own.flatMap(([name, value]) => leavesOf(value, [`f:${name}`], name, builtin)),
  ]
  return new Map(leaves.map((path) => [path.join('\0'), path]))
}

function leavesOf(value: Json | undefined, path: Path, field: string, builtin: boolean): readonly Path[] {
  if (Array.isArray(value)) return leavesOfList(value, path, field, builtin)
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [path]
  return Object.entries(value).flatMap(([name, inner]) =>
    inner === null ? [] : leavesOf(inner, [...path, `f:${name}`], name, builtin),
  )
}

function leavesOfList(items: readonly Json[], path: Path, field: string, builtin: boolean): readonly Path[] {
  if (isSet(field)) return items.map((item) => [...path, `v:${JSON.stringify(item)}`])
  const keys = items.length > 0 ? listKeys(field, items, builtin) : undefined
  if (!keys) return [path]
  return items.flatMap((item) => {
    const place = [...path, `k:${keyOf(item, keys)}`]
    return [[...place, '.'], ...leavesOf(item, place, '', builtin)]
  })
}

/** The value at a path; `undefined` when there is none. */
export function valueAt(object: JsonObject, path: Path): Json | undefined {
  let value: Json | undefined = object
  for (const part of path) value = step(value, part)
  return value
}

function step(value: Json | undefined, part: string): Json | undefined {
  if (part === '.') return value
  const text = part.slice(2)
  if (part.startsWith('f:')) return isJsonObject(value) && Object.hasOwn(value, text) ? value[text] : undefined
  if (!Array.isArray(value)) return undefined
  if (part.startsWith('v:')) return value.find((item) => JSON.stringify(item) === text)
  const keys = Object.keys(JSON.parse(text))
  return value.find((item) => keyOf(item, keys) === text)
}

/** A copy without the value at a path, and without the maps and lists that this leaves empty. */
export function withoutPath(value: Json | undefined, path: Path): Json | undefined {
  const [part, ...rest] = path
  if (part === undefined || part === '.') return undefined
  const text = part.slice(2)
  if (Array.isArray(value)) {
    const inner = step(value, part)
    const kept = value.flatMap((item) => (item === inner ? optional(withoutPath(item, rest)) : [item]))
    return kept.length > 0 ? kept : undefined
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, text)) return value
  const inner = withoutPath(value[text], rest)
  const fields = Object.fromEntries(Object.entries(value).filter(([name]) => name !== text || inner !== undefined))
  if (inner !== undefined) Object.defineProperty(fields, text, { value: inner, enumerable: true })
  return Object.keys(fields).length > 0 ? fields : undefined
}

const optional = (value: Json | undefined): readonly Json[] => (value === undefined ? [] : [value])

/** `metadata.managedFields` as Kubernetes shows it. */
export function managedFieldsOf(managers: readonly Manager[]): Record<string, unknown>[] {
  return managers.map(({ name, operation, apiVersion, time, fields }) => ({
    manager: name,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: treeOf(fields),
  }))
}

/** The managers a client wrote into `metadata.managedFields`, status writers left out. */
export function managersOf(managedFields: readonly unknown[]): Manager[] {
  return managedFields.filter(isJsonObject).flatMap((entry) => {
    const { manager, operation, apiVersion, time = '', subresource, fieldsV1 } = entry
    if (subresource !== undefined || !isJsonObject(fieldsV1)) return []
    const fields = new Map(pathsOf(fieldsV1 as Tree).map((path) => [path.join('\0'), path]))
    const name = String(manager)
    return [
      {
        name,
        operation: operation === 'Apply' ? 'Apply' : 'Update',
        apiVersion: String(apiVersion),
        time: String(time),
        fields,
      },
    ]
  })
}

function pathsOf(tree: Tree): string[][] {
  return Object.entries(tree).flatMap(([part, inner]) =>
    Object.keys(inner).length === 0 ? [[part]] : pathsOf(inner).map((path) => [part, ...path]),
  )
}

type Tree = { [part: string]: Tree }

function treeOf(fields: FieldSet): Tree {
  const root: Tree = {}
  for (const path of fields.values()) {
    let node = root
    for (const part of path) {
      node[part] ??= {}
      node = node[part]
    }
  }
  return root
}
