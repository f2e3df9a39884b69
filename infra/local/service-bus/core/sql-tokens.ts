// Cuts a SQL filter into words, names, literals and symbols.
import type { Scalar } from './amqp-bytes.ts'
import { BusError } from './bus-error.ts'

export type Token =
  | { readonly kind: 'word' | 'name' | 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'literal'; readonly value: Scalar; readonly text: string; readonly at: number }

const tokenPattern =
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|'(?<text>(?:[^']|'')*)'|\[(?<bracket>(?:[^\]]|\]\])*)\]|"(?<quote>(?:[^"]|"")*)"|(?<word>[\p{L}_@#][\p{L}\p{N}_@#$]*)|(?<symbol><>|!=|<=|>=|[=<>+\-*/%(),.])/uy

/** A refusal that shows the text and says what is wrong with it. */
export const wrongFilter = (text: string, why: string) =>
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

/** Throws BusError argument-error at the first character that fits nowhere. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(text)
    if (match === null) throw wrongFilter(text, `character ${at + 1} ('${text[at] ?? ''}') fits nowhere`)
    const token = tokenOf(match.groups ?? {}, match[0], at)
    if (token !== undefined) tokens.push(token)
  }
  return tokens
}
