// The part of kubectl's JSONPath that printer columns use: fields, indexes, slices, wildcards and filters.
import { isJsonObject, type Json } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | {
      readonly kind: 'slice'
      readonly from: number | undefined
      readonly to: number | undefined
      readonly step: number
    }
  | { readonly kind: 'filter'; readonly path: readonly Step[]; readonly test: Test | undefined }
  | { readonly kind: 'descend'; readonly name: string }

interface Test {
  readonly operator: string
  readonly value: Json
}

/** A path that was read once and can be asked many times. */
export interface JsonPath {
  /** Every value the path leads to; empty when there is none, or when finding them would take too long. */
  find(value: Json): readonly Json[]
}

/** Longer paths are refused: no column needs one. */
const maxLength = 1024
/** Values a search may look at: `..a..a..a` leads to the same value in more ways than anybody can wait for. */
const maxLooks = 20_000

class TooManyLooks extends Error {}

/** Counts the values a search looks at. */
class Looks {
  #left = maxLooks
  spend(count: number): void {
    this.#left -= count
    if (this.#left < 0) throw new TooManyLooks()
  }
}

/** Reads a path such as `.status.conditions[?(@.type=="Ready")].status`. Throws InvalidInputError with what is wrong. */
export function parseJsonPath(text: string): JsonPath {
  const bare = text.trim().replace(/^\{(.*)\}$/s, '$1')
  if (text.length > maxLength) throw new InvalidInputError(`JSONPath is longer than ${maxLength} characters`)
  const steps = parseSteps(bare.replace(/^\$/, ''), text)
  return { find: (value) => findAll(steps, value) }
}

function findAll(steps: readonly Step[], value: Json): readonly Json[] {
  try {
    return run(steps, [value], new Looks())
  } catch (error) {
    if (error instanceof TooManyLooks) return []
    throw error
  }
}

const tokens =
  /\.\.(?<descend>[\w$-]+)|\.(?<star>\*)|\.(?<field>(?:\\.|[^.[\]\s\\])+)|\[(?<all>\*)\]|\['(?<single>(?:\\.|[^'\\])*)'\]|\["(?<double>(?:\\.|[^"\\])*)"\]|\[(?<slice>-?\d*(?::-?\d*){0,2})\]|\[\?\((?<filter>(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^)"'])*)\)\]/y

function parseSteps(bare: string, whole: string): Step[] {
  const steps: Step[] = []
  const text = bare === '.' ? '' : bare
  let at = 0
  while (at < text.length) {
    tokens.lastIndex = at
    const match = tokens.exec(text)
    if (!match)
      throw new InvalidInputError(
        `JSONPath ${JSON.stringify(whole)} cannot be read from ${JSON.stringify(text.slice(at))} on`,
      )
    // Filters hold paths of their own, which move the expression on.
    at = tokens.lastIndex
    steps.push(stepOf(match.groups ?? {}, whole))
  }
  return steps
}

const unescaped = (text: string) => text.replace(/\\(.)/gs, '$1')

function stepOf(groups: Readonly<Record<string, string | undefined>>, whole: string): Step {
  const { descend, star, field, all, single, double, slice, filter } = groups
  if (descend !== undefined) return { kind: 'descend', name: descend }
  if (star !== undefined || all !== undefined) return { kind: 'all' }
  if (slice !== undefined) return sliceOf(slice, whole)
  if (filter !== undefined) return filterOf(filter, whole)
  return { kind: 'field', name: unescaped(field ?? single ?? double ?? '') }
}

function sliceOf(text: string, whole: string): Step {
  const parts = text.split(':').map((part) => (part === '' ? undefined : Number(part)))
  const [first, second, third] = parts
  if (parts.length === 1) {
    if (first === undefined) throw new InvalidInputError(`JSONPath ${JSON.stringify(whole)} has an empty index`)
    return { kind: 'slice', from: first, to: first === -1 ? undefined : first + 1, step: 1 }
  }
  if (third !== undefined && third <= 0)
    throw new InvalidInputError(`JSONPath ${JSON.stringify(whole)}: a slice's step must be above 0`)
  return { kind: 'slice', from: first, to: second, step: third ?? 1 }
}

function filterOf(text: string, whole: string): Step {
  const match = /^\s*@(?<path>[^=!<>\s]*)\s*(?:(?<operator>==|!=|<=|>=|<|>)\s*(?<value>.+?))?\s*$/s.exec(text)
  if (!match?.groups)
    throw new InvalidInputError(`JSONPath ${JSON.stringify(whole)} has a filter that cannot be read: ${text}`)
  const { path = '', operator, value = '' } = match.groups
  return {
    kind: 'filter',
    path: parseSteps(path, whole),
    test: operator === undefined ? undefined : { operator, value: literal(value, whole) },
  }
}

function literal(text: string, whole: string): Json {
  const quoted = /^'(.*)'$|^"(.*)"$/s.exec(text)
  if (quoted) return unescaped(quoted[1] ?? quoted[2] ?? '')
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidInputError(
    `JSONPath ${JSON.stringify(whole)} compares with ${text}, which is no text, number or boolean`,
  )
}

function run(steps: readonly Step[], values: readonly Json[], looks: Looks): readonly Json[] {
  return steps.reduce<readonly Json[]>((at, step) => at.flatMap((value) => apply(step, value, looks)), values)
}

function children(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value).filter((child) => child !== undefined) : []
}

function fieldOf(value: Json, name: string): readonly Json[] {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return []
  const child = value[name]
  return child === undefined ? [] : [child]
}

function apply(step: Step, value: Json, looks: Looks): readonly Json[] {
  looks.spend(1)
  switch (step.kind) {
    case 'field':
      return fieldOf(value, step.name)
    case 'all':
      return children(value)
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0) : []
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => passes(step.path, step.test, item, looks)) : []
    case 'descend':
      return descendants(value, step.name, looks)
  }
}

function descendants(value: Json, name: string, looks: Looks): readonly Json[] {
  looks.spend(1)
  return [...fieldOf(value, name), ...children(value).flatMap((child) => descendants(child, name, looks))]
}

function passes(path: readonly Step[], test: Test | undefined, item: Json, looks: Looks): boolean {
  looks.spend(1)
  const found = run(path, [item], looks)
  if (test === undefined) return found.length > 0
  const left = found[0]
  if (left === undefined) return false
  const { operator, value } = test
  if (operator === '==') return left === value
  if (operator === '!=') return left !== value
  return ordered(operator, left, value)
}

/** Numbers compare with numbers and texts with texts; anything else compares with nothing. */
function ordered(operator: string, left: Json, right: Json): boolean {
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false
  const order = left < (right as typeof left) ? -1 : left > (right as typeof left) ? 1 : 0
  return operator.startsWith('<')
    ? order < 0 || (order === 0 && operator === '<=')
    : order > 0 || (order === 0 && operator === '>=')
}
