// Choosing within a fast-check generator.
import fc, { type GeneratorValue } from 'fast-check'

/** One of a list. By index, because the generator compares the arguments of everything it draws. */
export function pick<const T>(g: GeneratorValue, list: readonly [T, ...T[]] | readonly T[]): T {
  const value = list[g(fc.nat, { max: list.length - 1 })]
  if (value === undefined && !list.includes(value as T)) throw new RangeError('nothing to pick from')
  return value as T
}

/** True once in `times`. */
export function oneIn(g: GeneratorValue, times: number): boolean {
  return g(fc.nat, { max: times - 1 }) === 0
}
