// Parses and matches label selectors: the text of `?labelSelector=` and the LabelSelector object of the API.
import { InvalidInputError } from '../../errors.ts'
import { labelKeyComplaints, labelValueComplaints } from './label-syntax.ts'

export type LabelOperator = 'in' | 'notin' | 'exists' | 'not-exists' | 'gt' | 'lt'

/** One condition on one label. `values` is empty for exists and not-exists, one integer text for gt and lt. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

export type Labels = Readonly<Record<string, string>> | undefined

/** A parsed selector; all requirements must hold. */
export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[]
  /** True when there is no requirement: everything matches. */
  readonly empty: boolean
  matches(labels: Labels): boolean
}

/** metav1.LabelSelector as it comes out of an object; operators are `In`, `NotIn`, `Exists`, `DoesNotExist`. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | null | undefined
  readonly matchExpressions?:
    | readonly {
        readonly key: string
        readonly operator: string
        readonly values?: readonly string[] | null | undefined
      }[]
    | null
    | undefined
}

/** Selectors longer than this are refused before parsing. */
const maxSelectorLength = 65_536

type Token = { readonly kind: 'symbol' | 'word' | 'end' | 'error'; readonly text: string }

const symbols = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const isSymbolChar = (char: string) => '=!(),><'.includes(char)
const isSpace = (char: string) => char === ' ' || char === '\t' || char === '\r' || char === '\n'

/** The longest operator at `start`, or an error token that takes up the run of symbol characters. */
function symbolAt(text: string, start: number): Token {
  const two = text.slice(start, start + 2)
  if (two.length === 2 && symbols.has(two)) return { kind: 'symbol', text: two }
  return { kind: 'symbol', text: text.charAt(start) }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (isSpace(char)) {
      at += 1
    } else if (isSymbolChar(char)) {
      const token = symbolAt(text, at)
      tokens.push(token)
      at += token.text.length
    } else {
      let end = at + 1
      while (end < text.length && !isSymbolChar(text.charAt(end)) && !isSpace(text.charAt(end))) end += 1
      tokens.push({ kind: 'word', text: text.slice(at, end) })
      at = end
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

const endToken: Token = { kind: 'end', text: '' }
const binaryOperators: Readonly<Record<string, LabelOperator>> = {
  in: 'in',
  '=': 'in',
  '==': 'in',
  '>': 'gt',
  '<': 'lt',
  notin: 'notin',
  '!=': 'notin',
}
const exactOperators = new Set(['=', '==', '!=', '>', '<'])
/** As Kubernetes lists them in its complaint. */
const operatorList = 'in, notin, =, ==, !=, gt, lt'

class RequirementParser {
  #tokens: readonly Token[]
  #at = 0
  constructor(text: string) {
    this.#tokens = tokenize(text)
  }

  peek(): Token {
    return this.#tokens[this.#at] ?? endToken
  }

  next(): Token {
    const token = this.peek()
    this.#at += 1
    return token
  }

  parse(): LabelRequirement[] {
    const found: LabelRequirement[] = []
    while (this.peek().kind !== 'end') {
      const first = this.peek()
      if (first.kind !== 'word' && first.text !== '!') {
        throw new InvalidInputError(`found '${first.text}', expected: !, identifier, or 'end of string'`)
      }
      found.push(this.#requirement())
      const separator = this.next()
      if (separator.kind === 'end') break
      if (separator.text !== ',' || separator.kind !== 'symbol') {
        throw new InvalidInputError(`found '${separator.text}', expected: ',' or 'end of string'`)
      }
      const after = this.peek()
      if (after.kind !== 'word' && after.text !== '!') {
        throw new InvalidInputError(`found '${after.text}', expected: identifier after ','`)
      }
    }
    return found
  }

  #requirement(): LabelRequirement {
    try {
      return this.#keyAndRest()
    } catch (error) {
      if (error instanceof InvalidInputError) {
        throw new InvalidInputError(`unable to parse requirement: ${error.message}`)
      }
      throw error
    }
  }

  #keyAndRest(): LabelRequirement {
    const negated = this.peek().kind === 'symbol' && this.peek().text === '!'
    if (negated) this.next()
    const word = this.next()
    if (word.kind !== 'word') throw new InvalidInputError(`found '${word.text}', expected: identifier`)
    const complaints = labelKeyComplaints(word.text)
    if (complaints.length > 0) {
      throw new InvalidInputError(`<nil>: Invalid value: ${JSON.stringify(word.text)}: ${complaints.join('; ')}`)
    }
    const after = this.peek()
    if (negated) return { key: word.text, operator: 'not-exists', values: [] }
    if (after.kind === 'end' || after.text === ',') return { key: word.text, operator: 'exists', values: [] }
    return this.#binary(word.text)
  }

  #binary(key: string): LabelRequirement {
    const sign = this.next()
    const operator = Object.hasOwn(binaryOperators, sign.text) ? binaryOperators[sign.text] : undefined
    if (operator === undefined) throw new InvalidInputError(`found '${sign.text}', expected: ${operatorList}`)
    const values = exactOperators.has(sign.text) ? [this.#exactValue()] : this.#valueList()
    return checkedRequirement(key, operator, values)
  }

  #exactValue(): string {
    const token = this.peek()
    if (token.kind === 'end' || (token.kind === 'symbol' && token.text === ',')) return ''
    this.next()
    if (token.kind === 'word') return token.text
    throw new InvalidInputError(`found '${token.text}', expected: identifier`)
  }

  /** `(a, b)`; empty members are the empty value, as in `(a,)` and `()`. */
  #valueList(): string[] {
    const open = this.next()
    if (!isSymbol(open, '(')) throw new InvalidInputError(`found '${open.text}' expected: '('`)
    const first = this.peek()
    if (first.kind !== 'word' && !isSymbol(first, ',') && !isSymbol(first, ')')) {
      throw new InvalidInputError(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values = new Set<string>()
    if (!isSymbol(first, ')')) this.#values(values)
    else values.add('')
    this.next()
    return [...values].sort()
  }

  /** Reads up to the closing parenthesis. */
  #values(values: Set<string>): void {
    let separated = true
    while (!isSymbol(this.peek(), ')')) {
      const token = this.next()
      if (token.kind === 'word' && separated) {
        values.add(token.text)
        separated = false
      } else if (isSymbol(token, ',')) {
        if (separated) values.add('')
        separated = true
      } else {
        const wanted = separated ? "',', or identifier" : "',' or ')'"
        throw new InvalidInputError(`found '${token.text}', expected: ${wanted}`)
      }
    }
    if (separated) values.add('')
  }
}

