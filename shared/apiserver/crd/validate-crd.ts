// What makes a CustomResourceDefinition valid, in the order and the words of a real API server.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import { checkRules } from '../schema/cel/check-rules.ts'
import { forbidden, invalid, notSupported, required } from '../schema/field-errors.ts'
import { equalJson } from '../schema/json-value.ts'
import type { FieldError } from '../schema/schema.ts'
import { checkDefaults } from './defaults.ts'
import { checkApproval, checkGroup, checkLabel, checkName, checkNames, textAt, versionsOf } from './names.ts'
import { checkOpenApi } from './open-api.ts'
import { maxSchemaDepth, schemaOf } from './schema-of.ts'
import { checkStructural } from './structural.ts'
import { checkColumns, checkDeprecation, checkSelectable, checkSubresources } from './versions.ts'

const scopes = ['Cluster', 'Namespaced']

function checkScope(crd: JsonObject): FieldError[] {
  const scope = textAt(crd, 'spec', 'scope')
  if (scope === '') return [required('spec.scope')]
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)]
}

function checkConversion(crd: JsonObject): FieldError[] {
  const conversion = objectAt(crd, 'spec', 'conversion')
  const strategy = textAt(conversion, 'strategy')
  if (strategy === 'Webhook')
    return [forbidden('spec.conversion.strategy', 'this server does not call conversion webhooks; use None')]
  if (strategy === '' && valueAt(crd, 'spec', 'conversion') !== undefined) return [required('spec.conversion.strategy')]
  if (strategy !== '' && strategy !== 'None')
    return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])]
  const webhook = objectAt(conversion, 'webhook')
  const misplaced = 'should not be set when strategy is not set to Webhook'
  const reviews = webhook['conversionReviewVersions']
  return [
    ...(webhook['clientConfig'] === undefined ? [] : [forbidden('spec.conversion.webhookClientConfig', misplaced)]),
    ...(Array.isArray(reviews) && reviews.length > 0
      ? [forbidden('spec.conversion.conversionReviewVersions', misplaced)]
      : []),
  ]
}

