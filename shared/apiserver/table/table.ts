// `meta.k8s.io/v1` Tables: what `kubectl get` prints.
import type { JsonObject } from '../../api/json.ts'
import type { ServedKind } from '../kind.ts'

export interface TableOptions {
  readonly includeObject: 'None' | 'Metadata' | 'Object'
  /** `metadata` of the list: resourceVersion, continue, remainingItemCount. */
  readonly listMeta: JsonObject
  /** Epoch milliseconds; ages are counted from here. */
  readonly now: number
  /** False for later events of a watch. */
  readonly columnDefinitions?: boolean
}

export function renderTable(_kind: ServedKind, _objects: readonly JsonObject[], options: TableOptions): JsonObject {
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: options.listMeta, columnDefinitions: [], rows: [] }
}
