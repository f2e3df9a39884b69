// The keywords of raw schemas that several checks look at.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { invalid } from '../schema/field-errors.ts'
import { compilePattern } from '../schema/pattern.ts'
import type { FieldError } from '../schema/schema.ts'

export const isTrue = (schema: JsonObject, keyword: string) => schema[keyword] === true
export const intOrString = 'x-kubernetes-int-or-string'
export const preserve = 'x-kubernetes-preserve-unknown-fields'
export const embedded = 'x-kubernetes-embedded-resource'
/** The type a schema names, '' when it names none. */
export const typeOf = (schema: JsonObject) => (typeof schema['type'] === 'string' ? schema['type'] : '')
export const propertiesOf = ({ properties }: JsonObject): JsonObject => (isJsonObject(properties) ? properties : {})

/** The message Go's regexp package gives; re2's own says the same in other words. */
function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return text.startsWith('error parsing regexp') ? text : `error parsing regexp: ${text}`
  }
}

export function checkPattern(schema: JsonObject, path: string, errors: FieldError[]): void {
  const { pattern } = schema
  if (typeof pattern !== 'string') return
  const problem = patternProblem(pattern)
  if (problem === undefined) return
  errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`))
}
