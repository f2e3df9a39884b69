// The one shape in which every kind's fields are described: Kubernetes' structural OpenAPI v3 subset, whether it came
// from a CustomResourceDefinition, from the fleet's own zod kinds or from the built-in kinds' data.
import type { Json } from '../../api/json.ts'

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'

/** A rule in the Common Expression Language, `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/**
 * A node. References are resolved: a node may be shared by many parents and the graph may have cycles (JSONSchemaProps
 * refers to itself), so walkers follow the data, never the schema alone. `ref` keeps the definition's name, e.g.
 * `io.k8s.api.core.v1.PodSpec`, for OpenAPI documents.
 */
export interface Schema {
  readonly ref?: string
  readonly type?: SchemaType
  readonly format?: string
  readonly title?: string
  readonly description?: string
  readonly default?: Json
  readonly nullable?: boolean
  readonly enum?: readonly Json[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly example?: Json
  readonly externalDocs?: { readonly description?: string; readonly url?: string }
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
  /** Strategic merge, built-in kinds only: `merge`, `replace`, `retainKeys`, comma-joined. */
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
}

/** One complaint about one field, as Kubernetes words it in `details.causes`. */
export interface FieldError {
  /** `spec.containers[0].image`; '' for the object itself. */
  readonly field: string
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueNotFound'
    | 'InternalError'
  /** Without the field: `Invalid value: -1: must be >= 0`. */
  readonly message: string
}
