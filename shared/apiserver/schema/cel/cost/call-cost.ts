// What single functions cost, by the size of what they are called with. The figures are those of Kubernetes' own estimate:
// a definition that is refused there for its cost is refused here.
import {
  addSizes,
  type Estimate,
  fixed,
  listBase,
  multiplySizes,
  noBounds,
  perCharacter,
  perPatternCharacter,
  plus,
  type Size,
  scaled,
  times,
  unbounded,
} from './estimate.ts'

export interface CallCost {
  readonly cost: number
  readonly size?: Size
}

/** The cost of a call beyond that of its target and arguments. */
type Rule = (target: Estimate | undefined, args: readonly Estimate[], elementOf: ElementOf) => CallCost | undefined
/** The element of a list: its type and size. */
export type ElementOf = (list: Estimate) => { readonly isText: boolean; readonly size: Size } | undefined

const sizeOf = (estimate: Estimate | undefined): Size => estimate?.size ?? noBounds
const isText = ({ type }: Estimate) => type.name === 'string' || type.name === 'bytes'

/** Reads a text of the target or, for functions without one, of the first argument, `passes` times. */
const reads =
  (passes: number, sized = false): Rule =>
  (target, [first]) => {
    const size = sizeOf(target ?? first)
    return { cost: scaled(size.max, passes * perCharacter), ...(sized && { size }) }
  }

const one: Rule = () => ({ cost: 1 })

/** A pattern's length times the text's. */
function patternCost(text: Size, pattern: Size): number {
  return times(scaled(plus(text.max, 1), perCharacter), scaled(pattern.max, perPatternCharacter))
}

const perElement: Rule = (target, _args, elementOf) => {
  if (target === undefined) return undefined
  const element = elementOf(target)
  if (element === undefined) return { cost: scaled(sizeOf(target).max, perCharacter) }
  const each = element.isText ? plus(1, scaled(element.size.max, perCharacter)) : 1
  return { cost: times(sizeOf(target).max, each) }
}

const replaced: Rule = (target, [search, by]) => {
  const [text, from, to] = [sizeOf(target), sizeOf(search), sizeOf(by)]
  let count = { min: 0, max: 0 }
  let kept = { min: 0, max: 0 }
  if (from.min === 0)
    [count, kept] = [
      { ...count, max: plus(text.max, 1) },
      { ...kept, max: text.max },
    ]
  else if (to.max <= from.min) kept = { ...kept, max: text.max }
  else count = { ...count, max: Math.ceil(text.max / from.min) }
  if (from.max === 0)
    [count, kept] = [
      { ...count, min: plus(text.min, 1) },
      { ...kept, min: text.min },
    ]
  else if (from.max <= to.min) kept = { ...kept, min: text.min }
  else count = { ...count, min: Math.ceil(text.min / from.max) }
  return { cost: scaled(text.max, 2 * perCharacter), size: addSizes(multiplySizes(count, to), kept) }
}

const joined: Rule = (target, [separator], elementOf) => {
  if (target === undefined) return undefined
  const list = sizeOf(target)
  const element = elementOf(target)
  let size = element === undefined ? fixed(0) : multiplySizes(list, element.size)
  if (separator !== undefined) {
    const gaps = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) }
    size = addSizes(size, multiplySizes(sizeOf(separator), gaps))
  }
  return { cost: scaled(size.max, perCharacter), size }
}

/** An address has 16 bytes at most. */
const address = scaled(32, perCharacter)
const maskedAddress = plus(scaled(16, perCharacter), 1)

const holdsAddress =
  (base: number): Rule =>
  (_target, [other]) => ({
    cost: plus(base, other !== undefined && isText(other) ? scaled(sizeOf(other).max, perCharacter) : 0),
  })

const comparesLists =
  (passes: number): Rule =>
  (_target, [a, b]) => ({ cost: plus(scaled(times(sizeOf(a).max, sizeOf(b).max), passes), 1) })

const found: Rule = (target, [pattern]) => ({
  cost: patternCost(sizeOf(target), sizeOf(pattern)),
  size: { min: 0, max: sizeOf(target).max },
})

/** Patterns of named formats are this long at most. */
const formatPattern = 128

