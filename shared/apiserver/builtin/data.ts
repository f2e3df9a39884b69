// `kinds.generated.json`: the built-in kinds as a real API server describes them, without prose.
import type { Json } from '../../api/json.ts'
import generated from './kinds.generated.json' with { type: 'json' }

/** A definition as written: like Schema, but other definitions are named in `$ref`. */
export interface RawSchema {
  readonly $ref?: string
  readonly type?: string
  readonly default?: Json
  readonly properties?: Readonly<Record<string, RawSchema>>
  readonly items?: RawSchema
  readonly additionalProperties?: boolean | RawSchema
  readonly [keyword: string]: unknown
}

export interface BuiltinKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly virtual?: boolean
  readonly subresources: readonly string[]
  readonly definition: string
  /** Name, type, format, priority. */
  readonly columns?: readonly (readonly [name: string, type: string, format: string, priority: number])[]
}

export interface BuiltinData {
  /** The release the data was taken from. */
  readonly kubernetes: string
  readonly kinds: readonly BuiltinKind[]
  readonly definitions: Readonly<Record<string, RawSchema>>
}

// The generator is the only writer; a unit test holds the file against a zod schema.
export const builtinData = generated as unknown as BuiltinData
