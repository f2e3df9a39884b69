// The SQL filter language of subscriptions, compiled to closures. Comparisons with an absent or unlike value are unknown,
// and an unknown whole means no match (three-valued logic, as in SQL-92).
import type { Scalar } from './amqp-bytes.ts'
import { BusError } from './bus-error.ts'
import type { MessageProperties } from './message.ts'
import type { FilterInput, Predicate } from './rule.ts'

type Value = Scalar | undefined
/** undefined is SQL's unknown. */
type Truth = boolean | undefined
type Term = (input: FilterInput) => Value

type Token =
  | { readonly kind: 'word' | 'name' | 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'literal'; readonly value: Scalar; readonly text: string; readonly at: number }

/** Deepest nesting of parentheses and prefixes; the text is at most 1,024 characters long anyway. */
const maxDepth = 64

const tokenPattern =
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|'(?<text>(?:[^']|'')*)'|\[(?<bracket>(?:[^\]]|\]\])*)\]|"(?<quote>(?:[^"]|"")*)"|(?<word>[\p{L}_@#][\p{L}\p{N}_@#$]*)|(?<symbol><>|!=|<=|>=|[=<>+\-*/%(),.])/uy

const wrong = (text: string, why: string) =>
  new BusError('com.microsoft:argument-error', `The SQL filter '${text}' cannot be read: ${why}.`)

function numberOf(text: string): number | bigint {
  const value = Number(text)
  return /^\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt.asIntN(64, BigInt(text)) : value
}

function tokenOf(groups: Record<string, string | undefined>, text: string, at: number): Token | undefined {
  const { number, text: quoted, bracket, quote, word, symbol } = groups
  if (number !== undefined) return { kind: 'literal', value: numberOf(number), text, at }
  if (quoted !== undefined) return { kind: 'literal', value: quoted.replaceAll("''", "'"), text, at }
  if (bracket !== undefined) return { kind: 'name', text: bracket.replaceAll(']]', ']'), at }
  if (quote !== undefined) return { kind: 'name', text: quote.replaceAll('""', '"'), at }
  if (word !== undefined) return { kind: 'word', text: word, at }
  return symbol === undefined ? undefined : { kind: 'symbol', text: symbol, at }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(text)
    if (match === null) throw wrong(text, `character ${at + 1} ('${text[at] ?? ''}') fits nowhere`)
    const token = tokenOf(match.groups ?? {}, match[0], at)
    if (token !== undefined) tokens.push(token)
  }
  return tokens
}

/** `sys.` names and the field each stands for. */
const systemFields: ReadonlyMap<string, keyof MessageProperties> = new Map([
  ['label', 'subject'],
  ['subject', 'subject'],
  ['messageid', 'messageId'],
  ['correlationid', 'correlationId'],
  ['to', 'to'],
  ['replyto', 'replyTo'],
  ['sessionid', 'groupId'],
  ['replytosessionid', 'replyToGroupId'],
  ['contenttype', 'contentType'],
])

const reserved = new Set(['and', 'or', 'not', 'in', 'like', 'escape', 'is', 'null', 'exists', 'true', 'false'])

const isNumber = (value: Value): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

