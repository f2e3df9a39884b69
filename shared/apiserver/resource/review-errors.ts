// What is wrong with a question about access.
import { z } from 'zod'
import type { JsonObject } from '../../api/json.ts'
import { required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'

const text = z.string().optional()
const Selector = z.looseObject({ rawSelector: text, requirements: z.array(z.looseObject({})).nullish() })
const ResourceAttributes = z.looseObject({
  namespace: text,
  verb: text,
  group: text,
  version: text,
  resource: text,
  subresource: text,
  name: text,
  fieldSelector: Selector.nullish(),
  labelSelector: Selector.nullish(),
})

/** `spec` of the three reviews of access. */
export const AccessSpec = z.looseObject({
  resourceAttributes: ResourceAttributes.nullish(),
  nonResourceAttributes: z.looseObject({ path: text, verb: text }).nullish(),
  user: text,
  groups: z.array(z.string()).nullish(),
  uid: text,
  extra: z.record(z.string(), z.array(z.string())).nullish(),
})
export type AccessSpec = z.infer<typeof AccessSpec>

/** It must be about exactly one thing, and its selectors must be said in one way. */
export function accessErrors({ resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  const field = 'spec.resourceAttributes'
  if (!resourceAttributes && !nonResourceAttributes) {
    const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    return [{ field, reason: 'FieldValueInvalid', message: `Invalid value: null: ${rule}` }]
  }
  if (resourceAttributes && nonResourceAttributes) {
    const rule = 'cannot be specified in combination with resourceAttributes'
    return [nonResourceError(nonResourceAttributes, rule)]
  }
  const { fieldSelector, labelSelector } = resourceAttributes ?? {}
  return [
    ...selectorErrors(fieldSelector, `${field}.fieldSelector`),
    ...selectorErrors(labelSelector, `${field}.labelSelector`),
  ]
}

/** Names the attributes as the API server's own types spell them. */
export function nonResourceError(
  { path, verb }: { readonly path?: string | undefined; readonly verb?: string | undefined },
  rule: string,
): FieldError {
  const value = JSON.stringify({ Path: path ?? '', Verb: verb ?? '' })
  return {
    field: 'spec.nonResourceAttributes',
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${value}: ${rule}`,
  }
}

function selectorErrors(selector: z.infer<typeof Selector> | null | undefined, path: string): FieldError[] {
  if (!selector) return []
  const { rawSelector, requirements } = selector
  if (rawSelector && requirements?.length) {
    const message = `Invalid value: ${JSON.stringify(rawSelector)}: may not specified at the same time as requirements`
    return [{ field: `${path}.rawSelector`, reason: 'FieldValueInvalid', message }]
  }
  if (rawSelector || requirements?.length) return []
  return [required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`)]
}

/** A question that is not kept needs no name and no labels; its owner, which the server notes, does not count. */
export function metadataErrors(metadata: JsonObject, except?: 'namespace'): FieldError[] {
  const free = ['managedFields', except]
  const said = Object.entries(metadata).filter(([name, value]) => !free.includes(name) && value !== null)
  if (said.length === 0) return []
  const rule = except === undefined ? 'must be empty' : `must be empty except for ${except}`
  const message = `Invalid value: ${JSON.stringify(metadata)}: ${rule}`
  return [{ field: 'metadata', reason: 'FieldValueInvalid', message }]
}
