// Equality and order of CEL values.
import { isDuration } from './lang.ts'

/** A value class that knows its equals, such as a quantity. */
export interface Comparable {
  equals(other: unknown): boolean
}

function isComparable(value: object): value is Comparable {
  return 'equals' in value && typeof value.equals === 'function'
}

/** Equality as CEL has it: by value, numbers across their types. */
export function celEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a === 'bigint' || typeof a === 'number') {
    return (typeof b === 'bigint' || typeof b === 'number') && Number(a) === Number(b)
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return equalObjects(a, b)
}

function equalObjects(a: object, b: object): boolean {
  if (isComparable(a)) return a.equals(b)
  if (a.constructor !== b.constructor) return false
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => celEqual(item, b[index]))
  if (a instanceof Map) {
    return (
      b instanceof Map && a.size === b.size && [...a].every(([key, item]) => b.has(key) && celEqual(item, b.get(key)))
    )
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime()
  if (isDuration(a)) return isDuration(b) && a.seconds === b.seconds && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  const [left, right] = [Object.entries(a), b as Readonly<Record<string, unknown>>]
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, item]) => Object.hasOwn(b, key) && celEqual(item, right[key]))
  )
}

function orderKey(value: unknown): bigint | number | string | undefined {
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'boolean') return Number(value)
  if (value instanceof Date) return value.getTime()
  return isDuration(value) ? value.seconds * 1_000_000_000n + BigInt(value.nanos) : undefined
}

/** Negative, zero or positive; throws for values that have no order. */
export function celCompare(a: unknown, b: unknown): number {
  const [left, right] = [orderKey(a), orderKey(b)]
  const comparable =
    left !== undefined && right !== undefined && (typeof left === 'string') === (typeof right === 'string')
  if (!comparable) throw new Error('values cannot be compared')
  return left < right ? -1 : left > right ? 1 : 0
}
