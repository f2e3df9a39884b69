// Reading objects for cells: every reader tolerates what is missing or of another type.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { ageOf } from './duration.ts'

export type Cell = Json

/** Cells of one object; `now` is epoch milliseconds. */
export type CellWriter = (object: JsonObject, now: number) => readonly Cell[]

export const none = '<none>'
export const unset = '<unset>'

/** The value at `path`, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here: unknown = value
  for (const name of path) {
    if (!isJsonObject(here) || !Object.hasOwn(here, name)) return undefined
    here = here[name]
  }
  return here
}

export function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string'
    ? found
    : typeof found === 'number' || typeof found === 'boolean'
      ? String(found)
      : ''
}

export function number(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

export function boolean(value: unknown, ...path: readonly string[]): boolean {
  return at(value, ...path) === true
}

/** The objects of a list. */
export function items(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found.filter(isJsonObject) : []
}

/** The texts of a list. */
export function texts(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}

export function map(value: unknown, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path)
  return isJsonObject(found) ? found : {}
}

export const size = (value: unknown, ...path: readonly string[]): number => Object.keys(map(value, ...path)).length

export const name = (object: JsonObject): string => text(object, 'metadata', 'name')
export const age = (object: JsonObject, now: number): string => ageOf(at(object, 'metadata', 'creationTimestamp'), now)
export const created = (object: JsonObject): string => text(object, 'metadata', 'creationTimestamp')

/** A text, or what is printed for an empty one. */
export const or = (value: string, empty: string = none): string => (value === '' ? empty : value)

/** `a=1,b=2`, sorted, or `<none>`. */
export function labels(value: JsonObject): string {
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${key}=${text(value, key)}`)
  return or(pairs.join(','))
}

function requirement(expression: JsonObject): string {
  const key = text(expression, 'key')
  const values = [...texts(expression, 'values')].sort().join(',')
  switch (text(expression, 'operator')) {
    case 'In':
      return `${key} in (${values})`
    case 'NotIn':
      return `${key} notin (${values})`
    case 'DoesNotExist':
      return `!${key}`
    default:
      return key
  }
}

/** A label selector in one line, or `<none>`. */
export function selector(value: unknown): string {
  const match = map(value, 'matchLabels')
  const pairs = Object.keys(match).map((key) => [key, `${key}=${text(match, key)}`] as const)
  const expressions = items(value, 'matchExpressions').map((item) => [text(item, 'key'), requirement(item)] as const)
  const sorted = [...pairs, ...expressions].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return or(sorted.map(([, shown]) => shown).join(','))
}

/** Names and images of a pod template's containers. */
export function containers(spec: unknown): readonly [names: string, images: string] {
  const list = items(spec, 'containers')
  return [list.map((item) => text(item, 'name')).join(','), list.map((item) => text(item, 'image')).join(',')]
}

/** The condition of a type. */
export function condition(object: unknown, type: string): JsonObject | undefined {
  return items(object, 'status', 'conditions').find((item) => item['type'] === type)
}

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** Access modes as their initials, in a fixed order and once each. */
export function accessModes(list: readonly string[]): string {
  return Object.keys(modes)
    .filter((mode) => list.includes(mode))
    .map((mode) => modes[mode])
    .join(',')
}

/** A list cut to `max` entries with a note of how many are missing. */
export function atMost(list: readonly string[], max: number): string {
  if (list.length === 0) return none
  if (list.length <= max) return list.join(',')
  return `${list.slice(0, max).join(',')} + ${list.length - max} more...`
}

/** What kubectl adds to the name of the class that is taken when none is named. */
export const isDefault = (object: JsonObject, annotation: string) =>
  text(object, 'metadata', 'annotations', annotation) === 'true' ? ' (default)' : ''
