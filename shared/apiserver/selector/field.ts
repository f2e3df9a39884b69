// Parses and matches field selectors: the text of `?fieldSelector=`.
import { isJsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'

export interface FieldRequirement {
  /** Dotted path, e.g. `metadata.name`. */
  readonly field: string
  readonly equal: boolean
  readonly value: string
}

/** A parsed selector; all requirements must hold. */
export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[]
  /** True when there is no requirement: everything matches. */
  readonly empty: boolean
  matches(object: unknown): boolean
  /** The value the selector pins a field to (`metadata.name=x`), so that a list can become a get. */
  exact(field: string): string | undefined
}

/** Fields every kind can be selected by. */
const commonFields = ['metadata.name', 'metadata.namespace']
const maxSelectorLength = 65_536

/** Terms between unescaped commas, backslashes kept. */
function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') at += 1
    else if (char === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  terms.push(text.slice(start))
  return terms.filter((term) => term !== '')
}

function unescapeValue(text: string): string {
  let result = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') {
      const next = text.charAt(at + 1)
      if (next === '' || !'\\,='.includes(next)) {
        throw new InvalidInputError(`invalid field selector: invalid escape sequence: \\${next}`)
      }
      result += next
      at += 1
    } else if (char === '=') {
      throw new InvalidInputError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`)
    } else {
      result += char
    }
  }
  return result
}

const termShape = /^(.*?)(!=|==|=)([\s\S]*)$/

function parseTerm(term: string, whole: string): FieldRequirement {
  const match = termShape.exec(term)
  if (!match) throw new InvalidInputError(`invalid selector: '${whole}'; can't understand '${term}'`)
  const [, field = '', operator, value = ''] = match
  return { field, equal: operator !== '!=', value: unescapeValue(value) }
}

/** The text of the field at a dotted path; '' when it is absent, as the API server sees it. */
function fieldText(object: unknown, path: string): string {
  let at: unknown = object
  for (const step of path.split('.')) {
    if (!isJsonObject(at) || !Object.hasOwn(at, step)) return ''
    at = at[step]
  }
  if (typeof at === 'string') return at
  return typeof at === 'number' || typeof at === 'boolean' ? String(at) : ''
}

/**
 * Parses the text of a `fieldSelector` parameter; an empty text matches everything. `allowedFields` are the kind's
 * selectable fields besides metadata.name and metadata.namespace.
 * Throws InvalidInputError (HTTP 400) in Kubernetes' words, also for a field that cannot be selected by.
 */
export function parseFieldSelector(
  text: string,
  allowedFields: readonly string[] = [],
  unknown: (field: string) => string = (field) => `field label not supported: ${field}`,
): FieldMatcher {
  if (text.length > maxSelectorLength) {
    throw new InvalidInputError(`field selector is longer than ${maxSelectorLength} characters`)
  }
  const requirements = splitTerms(text).map((term) => parseTerm(term, text))
  for (const { field } of requirements) {
    if (!commonFields.includes(field) && !allowedFields.includes(field)) {
      throw new InvalidInputError(unknown(field))
    }
  }
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (object) =>
      requirements.every(({ field, equal, value }) => (fieldText(object, field) === value) === equal),
    exact: (field) => requirements.find((requirement) => requirement.equal && requirement.field === field)?.value,
  }
}
