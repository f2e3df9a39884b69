// A definition as an API server gives it back: what says nothing (an empty list, a false flag) is not kept, and the flags
// every version has are written out.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { editAt, editItems, objectAt, withFields } from '../builtin/edit.ts'
import { put } from '../schema/json-value.ts'
import { textAt } from './names.ts'
import { maxSchemaDepth } from './schema-of.ts'

/** Keywords that stay even when they are false or empty: absent means something else. */
const kept = new Set([
  'x-kubernetes-preserve-unknown-fields',
  'additionalProperties',
  'additionalItems',
  'default',
  'example',
  'not',
  'items',
])
/** Keywords whose members are schemas. */
const maps = new Set(['properties', 'patternProperties', 'definitions'])

function saysNothing(value: Json): boolean {
  if (value === null || value === false || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && Object.keys(value).length === 0
}

function canonicalChild(keyword: string, value: Json, depth: number): Json {
  const one = (child: Json) => (isJsonObject(child) ? canonicalSchema(child, depth + 1) : child)
  if (keyword === 'default' || keyword === 'example' || keyword === 'enum') return value
  if (keyword === 'x-kubernetes-validations') {
    return Array.isArray(value) ? value.map((rule) => (isJsonObject(rule) ? withoutEmpty(rule) : rule)) : value
  }
  if (Array.isArray(value)) return value.map(one)
  if (!isJsonObject(value)) return value
  if (!maps.has(keyword)) return keyword === 'externalDocs' ? value : one(value)
  const out: Record<string, Json> = {}
  for (const [name, child] of Object.entries(value)) if (child !== undefined) put(out, name, one(child))
  return out
}

/** The texts of a rule that may be left out. */
function withoutEmpty(rule: JsonObject): JsonObject {
  const empty = ['message', 'messageExpression', 'fieldPath'].filter((name) => rule[name] === '')
  return empty.length === 0 ? rule : withFields(rule, Object.fromEntries(empty.map((name) => [name, undefined])))
}

/** The schema without keywords that say nothing. */
export function canonicalSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > maxSchemaDepth) return schema
  const out: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined) continue
    if (!kept.has(keyword) && saysNothing(value)) continue
    put(out, keyword, canonicalChild(keyword, value, depth))
  }
  return out
}

/** Fields of a version that are left out when they are empty. */
const optionalOfVersion = ['additionalPrinterColumns', 'selectableFields', 'deprecated']

function canonicalVersion(version: JsonObject): JsonObject {
  const empty = optionalOfVersion.filter((name) => version[name] !== undefined && saysNothing(version[name] ?? null))
  const trimmed = withFields(version, {
    served: version['served'] ?? false,
    storage: version['storage'] ?? false,
    ...Object.fromEntries(empty.map((name) => [name, undefined])),
  })
  return editAt(trimmed, ['schema', 'openAPIV3Schema'], canonicalSchema)
}

/** The definition without what says nothing. */
function canonicalCrd(crd: JsonObject): JsonObject {
  return editAt(crd, ['spec'], (spec) => {
    const known =
      spec['preserveUnknownFields'] === false ? withFields(spec, { preserveUnknownFields: undefined }) : spec
    return editItems(known, 'versions', canonicalVersion)
  })
}

/** The CRD with the names and settings it leaves out filled in. Call before `validateCrd` and store the result. */
export function defaultCrd(crd: JsonObject): JsonObject {
  const canonical = canonicalCrd(crd)
  const spec = canonical['spec']
  if (!isJsonObject(spec)) return crd
  const names = objectAt(spec, 'names')
  const kind = textAt(names, 'kind')
  return withFields(canonical, {
    spec: withFields(spec, {
      conversion: spec['conversion'] ?? { strategy: 'None' },
      names: withFields(names, {
        ...(kind !== '' && {
          singular: textAt(names, 'singular') || kind.toLowerCase(),
          listKind: textAt(names, 'listKind') || `${kind}List`,
        }),
      }),
    }),
  })
}
