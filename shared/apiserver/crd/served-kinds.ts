// CustomResourceDefinitions: what makes one valid, what it is told about its names, and the kinds it brings.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt, withFields } from '../builtin/edit.ts'
import type { Column, ScaleSubresource, ServedKind } from '../kind.ts'
import { checkRules } from '../schema/cel/check-rules.ts'
import { forbidden, invalid, notSupported, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError, Schema } from '../schema/schema.ts'
import { acceptNames, checkNames, textAt, versionsOf } from './names.ts'
import { schemaOf } from './schema-of.ts'
import { checkStructural } from './structural.ts'
import { checkVersion } from './versions.ts'

/** The CRD with the names and settings it leaves out filled in. Call before `validateCrd` and store the result. */
export function defaultCrd(crd: JsonObject): JsonObject {
  const spec = crd['spec']
  if (!isJsonObject(spec)) return crd
  const names = objectAt(spec, 'names')
  const kind = textAt(names, 'kind')
  return withFields(crd, {
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

const scopes = ['Cluster', 'Namespaced']

function checkScope(crd: JsonObject): FieldError[] {
  const scope = textAt(crd, 'spec', 'scope')
  if (scope === '') return [required('spec.scope')]
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)]
}

function checkConversion(crd: JsonObject): FieldError[] {
  const strategy = textAt(crd, 'spec', 'conversion', 'strategy')
  if (strategy === '' || strategy === 'None') return []
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])]
  return [forbidden('spec.conversion.strategy', 'this server does not call conversion webhooks; use None')]
}

function checkVersionSet(crd: JsonObject): FieldError[] {
  const versions = versionsOf(crd)
  const names = versions.map((version) => textAt(version, 'name'))
  const shown = names.map((name, index) => ({ name, storage: versions[index]?.['storage'] === true }))
  const storage = versions.filter((version) => version['storage'] === true)
  return [
    ...(new Set(names).size === names.length
      ? []
      : [invalid('spec.versions', shown, 'must contain unique version names')]),
    ...(storage.length === 1
      ? []
      : [invalid('spec.versions', shown, 'must have exactly one version marked as storage version')]),
  ]
}

/** What is said of the schemas of all versions at once stands under this path. */
const sharedSchemaPath = 'spec.validation.openAPIV3Schema'

function checkSchemas(versions: readonly JsonObject[]): FieldError[] {
  const schemas = versions.map((version) => valueAt(version, 'schema', 'openAPIV3Schema'))
  const same = schemas.every((schema) => equalJson(schema, schemas[0]))
  return schemas.flatMap((schema, index) => {
    if (!isJsonObject(schema) || (same && index > 0)) return []
    const path = same ? sharedSchemaPath : `spec.versions[${index}].schema.openAPIV3Schema`
    const faults = checkStructural(schema, path)
    // Rules are typed by their schema: they are judged once it is sound.
    return faults.length > 0 ? faults : checkRules(schemaOf(schema), path)
  })
}

const perVersion = ['additionalPrinterColumns', 'subresources', 'selectableFields']

function checkUpdate(crd: JsonObject, old: JsonObject): FieldError[] {
  const fixed = (path: readonly string[]) => {
    const [before, after] = [valueAt(old, ...path), valueAt(crd, ...path)]
    return equalJson(before, after) ? [] : [invalid(path.join('.'), after ?? null, 'field is immutable')]
  }
  const stored = valueAt(old, 'status', 'storedVersions')
  const names = versionsOf(crd).map((version) => textAt(version, 'name'))
  return [
    ...fixed(['spec', 'group']),
    ...fixed(['spec', 'scope']),
    ...fixed(['spec', 'names', 'kind']),
    ...fixed(['spec', 'names', 'plural']),
    ...(Array.isArray(stored) ? stored : []).flatMap((name, index) =>
      typeof name !== 'string' || names.includes(name)
        ? []
        : [invalid(`status.storedVersions[${index}]`, name, stillStored(name))],
    ),
  ]
}

