// The SQL filter language of subscriptions, compiled to closures. Comparisons with an absent or unlike value are unknown,
// and an unknown whole means no match (three-valued logic, as in SQL-92).

import type { Scalar } from './amqp-bytes.ts'
import type { MessageProperties } from './message.ts'
import { type Token, tokenize, wrongFilter } from './sql-tokens.ts'
import { arithmetic, compareValues, comparisons, like, type Value } from './sql-values.ts'

/** What a filter may look at. Property names are compared without regard to case, as Azure does. */
export interface FilterInput {
  readonly properties: MessageProperties
  application(name: string): Scalar | undefined
}

export type Predicate = (input: FilterInput) => boolean

/** undefined is SQL's unknown. */
type Truth = boolean | undefined
type Term = (input: FilterInput) => Value

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

/** Deepest nesting of parentheses and prefixes. */
const maxDepth = 64

const isTruth = (value: Value): Truth => (typeof value === 'boolean' ? value : undefined)

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
    if (extra !== undefined)
      throw wrongFilter(this.#text, `'${extra.text}' at character ${extra.at + 1} was not expected`)
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
    throw wrongFilter(
      this.#text,
      `'${text}' was expected ${found === undefined ? 'at its end' : `before '${found.text}' at character ${found.at + 1}`}`,
    )
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1
    if (this.#depth > maxDepth) throw wrongFilter(this.#text, `it is nested deeper than ${maxDepth} levels`)
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
    const test = symbol?.kind === 'symbol' ? comparisons.get(symbol.text) : undefined
    if (test !== undefined) {
      this.#position += 1
      const right = this.#sum()
      return (input) => {
        const order = compareValues(left(input), right(input))
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
      const orders = choices.map((choice) => compareValues(value, choice(input)))
      return orders.includes(0) ? true : orders.includes(undefined) ? undefined : false
    }
  }

  #like(left: Term): Term {
    const pattern = this.#sum()
    const escapeBy = this.#take('word', 'escape') ? this.#sum() : () => undefined
    return (input) => {
      const [text, wanted, by] = [left(input), pattern(input), escapeBy(input)]
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
      throw wrongFilter(
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
      throw wrongFilter(
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
