// What each version of a CustomResourceDefinition says besides its schema: columns, subresources, selectable fields.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import { duplicate, invalid, required } from '../schema/field-errors.ts'
import type { FieldError, Schema } from '../schema/schema.ts'
import { checkLabel, textAt } from './names.ts'
import { schemaOf } from './schema-of.ts'

const simplePath = /^\.[a-zA-Z_$][\w$-]*(\.[a-zA-Z_$][\w$-]*)*$/
const notSimple = 'must be a simple json path starting with .'
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function checkColumn(column: JsonObject, path: string): FieldError[] {
  const [type, format, jsonPath] = [textAt(column, 'type'), textAt(column, 'format'), textAt(column, 'jsonPath')]
  return [
    ...(textAt(column, 'name') === '' ? [required(`${path}.name`)] : []),
    ...(type === ''
      ? [required(`${path}.type`, `must be one of ${columnTypes.join(',')}`)]
      : columnTypes.includes(type)
        ? []
        : [invalid(`${path}.type`, type, `must be one of ${columnTypes.join(',')}`)]),
    ...(format !== '' && !columnFormats.includes(format)
      ? [invalid(`${path}.format`, format, `must be one of ${columnFormats.join(',')}`)]
      : []),
    ...(jsonPath === ''
      ? [required(`${path}.JSONPath`)]
      : jsonPath.startsWith('.')
        ? []
        : [invalid(`${path}.JSONPath`, jsonPath, notSimple)]),
  ]
}

function checkScalePath(value: string, under: string, field: string, mandatory: boolean): FieldError[] {
  if (value === '') return mandatory ? [required(field)] : []
  if (!simplePath.test(value)) return [invalid(field, value, notSimple)]
  const allowed = under.split(' or ').some((prefix) => value.startsWith(`${prefix}.`))
  const words = under.includes(' or ')
    ? `should be a json path under either ${under}`
    : `should be a json path under ${under}`
  return allowed ? [] : [invalid(field, value, words)]
}

function checkScale(version: JsonObject, path: string): FieldError[] {
  const scale = valueAt(version, 'subresources', 'scale')
  if (!isJsonObject(scale)) return []
  const at = `${path}subresources.scale`
  return [
    ...checkScalePath(textAt(scale, 'specReplicasPath'), '.spec', `${at}.specReplicasPath`, true),
    ...checkScalePath(textAt(scale, 'statusReplicasPath'), '.status', `${at}.statusReplicasPath`, true),
    ...checkScalePath(textAt(scale, 'labelSelectorPath'), '.spec or .status', `${at}.labelSelectorPath`, false),
  ]
}

function fieldAt(schema: Schema, path: string): Schema | undefined {
  return path
    .slice(1)
    .split('.')
    .reduce<Schema | undefined>((at, name) => {
      const { properties } = at ?? {}
      return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
    }, schema)
}

/** Selectors read one value of a fixed simple type. */
const maxSelectable = 8

function checkSelectable(version: JsonObject, path: string): FieldError[] {
  const fields = itemsAt(version, 'selectableFields')
  const schema = schemaOf(objectAt(version, 'schema', 'openAPIV3Schema'))
  const seen = new Set<string>()
  const many =
    fields.length > maxSelectable
      ? [invalid(`${path}selectableFields`, fields.length, `must have at most ${maxSelectable} items`)]
      : []
  const problems = fields.flatMap((item, index) => {
    const jsonPath = textAt(item, 'jsonPath')
    const field = `${path}selectableFields[${index}].jsonPath`
    if (jsonPath === '') return [required(field)]
    if (seen.has(jsonPath)) return [duplicate(field, jsonPath)]
    seen.add(jsonPath)
    const found = simplePath.test(jsonPath) && !jsonPath.startsWith('.metadata') ? fieldAt(schema, jsonPath) : undefined
    if (found === undefined) return [invalid(field, jsonPath, 'is an invalid path: does not refer to a valid field')]
    if (['string', 'integer', 'boolean'].includes(found.type ?? '')) return []
    const text =
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
    return [invalid(field, jsonPath, text)]
  })
  return [...many, ...problems]
}

/** Complaints about one version; `shared` when all versions say the same, so that complaints are not repeated. */
export function checkVersion(version: JsonObject, index: number, shared: boolean): FieldError[] {
  const at = `spec.versions[${index}]`
  const path = shared ? 'spec.' : `${at}.`
  const name = textAt(version, 'name')
  const warning = textAt(version, 'deprecationWarning')
  return [
    ...(name === '' ? [required(`${at}.name`)] : checkLabel(`${at}.name`, name)),
    ...(warning !== '' && version['deprecated'] !== true
      ? [invalid(`${at}.deprecationWarning`, warning, 'can only be set for deprecated versions')]
      : []),
    ...(isJsonObject(valueAt(version, 'schema', 'openAPIV3Schema')) ? [] : [required(`${at}.schema.openAPIV3Schema`)]),
    ...(shared && index > 0
      ? []
      : [
          ...itemsAt(version, 'additionalPrinterColumns').flatMap((column, position) =>
            checkColumn(column, `${path}additionalPrinterColumns[${position}]`),
          ),
          ...checkScale(version, path),
          ...checkSelectable(version, path),
        ]),
  ]
}
