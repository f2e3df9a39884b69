// How values of a SQL filter compare and add up. Unlike types never compare; the answer is then unknown (undefined).
import type { Scalar } from './amqp-bytes.ts'

/** undefined is an absent property, or SQL's unknown. */
export type Value = Scalar | undefined

const isNumber = (value: Value): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

const order = <T extends string | number | bigint>(left: T, right: T): number =>
  left < right ? -1 : left > right ? 1 : 0

/** Below, equal to or above zero; undefined when the two do not compare. */
export function compareValues(left: Value, right: Value): number | undefined {
  if (isNumber(left) && isNumber(right)) return order<number | bigint>(left, right)
  if (typeof left === 'string' && typeof right === 'string') return order(left, right)
  if (left instanceof Date && right instanceof Date) return order(left.getTime(), right.getTime())
  if (typeof left === 'boolean' && typeof right === 'boolean') return order(Number(left), Number(right))
  return Buffer.isBuffer(left) && Buffer.isBuffer(right) ? left.compare(right) : undefined
}

/** What a comparison operator makes of an order. */
export const comparisons: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ['=', (order) => order === 0],
  ['<>', (order) => order !== 0],
  ['!=', (order) => order !== 0],
  ['<', (order) => order < 0],
  ['<=', (order) => order <= 0],
  ['>', (order) => order > 0],
  ['>=', (order) => order >= 0],
])

/** `+` also joins strings. Division by zero and unlike operands give unknown. */
export function arithmetic(operator: string, left: Value, right: Value): Value {
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  if (!isNumber(left) || !isNumber(right)) return undefined
  return calculate(operator, Number(left), Number(right))
}

function calculate(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '%':
      return b === 0 ? undefined : a % b
    default:
      if (b === 0) return undefined
      return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b
  }
}

/** One step of a LIKE pattern: `%`, `_` (no character given) or a character. */
interface Step {
  readonly any: boolean
  readonly character: string | undefined
}

function steps(pattern: string, escapeBy: string | undefined): Step[] {
  const characters = [...pattern]
  const result: Step[] = []
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? ''
    if (character === escapeBy) {
      index += 1
      result.push({ any: false, character: characters[index] ?? character })
    } else
      result.push({ any: character === '%', character: character === '_' || character === '%' ? undefined : character })
  }
  return result
}

/** Matches in time proportional to the product of the two lengths, whatever the pattern. */
export function like(text: string, pattern: string, escapeBy?: string): boolean {
  const wanted = steps(pattern, escapeBy)
  const reach = (from: number, into: Set<number>) => {
    let position = from
    into.add(position)
    while (wanted[position]?.any) into.add(++position)
  }
  let reachable = new Set<number>()
  reach(0, reachable)
  for (const character of text) {
    const next = new Set<number>()
    for (const position of reachable) {
      const step = wanted[position]
      if (step?.any) reach(position, next)
      else if (step !== undefined && (step.character ?? character) === character) reach(position + 1, next)
    }
    reachable = next
  }
  return reachable.has(wanted.length)
}
