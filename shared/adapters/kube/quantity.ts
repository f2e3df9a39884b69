// Kubernetes quantities, added exactly. Only what a probe needs: parse, add, subtract, print in canonical form.

type Format = 'decimal' | 'binary' | 'exponent'

/** An amount in billionths, the finest Kubernetes knows, and the notation to print it in. */
export interface Quantity {
  readonly nano: bigint
  readonly format: Format
}

/** Nothing, in the notation of whatever is added to it. */
export const zero: Quantity = { nano: 0n, format: 'decimal' }

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const pattern = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(?:([eE])([+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE]?))$/

/** The amount, rounded up to billionths; `undefined` when the text is none. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = pattern.exec(text.trim())
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponentMark, exponentText, suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(`${whole}${fraction}`)
  const binary = binaryExponents[suffix]
  const decimal = exponentMark ? Number(exponentText) : (decimalExponents[suffix] ?? 0)
  const scaled = binary === undefined ? digits : digits * 2n ** BigInt(binary)
  const nano = scaleUp(scaled, 9 - fraction.length + (binary === undefined ? decimal : 0))
  const format = exponentMark ? 'exponent' : binary === undefined ? 'decimal' : 'binary'
  return { nano: sign === '-' ? -nano : nano, format }
}

/** `value * 10^exponent`, rounded away from zero. */
function scaleUp(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent)
  const divisor = 10n ** BigInt(-exponent)
  return value / divisor + (value % divisor === 0n ? 0n : 1n)
}

/** The sum, in the notation of the first amount that is not zero. */
export function add(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format }
}

/** `left - right`, or zero when that is negative. */
export function subtractToZero(left: Quantity, right: Quantity): Quantity {
  const nano = left.nano - right.nano
  return { nano: nano > 0n ? nano : 0n, format: left.format }
}

const billion = 10n ** 9n

/** Canonical text: the largest suffix that keeps the number whole. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  const small = nano > -1024n * billion && nano < 1024n * billion
  return format === 'binary' && !small ? formatBinary(nano) : formatDecimal(nano, format === 'exponent')
}

function formatBinary(nano: bigint): string {
  let amount = nano % billion === 0n ? nano / billion : nano / billion + (nano > 0n ? 1n : -1n)
  let suffix = ''
  for (const next of Object.keys(binaryExponents)) {
    if (amount % 1024n !== 0n) break
    amount /= 1024n
    suffix = next
  }
  return `${amount}${suffix}`
}

function formatDecimal(nano: bigint, exponentNotation: boolean): string {
  let amount = nano
  let exponent = -9
  while (exponent < 18 && amount % 1000n === 0n) {
    amount /= 1000n
    exponent += 3
  }
  if (exponentNotation) return exponent === 0 ? `${amount}` : `${amount}e${exponent}`
  const suffix = Object.keys(decimalExponents).find((key) => decimalExponents[key] === exponent) ?? ''
  return `${amount}${suffix}`
}