function stillStored(version: string): string {
  return `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
}

/** Every complaint about a CRD, with `old` for the rules of an update. Empty when it can be served. */
export function validateCrd(crd: JsonObject, old?: JsonObject): readonly FieldError[] {
  const versions = versionsOf(crd)
  const shared = versions.every((version) =>
    perVersion.every((field) => equalJson(version[field] ?? null, versions[0]?.[field] ?? null)),
  )
  return [
    ...checkNames(crd),
    ...checkScope(crd),
    ...(valueAt(crd, 'spec', 'preserveUnknownFields') === true
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
    ...checkConversion(crd),
    ...checkVersionSet(crd),
    ...versions.flatMap((version, index) => checkVersion(version, index, shared)),
    ...checkSchemas(versions),
    ...(old === undefined ? [] : checkUpdate(crd, old)),
  ]
}

/** The condition as it stands, or a new one when its status changed. `now` is RFC 3339. */
function conditionOf(
  crd: JsonObject,
  type: string,
  holds: boolean,
  reason: string,
  message: string,
  now: string,
): JsonObject {
  const status = holds ? 'True' : 'False'
  const before = itemsAt(crd, 'status', 'conditions').find((condition) => condition['type'] === type)
  const since = before?.['status'] === status ? (before['lastTransitionTime'] ?? now) : now
  return { type, status, lastTransitionTime: since, reason, message }
}

function storedVersions(crd: JsonObject): readonly Json[] {
  const before = valueAt(crd, 'status', 'storedVersions')
  const list = Array.isArray(before) ? before : []
  const storage = versionsOf(crd).find((version) => version['storage'] === true)?.['name']
  return storage === undefined || list.includes(storage) ? list : [...list, storage]
}

/** `status` of a CRD among the others of the hub: conditions NamesAccepted and Established, acceptedNames, storedVersions. `now` is RFC 3339. */
export function establishedStatus(crd: JsonObject, others: readonly JsonObject[], now: string): JsonObject {
  const { accepted, conflict } = acceptNames(crd, others)
  const wasEstablished = itemsAt(crd, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
  const named =
    conflict === undefined
      ? conditionOf(crd, 'NamesAccepted', true, 'NoConflicts', 'no conflicts found', now)
      : conditionOf(crd, 'NamesAccepted', false, conflict.reason, conflict.message, now)
  // Once a kind is served it stays so, whatever names are asked for later.
  const established =
    conflict === undefined || wasEstablished
      ? conditionOf(crd, 'Established', true, 'InitialNamesAccepted', 'the initial names have been accepted', now)
      : conditionOf(crd, 'Established', false, 'NotAccepted', 'not all names are accepted', now)
  const rest = itemsAt(crd, 'status', 'conditions').filter(
    (condition) => condition['type'] !== 'NamesAccepted' && condition['type'] !== 'Established',
  )
  return {
    ...objectAt(crd, 'status'),
    conditions: [named, established, ...rest],
    acceptedNames: accepted,
    storedVersions: storedVersions(crd),
  }
}

function columnOf(column: JsonObject): Column {
  const { format, description, priority } = column
  return {
    name: textAt(column, 'name'),
    type: textAt(column, 'type'),
    jsonPath: textAt(column, 'jsonPath'),
    ...(typeof format === 'string' && format !== '' && { format }),
    ...(typeof description === 'string' && { description }),
    ...(typeof priority === 'number' && priority !== 0 && { priority }),
  }
}

function scaleOf(version: JsonObject): ScaleSubresource | undefined {
  const scale = valueAt(version, 'subresources', 'scale')
  if (!isJsonObject(scale)) return undefined
  const labelSelectorPath = textAt(scale, 'labelSelectorPath')
  return {
    specReplicasPath: textAt(scale, 'specReplicasPath'),
    statusReplicasPath: textAt(scale, 'statusReplicasPath'),
    ...(labelSelectorPath !== '' && { labelSelectorPath }),
  }
}

const textsAt = (value: JsonObject, name: string): readonly string[] => {
  const found = value[name]
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}

function servedKind(crd: JsonObject, names: JsonObject, version: JsonObject, storage: string): ServedKind {
  const group = textAt(crd, 'spec', 'group')
  const [plural, kind, name] = [textAt(names, 'plural'), textAt(names, 'kind'), textAt(version, 'name')]
  const raw = valueAt(version, 'schema', 'openAPIV3Schema')
  const schema: Schema = isJsonObject(raw)
    ? schemaOf(raw)
    : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const scale = scaleOf(version)
  return {
    origin: 'custom',
    group,
    version: name,
    kind,
    listKind: textAt(names, 'listKind') || `${kind}List`,
    plural,
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
    namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced',
    storage: { group, resource: plural },
    storageApiVersion: `${group}/${storage}`,
    schema,
    statusSubresource: isJsonObject(valueAt(version, 'subresources', 'status')),
    ...(scale !== undefined && { scale }),
    columns: itemsAt(version, 'additionalPrinterColumns').map(columnOf),
    selectableFields: itemsAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath').slice(1)),
    strategicMerge: false,
    generation: true,
    ...(version['deprecated'] === true && { deprecationWarning: deprecation(group, name, kind, version) }),
  }
}

function deprecation(group: string, version: string, kind: string, { deprecationWarning }: JsonObject): string {
  return typeof deprecationWarning === 'string' ? deprecationWarning : `${group}/${version} ${kind} is deprecated`
}

/** The kinds of an established CRD, one a served version; empty when its names were not accepted. */
export function servedKindsOf(crd: JsonObject): readonly ServedKind[] {
  const established = itemsAt(crd, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
  const names = objectAt(crd, 'status', 'acceptedNames')
  if (!established || textAt(names, 'plural') === '' || textAt(names, 'kind') === '') return []
  const versions = versionsOf(crd)
  const storage = textAt(
    versions.find((version) => version['storage'] === true),
    'name',
  )
  return versions
    .filter((version) => version['served'] === true)
    .map((version) => servedKind(crd, names, version, storage))
}
