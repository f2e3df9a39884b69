// `meta.k8s.io/v1` Tables: what `kubectl get` prints.
import type { Json, JsonObject } from '../../api/json.ts'
import type { Column, ServedKind } from '../kind.ts'
import { builtinCells } from './builtin-cells.ts'
import type { CellWriter } from './cells.ts'
import { cellsUnder, customCells, customColumns } from './custom-cells.ts'

export interface TableOptions {
  readonly includeObject: 'None' | 'Metadata' | 'Object'
  /** `metadata` of the list: resourceVersion, continue, remainingItemCount. */
  readonly listMeta: JsonObject
  /** Epoch milliseconds; ages are counted from here. */
  readonly now: number
  /** False for later events of a watch. */
  readonly columnDefinitions?: boolean
}

/** Columns as kubectl sees them: the kind's own behind the name, or name and age for a kind that declares none. */
function columnsOf(kind: ServedKind): readonly Column[] {
  return builtinCells(kind) === undefined ? customColumns(kind) : kind.columns
}

function definition({ name, type, format = '', description = '', priority = 0 }: Column): JsonObject {
  return { name, type, format, description, priority }
}

function objectOf(object: JsonObject, include: TableOptions['includeObject']): JsonObject | null {
  if (include === 'None') return null
  if (include === 'Object') return object
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object['metadata'] ?? {},
  }
}

/** One row an object, in the order given. Cells that cannot be computed are null, which kubectl prints as `<none>`. */
export function renderTable(kind: ServedKind, objects: readonly JsonObject[], options: TableOptions): JsonObject {
  const cells: CellWriter = builtinCells(kind) ?? customCells(kind)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.listMeta,
    columnDefinitions: options.columnDefinitions === false ? null : columnsOf(kind).map(definition),
    rows: objects.map((object) => {
      const shown = objectOf(object, options.includeObject)
      return { cells: cells(object, options.now) as readonly Json[], object: shown }
    }),
  }
}

/** One row for each part of an object: each row carries the whole object's metadata. */
export function renderParts(
  { field, columns }: NonNullable<ServedKind['parts']>,
  object: JsonObject,
  options: TableOptions,
): JsonObject {
  const cells = cellsUnder(columns)
  const shown = objectOf(object, options.includeObject)
  const parts = object[field]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.listMeta,
    columnDefinitions: columns.map(definition),
    rows: (Array.isArray(parts) ? parts : []).map((part) => ({
      cells: cells(part as JsonObject, options.now) as readonly Json[],
      object: shown,
    })),
  }
}