/** The versions as a real server prints them: its own names for the fields, without what all of them share. */
function shownVersions(versions: readonly JsonObject[]): string {
  if (versions.length === 0) return 'null'
  const shown = versions.map((version) => ({
    Name: textAt(version, 'name'),
    Served: version['served'] === true,
    Storage: version['storage'] === true,
    Deprecated: version['deprecated'] === true,
    DeprecationWarning: version['deprecationWarning'] ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))
  return JSON.stringify(shown)
}

function checkVersionSet(versions: readonly JsonObject[]): FieldError[] {
  const names = versions.map((version) => textAt(version, 'name'))
  const storage = versions.filter((version) => version['storage'] === true)
  const complain = (text: string): FieldError => ({
    field: 'spec.versions',
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shownVersions(versions)}: ${text}`,
  })
  const first = names[0]
  return [
    ...(new Set(names).size === names.length ? [] : [complain('must contain unique version names')]),
    ...(storage.length === 1 ? [] : [complain('must have exactly one version marked as storage version')]),
    // A real server holds the name of the first version apart, and judges it again.
    ...(first ? checkLabel('spec.version', first) : []),
  ]
}

/** The first objection of the three checks of a version's schema; rules and defaults are judged once it is sound. */
function checkSchema(version: JsonObject, path: string): readonly FieldError[] {
  const schema = valueAt(version, 'schema', 'openAPIV3Schema')
  if (!isJsonObject(schema)) return []
  const at = `${path}.openAPIV3Schema`
  const nullable =
    schema['nullable'] === true ? [forbidden(`${at}.nullable`, 'nullable cannot be true at the root')] : []
  const readable = !saysUnsupported(schema, 0)
  const structural = readable ? checkStructural(schema, at) : []
  const shape = structural.length > 0 || !readable ? structural : checkDefaults(schema, at)
  const openApi = checkOpenApi(schema, at)
  const rules = shape.length > 0 || !readable ? [] : checkRules(schemaOf(schema), at, openApi)
  const found = [...nullable, ...shape, ...openApi, ...rules]
  // The one such keyword that the OpenAPI side does not complain of itself.
  if (found.length > 0 || readable) return found
  return [invalid(at, '', "OpenAPIV3Schema 'schema' is not supported")]
}

const unreadable = ['$ref', '$schema', 'id', 'definitions', 'patternProperties', 'dependencies', 'additionalItems']

/** True when a schema has keywords with which it cannot be read as a structural one. */
function saysUnsupported(value: unknown, depth: number): boolean {
  if (depth > maxSchemaDepth || typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((item) => saysUnsupported(item, depth + 1))
  return Object.entries(value).some(([keyword, child]) => {
    if (unreadable.includes(keyword)) return true
    if (keyword === 'properties')
      return isJsonObject(child) && Object.values(child).some((each) => saysUnsupported(each, depth + 1))
    return nesting.has(keyword) && saysUnsupported(child, depth + 1)
  })
}

const nesting = new Set(['items', 'additionalProperties', 'not', 'allOf', 'anyOf', 'oneOf'])

interface Shared {
  readonly field: string
  readonly check: (version: JsonObject, path: string) => readonly FieldError[]
  /** Below a version. */
  readonly own: string
  /** Where it stands when all versions say the same. */
  readonly common: string
}

/** What every version may say for itself, or all together. */
const perVersion: readonly Shared[] = [
  { field: 'schema', check: checkSchema, own: 'schema', common: 'spec.validation' },
  { field: 'subresources', check: checkSubresources, own: 'subresources', common: 'spec.subresources' },
  {
    field: 'additionalPrinterColumns',
    check: checkColumns,
    own: 'additionalPrinterColumns',
    common: 'spec.additionalPrinterColumns',
  },
  { field: 'selectableFields', check: checkSelectable, own: 'selectableFields', common: 'spec.selectableFields' },
]

interface VersionFaults {
  readonly own: readonly FieldError[]
  readonly common: readonly FieldError[]
}

function checkVersions(versions: readonly JsonObject[]): VersionFaults {
  const isShared = ({ field }: Shared) =>
    versions.every((version) => equalJson(version[field] ?? null, versions[0]?.[field] ?? null))
  const shared = new Set(perVersion.filter(isShared))
  const first = versions[0] ?? {}
  const own = [
    ...versions.flatMap((version, index) =>
      isJsonObject(valueAt(version, 'schema', 'openAPIV3Schema'))
        ? []
        : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
    ),
    ...versions.flatMap((version, index) => {
      const path = `spec.versions[${index}]`
      return [
        ...checkLabel(`${path}.name`, textAt(version, 'name')),
        ...checkDeprecation(version, path),
        ...perVersion.filter((part) => !shared.has(part)).flatMap(({ check, own }) => check(version, `${path}.${own}`)),
      ]
    }),
    ...checkVersionSet(versions),
  ]
  return { own, common: [...shared].flatMap(({ check, common }) => check(first, common)) }
}

function checkUpdate(crd: JsonObject, old: JsonObject): FieldError[] {
  const isEstablished = itemsAt(old, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
  const fixed = (...path: readonly string[]) => {
    const [before, after] = [valueAt(old, ...path), valueAt(crd, ...path)]
    return equalJson(before, after) ? [] : [invalid(path.join('.'), after ?? null, 'field is immutable')]
  }
  return [
    ...(isEstablished ? [...fixed('spec', 'scope'), ...fixed('spec', 'names', 'kind')] : []),
    ...fixed('spec', 'group'),
    ...fixed('spec', 'names', 'plural'),
  ]
}

/** Complaints about `status.storedVersions`; on create it holds what is marked as stored. */
function checkStored(crd: JsonObject, old: JsonObject | undefined): FieldError[] {
  const versions = versionsOf(crd)
  const names = versions.map((version) => textAt(version, 'name'))
  const field = 'status.storedVersions'
  if (old === undefined) {
    // A new definition is stored in the first version that says so.
    const [first, ...others] = versions.filter((version) => version['storage'] === true)
    if (first === undefined) return [invalid(field, null, 'must have at least one stored version')]
    return others.map((other) =>
      invalid(field, [first['name'] ?? ''], `must have the storage version ${textAt(other, 'name')}`),
    )
  }
  const stored = valueAt(old, 'status', 'storedVersions')
  return (Array.isArray(stored) ? stored : []).flatMap((name, index) =>
    typeof name !== 'string' || names.includes(name) ? [] : [invalid(`${field}[${index}]`, name, stillStored(name))],
  )
}

function stillStored(version: string): string {
  return `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
}

const preserving =
  'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'

/** Every complaint about a CRD, with `old` for the rules of an update. Empty when it can be served. */
export function validateCrd(crd: JsonObject, old?: JsonObject): readonly FieldError[] {
  const { own, common } = checkVersions(versionsOf(crd))
  return [
    ...(old === undefined ? checkName(crd) : []),
    ...checkGroup(crd),
    ...checkScope(crd),
    ...own,
    ...checkNames(crd),
    ...common,
    ...checkConversion(crd),
    ...(old === undefined ? [] : checkUpdate(crd, old)),
    ...checkStored(crd, old),
    ...checkApproval(crd),
    ...(valueAt(crd, 'spec', 'preserveUnknownFields') === true
      ? [invalid('spec.preserveUnknownFields', true, preserving)]
      : []),
  ]
}