const isSymbol = (token: Token, text: string) => token.kind === 'symbol' && token.text === text

const int64 = /^[-+]?[0-9]+$/
const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

function parseInt64(text: string): bigint | undefined {
  if (!int64.test(text) || text.length > 20) return undefined
  const parsed = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return parsed > int64Max || parsed < int64Min ? undefined : parsed
}

/** Checks values against the operator; throws InvalidInputError in Kubernetes' words. */
function checkedRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const complaints: string[] = []
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((text, index) => {
      if (parseInt64(text) !== undefined) return
      complaints.push(
        `values[${index}]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    })
  }
  values.forEach((text, index) => {
    const wrong = labelValueComplaints(text)
    if (wrong.length > 0) {
      complaints.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(text)}: ${wrong.join('; ')}`)
    }
  })
  if (complaints.length === 1) throw new InvalidInputError(complaints[0])
  if (complaints.length > 1) throw new InvalidInputError(`[${complaints.join(', ')}]`)
  return { key, operator, values }
}

function requirementMatches(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined
    case 'not-exists':
      return value === undefined
    case 'in':
      return value !== undefined && requirement.values.includes(value)
    case 'notin':
      return value === undefined || !requirement.values.includes(value)
    default: {
      const left = value === undefined ? undefined : parseInt64(value)
      const right = parseInt64(requirement.values[0] ?? '')
      if (left === undefined || right === undefined) return false
      return requirement.operator === 'gt' ? left > right : left < right
    }
  }
}

const noLabels: Readonly<Record<string, string>> = {}

function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (labels) => requirements.every((requirement) => requirementMatches(requirement, labels ?? noLabels)),
  }
}

/**
 * Parses the text of a `labelSelector` parameter; an empty text matches everything.
 * Throws InvalidInputError (HTTP 400) in Kubernetes' words.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  if (text.length > maxSelectorLength) {
    throw new InvalidInputError(`label selector is longer than ${maxSelectorLength} characters`)
  }
  return matcherOf(new RequirementParser(text).parse())
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'not-exists',
}

function expressionRequirement(key: string, operator: string, values: readonly string[]): LabelRequirement {
  const known = Object.hasOwn(objectOperators, operator) ? objectOperators[operator] : undefined
  if (known === undefined) {
    throw new InvalidInputError(`${JSON.stringify(operator)} is not a valid label selector operator`)
  }
  const list = JSON.stringify(values)
  if ((known === 'in' || known === 'notin') && values.length === 0) {
    throw new InvalidInputError(
      `values: Invalid value: ${list}: for 'in', 'notin' operators, values set can't be empty`,
    )
  }
  if ((known === 'exists' || known === 'not-exists') && values.length > 0) {
    throw new InvalidInputError(
      `values: Invalid value: ${list}: values set must be empty for exists and does not exist`,
    )
  }
  const complaints = labelKeyComplaints(key)
  if (complaints.length > 0) {
    throw new InvalidInputError(`key: Invalid value: ${JSON.stringify(key)}: ${complaints.join('; ')}`)
  }
  return checkedRequirement(key, known, values)
}

/**
 * The matcher of a LabelSelector object. An absent selector matches nothing, an empty one everything.
 * Throws InvalidInputError for unknown operators and bad keys or values.
 */
export function labelSelectorMatcher(selector: LabelSelectorObject | null | undefined): LabelMatcher {
  if (selector === null || selector === undefined) return { requirements: [], empty: false, matches: () => false }
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    expressionRequirement(key, 'In', [value]),
  )
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    expressionRequirement(key, operator, values ?? []),
  )
  return matcherOf([...pairs, ...expressions])
}

/** Whether labels satisfy a LabelSelector object; see {@link labelSelectorMatcher}. */
export function matchesLabelSelector(selector: LabelSelectorObject | null | undefined, labels: Labels): boolean {
  return labelSelectorMatcher(selector).matches(labels)
}
