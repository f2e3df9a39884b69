// The grammar of label selectors as text: `a=b, c in (d, e), !f, g>1`.
import { InvalidInputError } from '../../errors.ts'
import { checkedRequirement, type LabelOperator, type LabelRequirement } from './label-requirement.ts'
import { labelKeyComplaints } from './label-syntax.ts'

type Token = { readonly kind: 'symbol' | 'word' | 'end'; readonly text: string }

const symbols = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const isSymbolChar = (char: string) => '=!(),><'.includes(char)
const isSpace = (char: string) => char === ' ' || char === '\t' || char === '\r' || char === '\n'

/** The longest operator at `start`. */
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

/** Reads requirements one after the other. Throws InvalidInputError in Kubernetes' words. */
export class RequirementParser {
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
