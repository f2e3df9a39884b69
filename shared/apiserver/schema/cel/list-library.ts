// Functions of lists and sets, as Kubernetes has them.
import { type Environment, Optional } from '@marcbachmann/cel-js'
import { longestValue, spend } from './budget.ts'
import { celCompare, celEqual } from './equality.ts'
import { durationOf, isDuration, register } from './lang.ts'

type List = readonly unknown[] | ReadonlySet<unknown>

function itemsOf(list: List): readonly unknown[] {
  const items = Array.isArray(list) ? list : [...list]
  spend(items.length)
  return items
}

function isSorted(list: List): boolean {
  const items = itemsOf(list)
  return items.every((item, index) => index === 0 || celCompare(items[index - 1], item) <= 0)
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (!isDuration(a) || !isDuration(b)) throw new Error('sum: elements must be numbers or durations')
  const nanos = (a.seconds + b.seconds) * 1_000_000_000n + BigInt(a.nanos + b.nanos)
  return durationOf(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n))
}

/** The sum of nothing is the integer zero: an empty list does not say what it would hold. */
function sum(list: List): unknown {
  const items = itemsOf(list)
  return items.length === 0 ? 0n : items.reduce(add)
}

const extreme = (name: string, sign: number) => (list: List) => {
  const items = itemsOf(list)
  if (items.length === 0) throw new Error(`${name} called on empty list`)
  return items.reduce((best, item) => (celCompare(item, best) * sign > 0 ? item : best))
}

function indexOf(list: List, wanted: unknown): bigint {
  return BigInt(itemsOf(list).findIndex((item) => celEqual(item, wanted)))
}

function lastIndexOf(list: List, wanted: unknown): bigint {
  return BigInt(itemsOf(list).findLastIndex((item) => celEqual(item, wanted)))
}

/** Comparing two lists costs their product. */
function holdsAll(list: List, wanted: List): boolean {
  const [items, sought] = [itemsOf(list), itemsOf(wanted)]
  return sought.every((one) => {
    spend(items.length)
    return items.some((item) => celEqual(item, one))
  })
}

function intersects(a: List, b: List): boolean {
  const [items, others] = [itemsOf(a), itemsOf(b)]
  return items.some((item) => {
    spend(others.length)
    return others.some((other) => celEqual(item, other))
  })
}

function slice(list: List, start: bigint, end: bigint): readonly unknown[] {
  const items = itemsOf(list)
  if (start < 0n || end < 0n) throw new Error(`cannot slice(${start}, ${end}), negative indexes not supported`)
  if (start > end)
    throw new Error(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`)
  if (end > BigInt(items.length)) throw new Error(`cannot slice(${start}, ${end}), list is length ${items.length}`)
  return items.slice(Number(start), Number(end))
}

function flatten(list: List, depth = 1n): readonly unknown[] {
  if (depth < 0n) throw new Error('level must be non-negative')
  const items = itemsOf(list)
  return items.flatMap((item) => (Array.isArray(item) && depth > 0n ? flatten(item, depth - 1n) : [item]))
}

function distinct(list: List): readonly unknown[] {
  const kept: unknown[] = []
  for (const item of itemsOf(list)) {
    spend(kept.length)
    if (!kept.some((other) => celEqual(other, item))) kept.push(item)
  }
  return kept
}

const sorted = (list: List) => [...itemsOf(list)].sort(celCompare)
const reversed = (list: List) => [...itemsOf(list)].reverse()

/** The whole numbers below `count`. */
function range(count: bigint): readonly bigint[] {
  if (count > BigInt(longestValue)) throw new Error(`lists.range(${count}) is too long`)
  spend(Math.max(0, Number(count)))
  return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index))
}

/** Carry the functions of `sets.` and `lists.`; the library has no other way to name a namespace. */
class SetsNamespace {}
class ListsNamespace {}

export function registerLists(environment: Environment): void {
  environment.registerType('SetsNamespace', SetsNamespace)
  environment.registerConstant('sets', 'SetsNamespace', new SetsNamespace())
  environment.registerType('ListsNamespace', ListsNamespace)
  environment.registerConstant('lists', 'ListsNamespace', new ListsNamespace())
  register(environment, {
    'ListsNamespace.range(int): list<int>': (_lists: unknown, count: bigint) => range(count),
    'list<A>.slice(int, int): list<A>': slice,
    'list<list<A>>.flatten(): list<A>': (list: List) => flatten(list),
    'list.flatten(int): list': flatten,
    'list<A>.distinct(): list<A>': distinct,
    'list<A>.sort(): list<A>': sorted,
    'list<A>.reverse(): list<A>': reversed,
    'list<A>.first(): optional<A>': (list: List) => Optional.of(itemsOf(list)[0]),
    'list<A>.last(): optional<A>': (list: List) => Optional.of(itemsOf(list).at(-1)),
    'list.isSorted(): bool': isSorted,
    'list<A>.sum(): A': sum,
    'list<A>.min(): A': extreme('min', -1),
    'list<A>.max(): A': extreme('max', 1),
    'list<A>.indexOf(A): int': indexOf,
    'list<A>.lastIndexOf(A): int': lastIndexOf,
    'SetsNamespace.contains(list, list): bool': (_sets: unknown, list: List, wanted: List) => holdsAll(list, wanted),
    'SetsNamespace.intersects(list, list): bool': (_sets: unknown, a: List, b: List) => intersects(a, b),
    'SetsNamespace.equivalent(list, list): bool': (_sets: unknown, a: List, b: List) =>
      holdsAll(a, b) && holdsAll(b, a),
  })
}
