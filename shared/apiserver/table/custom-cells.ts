// Cells of kinds that declare printer columns: custom resources and the fleet's kinds.
import type { Json, JsonObject } from '../../api/json.ts'
import type { Column, ServedKind } from '../kind.ts'
import { text } from './cells.ts'
import { ageOf } from './duration.ts'
import { type JsonPath, parseJsonPath } from './json-path.ts'

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', jsonPath: '.metadata.name' }
const ageColumn: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

/** The name, then the kind's columns; a kind without any gets its age. */
export function customColumns(kind: ServedKind): readonly Column[] {
  return [nameColumn, ...(kind.columns.length === 0 ? [ageColumn] : kind.columns)]
}

interface ReadyColumn {
  readonly column: Column
  readonly path: JsonPath | undefined
}

const readyColumns = new WeakMap<ServedKind, readonly ReadyColumn[]>()

/** A path that cannot be read leaves its column empty: the definition was refused or warned about when it was made. */
function readPath(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text)
  } catch {
    return undefined
  }
}

function columnsReady(kind: ServedKind): readonly ReadyColumn[] {
  let ready = readyColumns.get(kind)
  if (ready === undefined) {
    ready = customColumns(kind).map((column) => ({ column, path: readPath(column.jsonPath) }))
    readyColumns.set(kind, ready)
  }
  return ready
}

function textOf(value: Json): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

/** Cells of any JSON under columns, in their order. */
export function cellsUnder(columns: readonly Column[]): (value: JsonObject, now: number) => readonly Json[] {
  const ready = columns.map((column) => ({ column, path: readPath(column.jsonPath) }))
  return (value, now) =>
    ready.map(({ column, path }) => (path === undefined ? null : cellOf(column, path.find(value), now)))
}

/** The first value of the path, in the type the column promises; null when it has another. */
function cellOf({ type }: Column, found: readonly Json[], now: number): Json {
  const [first] = found
  if (first === undefined || first === null) return null
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null
    case 'number':
      return typeof first === 'number' ? first : null
    case 'boolean':
      return typeof first === 'boolean' ? first : null
    case 'date':
      return typeof first === 'string' ? ageOf(first, now) : '<invalid>'
    default:
      return textOf(first)
  }
}

/** Cells of one object, in the order of `customColumns`. */
export function customCells(kind: ServedKind): (object: JsonObject, now: number) => readonly Json[] {
  const [, ...columns] = columnsReady(kind)
  return (object, now) => [
    text(object, 'metadata', 'name'),
    ...columns.map(({ column, path }) => (path === undefined ? null : cellOf(column, path.find(object), now))),
  ]
}
