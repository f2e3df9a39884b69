// Definitions of the built-in kinds as schemas, resolved when first asked for: a request for a ConfigMap does not pay for Pod.
import { InvariantError } from '../../errors.ts'
import type { Schema } from '../schema/schema.ts'
import { builtinData, type RawSchema } from './data.ts'
import { defaultValues } from './default-values.ts'

type Draft = { -readonly [Key in keyof Schema]: Schema[Key] }

const resolved = new Map<string, Schema>()
const unfinished = new Set<string>()

/**
 * The schema of a definition, e.g. `io.k8s.api.core.v1.PodSpec`. Definitions may contain themselves.
 * Throws InvariantError for a name the generated data lacks.
 */
export function builtinDefinition(name: string): Schema {
  const known = resolved.get(name)
  if (known !== undefined) return known
  const raw = builtinData.definitions[name]
  if (raw === undefined) throw new InvariantError(`no built-in definition named ${name}`)
  const draft: Draft = { ref: name }
  resolved.set(name, draft)
  unfinished.add(name)
  Object.assign(draft, ownKeywords(name, raw))
  unfinished.delete(name)
  return draft
}

/** Status is written by controllers in many small steps, and the Go types take a missing field for its zero. */
const lenient =
  /(Status|Condition|Info|State|StateRunning|StateTerminated|StateWaiting|CustomResource\w*|ValidationRule|SelectableField|WebhookConversion)$/

function ownKeywords(name: string, raw: RawSchema): Draft {
  const { required, ...schema } = convert(raw) as Draft
  const special = specialForms[name.slice(name.lastIndexOf('.') + 1)]
  const defaults = defaultValues[name]
  return {
    ...schema,
    ...(required !== undefined && !lenient.test(name) && { required }),
    ...(defaults !== undefined && { properties: withDefaults(name, schema.properties ?? {}, defaults) }),
    ...special,
  }
}

/** Types whose JSON form is not the form of their fields. */
const specialForms: Readonly<Record<string, Schema>> = {
  IntOrString: { 'x-kubernetes-int-or-string': true },
  RawExtension: { 'x-kubernetes-preserve-unknown-fields': true },
  FieldsV1: { 'x-kubernetes-preserve-unknown-fields': true },
  JSON: { 'x-kubernetes-preserve-unknown-fields': true },
  JSONSchemaPropsOrArray: { 'x-kubernetes-preserve-unknown-fields': true },
  JSONSchemaPropsOrBool: { 'x-kubernetes-preserve-unknown-fields': true },
  JSONSchemaPropsOrStringArray: { 'x-kubernetes-preserve-unknown-fields': true },
}

function withDefaults(
  name: string,
  properties: Readonly<Record<string, Schema>>,
  defaults: NonNullable<(typeof defaultValues)[string]>,
): Record<string, Schema> {
  const out: Record<string, Schema> = { ...properties }
  for (const [field, value] of Object.entries(defaults)) {
    const property = properties[field]
    if (property === undefined) throw new InvariantError(`${name} has no field ${field} to give a default`)
    out[field] = { ...property, default: value }
  }
  return out
}

function convert(raw: RawSchema): Schema {
  if (typeof raw.$ref === 'string') {
    const { $ref, ...siblings } = raw
    const target = builtinDefinition($ref)
    if (Object.keys(siblings).length === 0) return target
    if (unfinished.has($ref))
      throw new InvariantError(`${$ref} contains itself with more keywords beside the reference`)
    return { ...target, ...(siblings as Schema) }
  }
  const { properties, items, additionalProperties, ...rest } = raw
  return {
    ...(rest as Schema),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, convert(child)])),
    }),
    ...(items !== undefined && { items: convert(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'boolean' ? additionalProperties : convert(additionalProperties),
    }),
  }
}
