// What Kubernetes must know of a field beyond its TypeScript type: defaults, bounds, list types, rules. The zod schemas
// carry it as metadata, so that one definition gives the types, the API server's checks and the CustomResourceDefinition.
// Fields stay optional in the types although they have defaults: objects are read before they are defaulted, too.
import type { z } from 'zod'
import type { Json } from './json.ts'

/** A rule in the Common Expression Language with the complaint shown when it does not hold. */
export interface KubeRule {
  readonly rule: string
  readonly message: string
}

/** Keywords of Kubernetes' structural schema. They are added to what the zod type says, or replace it. */
export interface KubeKeywords {
  /** One sentence for `kubectl explain`. */
  readonly description?: string | undefined
  readonly format?: string | undefined
  readonly default?: Json | undefined
  readonly enum?: readonly Json[] | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly pattern?: string | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly minProperties?: number | undefined
  readonly maxProperties?: number | undefined
  readonly listType?: 'atomic' | 'set' | 'map' | undefined
  readonly listMapKeys?: readonly string[] | undefined
  readonly mapType?: 'atomic' | 'granular' | undefined
  /** Any JSON may stand here and is kept. */
  readonly preserveUnknownFields?: boolean | undefined
  /** A whole Kubernetes object stands here. */
  readonly embeddedResource?: boolean | undefined
  readonly rules?: readonly KubeRule[] | undefined
  /** Whether the field must be given, where that differs from the zod type. */
  readonly required?: boolean | undefined
}

export interface KubeMeta extends KubeKeywords {
  /** Versions that do not have the field. */
  readonly absentIn?: readonly string[]
  /** What a version says differently; `undefined` takes a keyword away. */
  readonly inVersion?: Readonly<Record<string, KubeKeywords>>
}

const metas = new WeakMap<z.ZodType, KubeMeta>()

/** A copy of a schema with what Kubernetes must know of it. Keywords of an earlier call stay unless given again. */
export function kube<T extends z.ZodType>(schema: T, meta: KubeMeta): T {
  const copy = schema.clone()
  metas.set(copy, { ...metas.get(schema), ...meta })
  return copy
}

/** What was said of a schema itself, not of what it wraps. */
export function kubeMeta(schema: z.ZodType): KubeMeta | undefined {
  return metas.get(schema)
}

/** Values of an entry for the fixed choice of a field that older readers treat as any text. */
export const choice = (values: readonly string[], fallback?: string): KubeMeta =>
  fallback === undefined ? { enum: values } : { enum: values, default: fallback }

/** RFC 3339. */
export const dateTime: KubeMeta = { format: 'date-time' }
export const int32: KubeMeta = { format: 'int32' }
export const int64: KubeMeta = { format: 'int64' }
/** Base64. */
export const bytes: KubeMeta = { format: 'byte' }
/** Conditions of a status: one of each type. */
export const byType: KubeMeta = { listType: 'map', listMapKeys: ['type'] }
