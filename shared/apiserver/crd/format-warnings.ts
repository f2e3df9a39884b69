// Formats nobody checks are documentation only; the author of a definition is told once.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { valueAt } from '../builtin/edit.ts'
import { isCheckedFormat } from '../schema/formats.ts'
import { typeOf } from './keywords.ts'
import { versionsOf } from './names.ts'
import { maxSchemaDepth } from './schema-of.ts'

const ofNumbers: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

function isKnown(type: string, format: string): boolean {
  if (type === '' || type === 'string') return isCheckedFormat(format)
  return ofNumbers[type]?.includes(format) === true
}

const members = new Set(['properties', 'patternProperties', 'definitions'])
const nested = new Set(['items', 'additionalProperties', 'not', 'allOf', 'anyOf', 'oneOf'])

/** The schemas right below a schema. */
function childrenOf(schema: JsonObject): readonly unknown[] {
  return Object.entries(schema).flatMap(([keyword, child]) => {
    if (members.has(keyword)) return isJsonObject(child) ? Object.values(child) : []
    return nested.has(keyword) ? [child].flat() : []
  })
}

function collect(value: unknown, depth: number, found: Set<string>): void {
  if (depth > maxSchemaDepth || !isJsonObject(value)) return
  const { format } = value
  if (typeof format === 'string' && format !== '' && !isKnown(typeOf(value), format)) found.add(format)
  for (const child of childrenOf(value)) collect(child, depth + 1, found)
}

function unknownFormats(crd: JsonObject): ReadonlySet<string> {
  const found = new Set<string>()
  for (const version of versionsOf(crd)) collect(valueAt(version, 'schema', 'openAPIV3Schema'), 0, found)
  return found
}

/** One warning for each format of a definition that is not checked and that `old` did not have. */
export function formatWarnings(crd: JsonObject, old: JsonObject | undefined): string[] {
  const before = old === undefined ? new Set() : unknownFormats(old)
  return [...unknownFormats(crd)]
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}
