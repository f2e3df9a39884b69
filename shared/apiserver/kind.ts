// What the API server must know of a kind to serve it. Built-in kinds, the fleet's kinds and custom resources all become
// one of these; nothing else in the API server asks where a kind came from.
import type { JsonObject } from '../api/json.ts'
import type { ResourceType } from '../api/kube-object.ts'
import type { FieldError, Schema } from './schema/schema.ts'

/** A printer column; `jsonPath` as in additionalPrinterColumns. Priority above 0 shows only with `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

export interface ScaleSubresource {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

/** One served version of a kind. */
export interface ServedKind {
  readonly origin: 'builtin' | 'fleet' | 'custom'
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** Partition of its objects; all versions share it. */
  readonly storage: ResourceType
  /** `apiVersion` objects are stored with. Versions differ in apiVersion only (conversion None). */
  readonly storageApiVersion: string
  /** Absent: nothing is pruned or validated. */
  readonly schema?: Schema
  readonly statusSubresource: boolean
  readonly scale?: ScaleSubresource
  readonly columns: readonly Column[]
  /** How an object asked for by name is shown: a row for each entry of its field `field`. Paths start at an entry. */
  readonly parts?: { readonly field: string; readonly columns: readonly Column[] } | undefined
  /** Fields besides metadata.name and metadata.namespace that a field selector may name, e.g. `status.phase`. */
  readonly selectableFields: readonly string[]
  /** Accepts application/strategic-merge-patch+json. */
  readonly strategicMerge: boolean
  /** Keeps metadata.generation. */
  readonly generation: boolean
  /** PUT to a free name creates. */
  readonly createsOnUpdate?: boolean
  /** PUT must name the resource version it replaces. */
  readonly needsVersion?: boolean
  /** DELETE answers the object instead of a Status. */
  readonly answersDeleted?: boolean
  /** The definition is being deleted: objects may go and change, none may come. */
  readonly terminating?: boolean
  readonly deprecationWarning?: string
  /** Create-only kinds that store nothing, e.g. SelfSubjectAccessReview. */
  readonly virtual?: boolean
  /**
   * Rewrites a decoded object before its schema is applied: defaults that depend on other fields, write-only fields.
   * Returns a new object; tolerates any JSON. `processKind` calls it.
   */
  readonly prepare?: (object: JsonObject, old: JsonObject | undefined) => JsonObject
  /** Rules a schema cannot say, run after schema validation. */
  readonly validate?: (object: unknown, old: unknown | undefined) => readonly FieldError[]
}
