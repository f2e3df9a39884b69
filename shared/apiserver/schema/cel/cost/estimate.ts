// Ranges of sizes and the arithmetic of costs. Everything ends at 2^64, which stands for "without bound".

/** How many characters, items or entries a value has. */
export interface Size {
  readonly min: number
  readonly max: number
}

export const unbounded = 2 ** 64

export const noBounds: Size = { min: 0, max: unbounded }

export const fixed = (size: number): Size => ({ min: size, max: size })

export const plus = (...costs: readonly number[]): number =>
  Math.min(
    unbounded,
    costs.reduce((sum, cost) => sum + cost, 0),
  )

export const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : Math.min(unbounded, a * b))

/** Units of `factor` each, rounded up. */
export const scaled = (size: number, factor: number): number => Math.min(unbounded, Math.ceil(size * factor))

export const addSizes = (a: Size, b: Size): Size => ({ min: plus(a.min, b.min), max: plus(a.max, b.max) })

export const multiplySizes = (a: Size, b: Size): Size => ({ min: times(a.min, b.min), max: times(a.max, b.max) })

export const unite = (a: Size, b: Size): Size => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })

/** What is known of an expression: the worst that running it may cost, and how large its result is. */
export interface Estimate {
  readonly cost: number
  /** Where the value is in the object: the variable first, then field names, `@items`, `@keys`, `@values`. */
  readonly path: readonly string[]
  readonly size: Size | undefined
  /** Sizes of the keys and values of a list or map that the expression makes. */
  readonly entry?: Entry | undefined
  /** The value of a whole number that is written out. */
  readonly literal?: number | undefined
  readonly type: CheckedType
}

export interface Entry {
  readonly container: 'list' | 'map'
  readonly key: Size
  readonly value: Size
}

/** A type as the checker leaves it on a node. */
export interface CheckedType {
  readonly name: string
  readonly kind: string
  readonly valueType?: CheckedType | undefined
}

/** Cost factors of the Common Expression Language's own model: reading a text, building lists, maps. */
export const perCharacter = 0.1
export const perPatternCharacter = 0.25
export const listBase = 10
export const mapBase = 30
