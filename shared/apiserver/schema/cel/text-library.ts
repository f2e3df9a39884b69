// Text functions: RE2 for every pattern, bounded results, and what the library lacks of Kubernetes' strings and regex.
import type { Environment } from '@marcbachmann/cel-js'
import type { RE2JS } from 're2js'
import { compilePattern } from '../pattern.ts'
import { spendLength } from './budget.ts'
import { isDuration, register } from './lang.ts'

/** Methods of the library that are replaced by ones of ours under another name: theirs use JavaScript's regular expressions, or build results of any length. */
export const replacedMethods: Readonly<Record<string, string>> = { matches: 're2Matches', join: 'boundedJoin' }

function bounded(text: string): string {
  spendLength(text.length)
  return text
}

function pattern(text: string): RE2JS {
  try {
    return compilePattern(text)
  } catch {
    throw new Error(`invalid regular expression: ${text}`)
  }
}

function matches(text: string, expression: string): boolean {
  spendLength(text.length)
  return pattern(expression).matcher(text).find()
}

function findAll(text: string, expression: string, limit = -1n): string[] {
  spendLength(text.length)
  const matcher = pattern(expression).matcher(text)
  const found: string[] = []
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function find(text: string, expression: string): string {
  return findAll(text, expression, 1n)[0] ?? ''
}

function replace(text: string, search: string, by: string, limit = -1n): string {
  const parts = text.split(search)
  const times = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1)
  // Paid before it is built: replacements multiply.
  spendLength(text.length + times * Math.max(0, by.length - search.length))
  return `${parts.slice(0, times + 1).join(by)}${times < parts.length - 1 ? `${search}${parts.slice(times + 1).join(search)}` : ''}`
}

function join(list: readonly unknown[], separator = ''): string {
  spendLength(list.reduce<number>((sum, item) => sum + String(item).length + separator.length, 0))
  if (!list.every((item) => typeof item === 'string')) throw new Error('join: every element must be a string')
  return list.join(separator)
}

function charAt(text: string, index: bigint): string {
  const points = [...text]
  if (index < 0n || index > BigInt(points.length)) throw new Error(`index out of range: ${index}`)
  return points[Number(index)] ?? ''
}

/** How Go prints a value behind `%s`. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  if (value instanceof Date) return timestampText(value)
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${shown(key)}: ${shown(item)}`).join(', ')}}`
  return isDuration(value) ? `${Number(value.seconds) + value.nanos / 1e9}s` : String(value)
}

function formatOne(verb: string, precision: string, value: unknown): string {
  const digits = precision === '' ? 6 : Number(precision)
  if (digits > 100) throw new Error(`format: precision ${digits} is above 100`)
  switch (verb) {
    case 's':
    case 'd':
      return shown(value)
    case 'f':
      return Number(value).toFixed(digits)
    case 'e':
      return Number(value)
        .toExponential(digits)
        .replace(/e([+-])(\d)$/, 'e$10$2')
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : BigInt(value as bigint).toString(2)
    case 'o':
      return BigInt(value as bigint).toString(8)
    case 'x':
    case 'X': {
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : BigInt(value as bigint).toString(16)
      return verb === 'x' ? hex : hex.toUpperCase()
    }
    default:
      throw new Error(`format: unknown verb %${verb}`)
  }
}

function format(template: string, values: readonly unknown[]): string {
  let next = 0
  const text = template.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (whole, precision: string | undefined, verb?: string) => {
      if (verb === undefined) return whole === '%%' ? '%' : whole
      if (next >= values.length) throw new Error(`format: index ${next} out of range`)
      return formatOne(verb, precision ?? '', values[next++])
    },
  )
  return bounded(text)
}

/** RFC 3339 without a fraction of zero. */
export function timestampText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z')
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** The text as a literal. */
function quoted(text: string): string {
  return `"${[...text].map((character) => escapes[character] ?? character).join('')}"`
}

/** Carries the functions of `strings.`. */
class StringsNamespace {}

export function registerText(environment: Environment): void {
  environment.registerType('StringsNamespace', StringsNamespace)
  environment.registerConstant('strings', 'StringsNamespace', new StringsNamespace())
  register(environment, {
    'string.re2Matches(string): bool': matches,
    're2Matches(string, string): bool': matches,
    'string.find(string): string': find,
    'string.findAll(string): list<string>': (text: string, expression: string) => findAll(text, expression),
    'string.findAll(string, int): list<string>': findAll,
    'string.replace(string, string): string': (text: string, search: string, by: string) => replace(text, search, by),
    'string.replace(string, string, int): string': replace,
    'list<string>.boundedJoin(): string': (list: readonly unknown[]) => join(list),
    'list<string>.boundedJoin(string): string': join,
    'string.charAt(int): string': charAt,
    'StringsNamespace.quote(string): string': (_strings: unknown, text: string) => bounded(quoted(text)),
    'string.format(list): string': format,
    'string(google.protobuf.Timestamp): string': timestampText,
    'string(google.protobuf.Duration): string': shown,
    'int(google.protobuf.Timestamp): int': (time: Date) => BigInt(Math.floor(time.getTime() / 1000)),
    'timestamp(google.protobuf.Timestamp): google.protobuf.Timestamp': (time: Date) => time,
    'duration(google.protobuf.Duration): google.protobuf.Duration': (value: unknown) => value,
  })
}
