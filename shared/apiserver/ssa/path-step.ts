// One step of a field path, in the text form of FieldsV1: `f:name` a field, `k:{"key":"value"}` an item of a keyed list,
// `v:"value"` an item of a set, `i:0` an index.
import { isJsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'

/** Canonical text: keys sorted, no spaces, `<`, `>` and `&` escaped the way Go writes JSON. */
export type PathStep = string

export const fieldStep = (name: string): PathStep => `f:${name}`

const unsafe = /[<>&\u2028\u2029]/g
const goJson = (value: unknown) =>
  JSON.stringify(value).replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const valueStep = (value: unknown): PathStep => `v:${goJson(value)}`

export function keyStep(keys: readonly (readonly [name: string, value: unknown])[]): PathStep {
  const parts = [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${goJson(name)}:${goJson(value)}`)
  return `k:{${parts.join(',')}}`
}

/** The name of a field step, undefined for the other kinds. */
export function fieldName(step: PathStep): string | undefined {
  return step.startsWith('f:') ? step.slice(2) : undefined
}

function parseJson(text: string, step: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidInputError(`fieldsV1: ${JSON.stringify(step)} holds no JSON after its type`)
  }
}

/** The canonical form of a step that came from outside; undefined for kinds of steps nobody knows. */
export function canonicalStep(text: string): PathStep | undefined {
  if (text.length < 2 || text.charAt(1) !== ':') {
    throw new InvalidInputError(
      `fieldsV1: ${JSON.stringify(text)} is no path element; they start with f:, k:, v: or i:`,
    )
  }
  const rest = text.slice(2)
  switch (text.charAt(0)) {
    case 'f':
      return text
    case 'v':
      return valueStep(parseJson(rest, text))
    case 'k': {
      const keys = parseJson(rest, text)
      if (!isJsonObject(keys)) throw new InvalidInputError(`fieldsV1: ${JSON.stringify(text)} needs an object of keys`)
      return keyStep(Object.entries(keys))
    }
    case 'i':
      return /^-?[0-9]{1,9}$/.test(rest) ? text : undefined
    default:
      return undefined
  }
}

/** How a step reads in a conflict: `.name`, `[name="a"]`, `[="a"]`, `[0]`. */
export function stepText(step: PathStep): string {
  const rest = step.slice(2)
  switch (step.charAt(0)) {
    case 'f':
      return `.${rest}`
    case 'k': {
      const keys = parseJson(rest, step)
      const parts = isJsonObject(keys)
        ? Object.entries(keys).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        : []
      return `[${parts.join(',')}]`
    }
    case 'v':
      return `[=${JSON.stringify(parseJson(rest, step))}]`
    default:
      return `[${rest}]`
  }
}
