// What each version of a CustomResourceDefinition says besides its schema: columns, subresources, selectable fields.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import { readFieldPath } from '../schema/cel/field-path.ts'
import { duplicate, invalid, required, tooMany } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { textAt } from './names.ts'
import { schemaOf } from './schema-of.ts'

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function checkPath(value: string, field: string): FieldError[] {
  if (value === '') return [required(field)]
  return value.startsWith('.') ? [] : [invalid(field, value, 'must be a simple json path starting with .')]
}

function checkColumn(column: JsonObject, path: string): FieldError[] {
  const [type, format] = [textAt(column, 'type'), textAt(column, 'format')]
  const [types, formats] = [columnTypes.join(','), columnFormats.join(',')]
  return [
    ...(textAt(column, 'name') === '' ? [required(`${path}.name`)] : []),
    ...(type === ''
      ? [required(`${path}.type`, `must be one of ${types}`)]
      : columnTypes.includes(type)
        ? []
        : [invalid(`${path}.type`, type, `must be one of ${types}`)]),
    ...(format !== '' && !columnFormats.includes(format)
      ? [invalid(`${path}.format`, format, `must be one of ${formats}`)]
      : []),
    ...checkPath(textAt(column, 'jsonPath'), `${path}.JSONPath`),
  ]
}

/** Complaints about columns; `path` is the list's own. */
export function checkColumns(version: JsonObject, path: string): FieldError[] {
  return itemsAt(version, 'additionalPrinterColumns').flatMap((column, index) =>
    checkColumn(column, `${path}[${index}]`),
  )
}

function checkScalePath(value: string, field: string, under: readonly string[], words: string): FieldError[] {
  const faults = checkPath(value, field)
  if (faults.length > 0 || under.some((prefix) => value.startsWith(prefix))) return faults
  return [invalid(field, value, `should be a json path under ${words}`)]
}

/** Complaints about subresources; `path` is their own. */
export function checkSubresources(version: JsonObject, path: string): FieldError[] {
  const scale = valueAt(version, 'subresources', 'scale')
  if (!isJsonObject(scale)) return []
  const [selector, at] = [textAt(scale, 'labelSelectorPath'), `${path}.scale`]
  return [
    ...checkScalePath(textAt(scale, 'specReplicasPath'), `${at}.specReplicasPath`, ['.spec.'], '.spec'),
    ...checkScalePath(textAt(scale, 'statusReplicasPath'), `${at}.statusReplicasPath`, ['.status.'], '.status'),
    ...(selector === ''
      ? []
      : checkScalePath(selector, `${at}.labelSelectorPath`, ['.spec.', '.status.'], 'either .spec or .status')),
  ]
}

/** Selectors read one value of a fixed simple type, and not many of them. */
const maxSelectable = 8

/** Complaints about selectable fields; `path` is the list's own. */
export function checkSelectable(version: JsonObject, path: string): FieldError[] {
  const schema = schemaOf(objectAt(version, 'schema', 'openAPIV3Schema'))
  const seen = new Set<string>()
  const problems = itemsAt(version, 'selectableFields').flatMap((item, index) => {
    const jsonPath = textAt(item, 'jsonPath')
    const field = `${path}[${index}].jsonPath`
    if (jsonPath === '') return [required(field)]
    const read = readFieldPath(schema, jsonPath, 'dots')
    if (read.problem !== undefined) return [invalid(field, jsonPath, `is an invalid path: ${read.problem}`)]
    const place = read.parts.join('')
    const isSimple = ['string', 'integer', 'boolean'].includes(read.schema.type ?? '')
    const simple =
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
    const faults = [
      ...(read.parts[0] === '.metadata' ? [invalid(field, jsonPath, 'must not point to fields in metadata')] : []),
      ...(isSimple ? [] : [invalid(field, jsonPath, simple)]),
      ...(seen.has(place) ? [duplicate(field, jsonPath)] : []),
    ]
    seen.add(place)
    return faults
  })
  return seen.size > maxSelectable ? [...problems, tooMany(path, seen.size, maxSelectable)] : problems
}

const maxWarning = 256

/** Complaints about the text that warns of a deprecated version. */
export function checkDeprecation(version: JsonObject, path: string): FieldError[] {
  const warning = version['deprecationWarning']
  if (typeof warning !== 'string') return []
  const complain = (text: string) => invalid(`${path}.deprecationWarning`, warning, text)
  if (version['deprecated'] !== true) return [complain('can only be set for deprecated versions')]
  const at = warning.search(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u)
  const position = Buffer.byteLength(warning.slice(0, Math.max(0, at)))
  return [
    ...(Buffer.byteLength(warning) > maxWarning ? [complain(`must be <= ${maxWarning} characters long`)] : []),
    ...(warning === '' ? [complain('must not be an empty string')] : []),
    ...(at < 0
      ? []
      : [complain(`must only contain printable UTF-8 characters; non-printable character found at index ${position}`)]),
  ]
}
