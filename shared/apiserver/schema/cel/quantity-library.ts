// Kubernetes quantities (`500m`, `2Gi`) in CEL, exact.
import type { Environment } from '@marcbachmann/cel-js'
import type { Comparable } from './equality.ts'
import { register } from './lang.ts'

const binary: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }

/** Quantities are kept in billionths; smaller parts are rounded up, as Kubernetes does. */
const scale = 1_000_000_000n
const maxExponent = 30

class Quantity implements Comparable {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
  equals(other: unknown): boolean {
    return other instanceof Quantity && other.nanos === this.nanos
  }
}

function divideUp(value: bigint, by: bigint): bigint {
  const rest = value % by
  return rest === 0n ? value / by : value / by + (value > 0n ? 1n : -1n)
}

/** Undefined when the text is no quantity. */
function parse(text: string): Quantity | undefined {
  const match = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const unit = binary[suffix]
  const exponent = unit === undefined ? (decimal[suffix] ?? Number(suffix.slice(1))) : 0
  if (Math.abs(exponent) > maxExponent) return undefined
  const raised = digits * scale * (unit ?? 1n) * 10n ** BigInt(Math.max(0, exponent))
  return new Quantity(divideUp(raised, 10n ** BigInt(fraction.length + Math.max(0, -exponent))))
}

function quantity(text: string): Quantity {
  const parsed = parse(text)
  if (parsed === undefined)
    throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  return parsed
}

const isInteger = (value: Quantity) => value.nanos % scale === 0n
const compare = (a: Quantity, b: Quantity) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n)

function asInteger(value: Quantity): bigint {
  if (!isInteger(value)) throw new Error('cannot convert value to integer')
  return value.nanos / scale
}

export function registerQuantities(environment: Environment): void {
  environment.registerType('Quantity', { ctor: Quantity, fields: {} })
  register(environment, {
    'isQuantity(string): bool': (text: string) => parse(text) !== undefined,
    'quantity(string): Quantity': quantity,
    'sign(Quantity): int': (value: Quantity) => compare(value, new Quantity(0n)),
    'Quantity.isInteger(): bool': isInteger,
    'Quantity.asInteger(): int': asInteger,
    'Quantity.asApproximateFloat(): double': (value: Quantity) => Number(value.nanos) / Number(scale),
    'Quantity.compareTo(Quantity): int': compare,
    'Quantity.isLessThan(Quantity): bool': (a: Quantity, b: Quantity) => a.nanos < b.nanos,
    'Quantity.isGreaterThan(Quantity): bool': (a: Quantity, b: Quantity) => a.nanos > b.nanos,
    'Quantity.add(Quantity): Quantity': (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos),
    'Quantity.add(int): Quantity': (a: Quantity, b: bigint) => new Quantity(a.nanos + b * scale),
    'Quantity.sub(Quantity): Quantity': (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos),
    'Quantity.sub(int): Quantity': (a: Quantity, b: bigint) => new Quantity(a.nanos - b * scale),
  })
  environment.registerOperator('Quantity == Quantity', (a: Quantity, b: Quantity) => a.equals(b))
}