/** Below, equal or above zero; undefined when the two do not compare. */
function compare(left: Value, right: Value): number | undefined {
  if (isNumber(left) && isNumber(right)) return left < right ? -1 : left > right ? 1 : 0
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime()
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  return Buffer.isBuffer(left) && Buffer.isBuffer(right) ? left.compare(right) : undefined
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function arithmetic(operator: string, left: Value, right: Value): Value {
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  if (!isNumber(left) || !isNumber(right)) return undefined
  const [a, b] = [Number(left), Number(right)]
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (b === 0) return undefined
  if (operator === '%') return a % b
  return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b
}

const isTruth = (value: Value): Truth => (typeof value === 'boolean' ? value : undefined)

/** Matches `text` against a LIKE pattern in time proportional to the product of their lengths. */
export function like(text: string, pattern: string, escape: string | undefined): boolean {
  const parts: { readonly any: boolean; readonly char: string | undefined }[] = []
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? ''
    if (character === escape && escape !== undefined) {
      index += 1
      parts.push({ any: false, char: characters[index] ?? escape })
    } else if (character === '%') parts.push({ any: true, char: undefined })
    else parts.push({ any: false, char: character === '_' ? undefined : character })
  }
  let reachable = new Set([0])
  const skipAny = (from: number, into: Set<number>) => {
    let position = from
    into.add(position)
    while (parts[position]?.any) into.add(++position)
  }
  reachable = new Set()
  skipAny(0, reachable)
  for (const character of text) {
    const next = new Set<number>()
    for (const position of reachable) {
      const part = parts[position]
      if (part === undefined) continue
      if (part.any) skipAny(position, next)
      else if (part.char === undefined || part.char === character) skipAny(position + 1, next)
    }
    reachable = next
  }
  return reachable.has(parts.length)
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #position = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Term {
    const term = this.#or()
    const extra = this.#tokens[this.#position]
    if (extra !== undefined) throw wrong(this.#text, `'${extra.text}' at character ${extra.at + 1} was not expected`)
    return term
  }

  #isWord(word: string): boolean {
    const token = this.#tokens[this.#position]
    return token?.kind === 'word' && token.text.toLowerCase() === word
  }

  #isSymbol(symbol: string): boolean {
    const token = this.#tokens[this.#position]
    return token?.kind === 'symbol' && token.text === symbol
  }

  #take(kind: 'word' | 'symbol', text: string): boolean {
    const found = kind === 'word' ? this.#isWord(text) : this.#isSymbol(text)
    if (found) this.#position += 1
    return found
  }

  #expect(kind: 'word' | 'symbol', text: string): void {
    if (this.#take(kind, text)) return
    const found = this.#tokens[this.#position]
    throw wrong(
      this.#text,
      `'${text}' was expected ${found === undefined ? 'at its end' : `before '${found.text}' at character ${found.at + 1}`}`,
    )
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1
    if (this.#depth > maxDepth) throw wrong(this.#text, `it is nested deeper than ${maxDepth} levels`)
    const result = parse()
    this.#depth -= 1
    return result
  }

  #or(): Term {
    let left = this.#and()
    while (this.#take('word', 'or')) {
      const [a, b] = [left, this.#and()]
      left = (input) => {
        const first = isTruth(a(input))
        if (first === true) return true
        const second = isTruth(b(input))
        return second === true ? true : first === undefined || second === undefined ? undefined : false
      }
    }
    return left
  }

  #and(): Term {
    let left = this.#not()
    while (this.#take('word', 'and')) {
      const [a, b] = [left, this.#not()]
      left = (input) => {
        const first = isTruth(a(input))
        if (first === false) return false
        const second = isTruth(b(input))
        return second === false ? false : first === undefined || second === undefined ? undefined : true
      }
    }
    return left
  }

  #not(): Term {
    if (!this.#take('word', 'not')) return this.#predicate()
    const inner = this.#nested(() => this.#not())
    return negated(inner)
  }

  #predicate(): Term {
    const left = this.#sum()
    const symbol = this.#tokens[this.#position]
    const test = symbol?.kind === 'symbol' ? comparisons[symbol.text] : undefined
    if (test !== undefined) {
      this.#position += 1
      const right = this.#sum()
      return (input) => {
        const order = compare(left(input), right(input))
        return order === undefined ? undefined : test(order)
      }
    }
    if (this.#take('word', 'is')) return this.#isNull(left)
    const not = this.#take('word', 'not')
    if (this.#take('word', 'in')) return not ? negated(this.#in(left)) : this.#in(left)
    if (this.#take('word', 'like')) return not ? negated(this.#like(left)) : this.#like(left)
    if (not) this.#expect('word', 'in')
    return left
  }

  #isNull(left: Term): Term {
    const not = this.#take('word', 'not')
    this.#expect('word', 'null')
    return (input) => ((left(input) ?? null) === null) !== not
  }

  #in(left: Term): Term {
    this.#expect('symbol', '(')
    const choices = [this.#sum()]
    while (this.#take('symbol', ',')) choices.push(this.#sum())
    this.#expect('symbol', ')')
    return (input) => {
      const value = left(input)
      const orders = choices.map((choice) => compare(value, choice(input)))
      return orders.includes(0) ? true : orders.includes(undefined) ? undefined : false
    }
  }

  #like(left: Term): Term {
    const pattern = this.#sum()
    const escape = this.#take('word', 'escape') ? this.#sum() : () => undefined
    return (input) => {
      const [text, wanted, by] = [left(input), pattern(input), escape(input)]
      if (typeof text !== 'string' || typeof wanted !== 'string') return undefined
      return like(text, wanted, typeof by === 'string' ? by : undefined)
    }
  }

  #sum(): Term {
    return this.#chain(['+', '-'], () => this.#product())
  }

  #product(): Term {
    return this.#chain(['*', '/', '%'], () => this.#unary())
  }

  #chain(operators: readonly string[], operand: () => Term): Term {
    let left = operand()
    for (;;) {
      const operator = operators.find((candidate) => this.#take('symbol', candidate))
      if (operator === undefined) return left
      const [a, b] = [left, operand()]
      left = (input) => arithmetic(operator, a(input), b(input))
    }
  }

  #unary(): Term {
    const sign = this.#take('symbol', '-') ? -1 : this.#take('symbol', '+') ? 1 : undefined
    if (sign === undefined) return this.#primary()
    const inner = this.#nested(() => this.#unary())
    return (input) => arithmetic('*', inner(input), sign)
  }

  #primary(): Term {
    if (this.#take('symbol', '(')) {
      const inner = this.#nested(() => this.#or())
      this.#expect('symbol', ')')
      return inner
    }
    const token = this.#tokens[this.#position]
    if (token?.kind === 'literal') {
      this.#position += 1
      return () => token.value
    }
    if (this.#take('word', 'exists')) return this.#exists()
    const constant = this.#constant()
    return constant ?? this.#property()
  }

  #constant(): Term | undefined {
    if (this.#take('word', 'true')) return () => true
    if (this.#take('word', 'false')) return () => false
    return this.#take('word', 'null') ? () => undefined : undefined
  }

  #exists(): Term {
    this.#expect('symbol', '(')
    const property = this.#property()
    this.#expect('symbol', ')')
    return (input) => property(input) !== undefined
  }

  #name(): string {
    const token = this.#tokens[this.#position]
    const usable = token?.kind === 'name' || (token?.kind === 'word' && !reserved.has(token.text.toLowerCase()))
    if (token === undefined || !usable) {
      throw wrong(
        this.#text,
        token === undefined ? 'it ends too early' : `a property or value was expected, found '${token.text}'`,
      )
    }
    this.#position += 1
    return token.text
  }

  #property(): Term {
    const first = this.#name()
    if (!this.#take('symbol', '.')) return (input) => input.application(first)
    const name = this.#name()
    if (first.toLowerCase() === 'user') return (input) => input.application(name)
    const field = first.toLowerCase() === 'sys' ? systemFields.get(name.toLowerCase()) : undefined
    if (field === undefined) {
      throw wrong(
        this.#text,
        `'${first}.${name}' is no property; there are user.<name> and sys.${[...systemFields.keys()].join(', sys.')}`,
      )
    }
    return (input) => input.properties[field] ?? undefined
  }
}

function negated(term: Term): Term {
  return (input) => {
    const truth = isTruth(term(input))
    return truth === undefined ? undefined : !truth
  }
}

/** Throws BusError argument-error that says where the text goes wrong. */
export function parseSqlFilter(text: string): Predicate {
  const term = new Parser(text).parse()
  return (input) => term(input) === true
}
