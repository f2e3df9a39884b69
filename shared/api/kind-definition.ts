// What the definition of a kind holds, and what most kinds have in common.
import type { z } from 'zod'
import type { KubeRule } from './kube-meta.ts'

/** A printer column. Priority 1 shows only with `-o wide`. */
export interface KindColumn {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
  readonly priority?: number
}

/** A list inside an object that `kubectl get` shows row by row when the object is asked for by name. */
export interface KindParts {
  /** Name of the field that holds the list. */
  readonly field: string
  /** Paths start at one part. */
  readonly columns: readonly KindColumn[]
}

export interface KindVersion {
  readonly name: string
  readonly columns: readonly KindColumn[]
  /** Rules about the whole object. */
  readonly rules: readonly KubeRule[]
}

export interface KindDefinition {
  readonly group: string
  readonly kind: string
  /** One sentence for `kubectl explain`. */
  readonly description: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** The one objects are stored in comes first. */
  readonly versions: readonly KindVersion[]
  readonly statusSubresource: boolean
  readonly parts?: KindParts | undefined
  /** Create-only: an object is a question and comes back with its answer. */
  readonly virtual?: boolean | undefined
  /** Fields besides apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, z.ZodType>>
}

interface KindInput {
  readonly group: string
  readonly kind: string
  readonly description: string
  readonly plural?: string
  readonly shortName?: string
  readonly categories?: readonly string[]
  readonly namespaced?: boolean
  /** Versions besides the stored one. */
  readonly alsoIn?: readonly string[]
  readonly storedIn?: string
  readonly status?: boolean
  readonly columns?: readonly KindColumn[]
  /** Columns of versions that show others. */
  readonly columnsIn?: Readonly<Record<string, readonly KindColumn[]>>
  readonly rules?: readonly KubeRule[]
  /** Rules of versions that have others. */
  readonly rulesIn?: Readonly<Record<string, readonly KubeRule[]>>
  readonly parts?: KindParts
  readonly virtual?: boolean
  readonly fields: Readonly<Record<string, z.ZodType>>
}

/** Fills in what most kinds share: the plural is the kind with an s, the stored version is v1beta1, there is a status. */
export function defineKind(input: KindInput): KindDefinition {
  const { group, kind, description, fields } = input
  const versions = [input.storedIn ?? 'v1beta1', ...(input.alsoIn ?? [])]
  return {
    group,
    kind,
    description,
    plural: input.plural ?? `${kind.toLowerCase()}s`,
    shortNames: input.shortName === undefined ? [] : [input.shortName],
    categories: input.categories ?? ['fleet', 'fleet-placement'],
    namespaced: input.namespaced ?? false,
    versions: versions.map((name) => ({
      name,
      columns: input.columnsIn?.[name] ?? input.columns ?? [],
      rules: input.rulesIn?.[name] ?? input.rules ?? [],
    })),
    statusSubresource: input.status ?? true,
    parts: input.parts,
    virtual: input.virtual,
    fields,
  }
}