const rules: Readonly<Record<string, Rule>> = {
  isSorted: perElement,
  sum: perElement,
  max: perElement,
  min: perElement,
  indexOf: perElement,
  lastIndexOf: perElement,
  url: reads(1, true),
  lowerAscii: reads(1, true),
  upperAscii: reads(1, true),
  substring: reads(1, true),
  trim: reads(1, true),
  replace: replaced,
  split: (target) => ({
    cost: scaled(sizeOf(target).max, 2 * perCharacter),
    size: { min: 0, max: sizeOf(target).max },
  }),
  boundedJoin: joined,
  find: found,
  findAll: found,
  cidr: reads(1),
  isIP: reads(1),
  isCIDR: reads(1),
  ip: (target, args, elementOf) => (target === undefined ? reads(1)(target, args, elementOf) : { cost: 1 }),
  containsIP: holdsAddress(address),
  containsCIDR: holdsAddress(plus(address, maskedAddress)),
  quantity: reads(1),
  isQuantity: reads(1),
  semver: reads(1),
  isSemver: reads(1),
  validate: (_target, [text]) => ({
    cost: scaled(scaled(sizeOf(text).max, perCharacter), formatPattern * perPatternCharacter),
  }),
  format: (target) => (target === undefined ? undefined : { cost: scaled(sizeOf(target).max, perCharacter) }),
  startsWith: (_target, [part]) => ({ cost: scaled(sizeOf(part).max, perCharacter) }),
  endsWith: (_target, [part]) => ({ cost: scaled(sizeOf(part).max, perCharacter) }),
  re2Matches: (target, [first, second]) => {
    const [text, pattern] = target === undefined ? [first, second] : [target, first]
    return { cost: patternCost(sizeOf(text), sizeOf(pattern)) }
  },
  contains: (target, [part]) => ({
    cost: times(scaled(sizeOf(target).max, perCharacter), scaled(sizeOf(part).max, perCharacter)),
  }),
  bytes: (_target, [text]) => {
    const size = sizeOf(text)
    return { cost: scaled(size.max, perCharacter), size: { min: size.min, max: Math.min(unbounded, size.max * 4) } }
  },
  string: (_target, [value]) => {
    if (value?.type.name !== 'bytes') return { cost: 1 }
    const size = sizeOf(value)
    return { cost: scaled(size.max, perCharacter), size: { min: Math.floor(size.min / 4), max: size.max } }
  },
}

/** Building a list of `count` items, `each` of which costs that much. */
const builds = (count: number, each: number): number => plus(scaled(count, each), 1, listBase)

/** Sorting and dropping repeated items compare every pair twice. */
const pairs: Rule = (target, _args, elementOf) => {
  const size = sizeOf(target)
  const isOfText = target !== undefined && elementOf(target)?.isText === true
  const result = multiplySizes(size, size)
  return { cost: builds(result.max, isOfText ? 2 + perCharacter : 2), size: result }
}

const rebuilt: Rule = (target) => ({ cost: builds(sizeOf(target).max, 1), size: sizeOf(target) })

const listRules: Readonly<Record<string, Rule>> = {
  distinct: (target) => {
    const result = multiplySizes(sizeOf(target), sizeOf(target))
    return { cost: builds(result.max, 2), size: result }
  },
  sort: pairs,
  reverse: rebuilt,
  flatten: rebuilt,
  slice: (target, [start, end]) => {
    const count = Math.max(0, (end?.literal ?? sizeOf(target).max) - (start?.literal ?? 0))
    return { cost: builds(count, 1), size: fixed(count) }
  },
}

const namespaceRules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  sets: {
    contains: comparesLists(1),
    intersects: comparesLists(1),
    equivalent: comparesLists(2),
  },
  lists: {
    range: (_target, [count]) => {
      const size = fixed(count?.literal ?? unbounded)
      return { cost: builds(size.max, 1), size }
    },
  },
  ip: { isCanonical: (_target, [text]) => ({ cost: scaled(sizeOf(text).max, 2 * perCharacter) }) },
  format: {},
  strings: {
    quote: (_target, [text]) => {
      const size = sizeOf(text)
      return { cost: scaled(size.max, perCharacter), size: { min: plus(size.min, 2), max: plus(2 * size.max, 2) } }
    },
  },
}

/** The cost of calling `name`, a function of a namespace or of none. */
export function callCost(
  name: string,
  namespace: string | undefined,
  target: Estimate | undefined,
  args: readonly Estimate[],
  elementOf: ElementOf,
): CallCost {
  const ofNamespace = namespace === undefined ? undefined : namespaceRules[namespace]
  const table = ofNamespace ?? (target?.type.kind === 'list' && Object.hasOwn(listRules, name) ? listRules : rules)
  const rule = (Object.hasOwn(table, name) ? table[name] : undefined) ?? one
  return rule(target, args, elementOf) ?? { cost: 1 }
}
