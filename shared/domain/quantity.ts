// Kubernetes quantities such as `500m`, `1.5Gi` or `2e3`: reading them and comparing them exactly. Shared by every stage
// that compares cluster properties or resources.
import { InvalidInputError } from '../errors.ts'

/**
 * A quantity. `nanos` is the exact value in units of 10⁻⁹, the finest Kubernetes keeps; comparisons use nothing else.
 * `approximate` is the value as a 64-bit float, made as the digits times a power of ten, for interpolation only.
 */
export interface Quantity {
  readonly nanos: bigint
  readonly approximate: number
}

const decimalExponents: Readonly<Record<string, number>> = {
  '': 0,
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

/** Longest text read as a quantity; real ones have under 30 characters. Keeps the cost of parsing bounded. */
const longestText = 256
/** Largest exponent read; a text beyond it is refused rather than turned into megabytes of digits. */
const largestExponent = 512
const nanoScale = 9
/** Digits that always fit a 64-bit integer. */
const exactDigits = 18
const largestInt64 = 2n ** 63n - 1n

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)((?<=^[+-]?\d*(?:\.\d*)?[eE])[+-]?\d+)?$/

interface Parts {
  readonly negative: boolean
  /** Digits before and after the point; leading zeros of the first are gone, but one digit stays. */
  readonly whole: string
  readonly fraction: string
  readonly base: 2 | 10
  readonly exponent: number
}

/** Reads a quantity. Throws InvalidInputError when the text is none. */
export function parseQuantity(text: string): Quantity {
  const quantity = tryParseQuantity(text)
  if (quantity === undefined) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
    throw new InvalidInputError(
      `${JSON.stringify(shown)} is not a quantity: expected digits with an optional point and a suffix such as m, k, Gi or e3`,
    )
  }
  return quantity
}

/** Reads a quantity, or gives undefined when the text is none. */
export function tryParseQuantity(text: string): Quantity | undefined {
  const parts = split(text)
  return parts && (fromInteger(parts) ?? fromDecimal(parts))
}

/** Negative, zero or positive as `a` is smaller than, equal to or larger than `b`. Exact. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
}

function split(text: string): Parts | undefined {
  if (text === '' || text.length > longestText) return undefined
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', letters = '', power] = match
  const suffix = suffixOf(letters, power)
  if (!suffix) return undefined
  return { negative: sign === '-', whole: whole.replace(/^0+(?=\d)/, '') || '0', fraction, ...suffix }
}

function suffixOf(letters: string, power: string | undefined): { base: 2 | 10; exponent: number } | undefined {
  if (power !== undefined) {
    const exponent = Number(power)
    return (letters === 'e' || letters === 'E') && Math.abs(exponent) <= largestExponent
      ? { base: 10, exponent }
      : undefined
  }
  const decimal = Object.hasOwn(decimalExponents, letters) ? decimalExponents[letters] : undefined
  if (decimal !== undefined) return { base: 10, exponent: decimal }
  const binary = Object.hasOwn(binaryExponents, letters) ? binaryExponents[letters] : undefined
  return binary === undefined ? undefined : { base: 2, exponent: binary }
}

/** The value as a 64-bit integer and a power of ten, when it fits; the usual case. */
function fromInteger(parts: Parts): Quantity | undefined {
  const { whole, fraction, base, exponent, negative } = parts
  if (base === 2 && fraction !== '') return undefined
  const digits = base === 10 ? whole.length + fraction.length : 0
  const room = base === 10 ? exactDigits - digits : 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1
  const scale = base === 10 ? exponent - fraction.length : 0
  if (room < 0 || scale < -nanoScale) return undefined
  const magnitude = BigInt(whole + fraction) * (base === 2 ? 2n ** BigInt(exponent) : 1n)
  if (magnitude > largestInt64) return undefined
  return quantity(negative ? -magnitude : magnitude, scale)
}

/** Any other value: rounded away from zero to whole nanos, and values with a binary suffix capped at 2⁶³−1. */
function fromDecimal({ whole, fraction, base, exponent, negative }: Parts): Quantity {
  const unscaled = BigInt(whole + fraction) * (base === 2 ? 2n ** BigInt(exponent) : 1n)
  const scale = (base === 10 ? exponent : 0) - fraction.length + nanoScale
  const rounded = scale >= 0 ? unscaled * 10n ** BigInt(scale) : divideUp(unscaled, 10n ** BigInt(-scale))
  const cap = largestInt64 * 10n ** BigInt(nanoScale)
  const capped = base === 2 && rounded > cap ? cap : rounded
  return quantity(negative ? -capped : capped, -nanoScale)
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function quantity(unscaled: bigint, scale: number): Quantity {
  const nanos = unscaled * 10n ** BigInt(scale + nanoScale)
  const digits = Number(unscaled)
  return { nanos, approximate: scale === 0 ? digits : digits * Number(`1e${scale}`) }
}
