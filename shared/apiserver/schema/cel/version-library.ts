// Semantic versions in CEL.
import type { Environment } from '@marcbachmann/cel-js'
import type { Comparable } from './equality.ts'
import { register } from './lang.ts'

const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const pattern = new RegExp(
  `^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$`,
)

class Semver implements Comparable {
  readonly core: readonly bigint[]
  readonly pre: readonly string[]
  readonly build: string
  constructor(core: readonly bigint[], pre: readonly string[], build: string) {
    this.core = core
    this.pre = pre
    this.build = build
  }
  equals(other: unknown): boolean {
    return other instanceof Semver && compare(this, other) === 0n
  }
}

function parse(text: string): Semver | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, major = '', minor = '', patch = '', pre, build = ''] = match
  return new Semver([BigInt(major), BigInt(minor), BigInt(patch)], pre === undefined ? [] : pre.split('.'), build)
}

/** Without a leading v and leading zeros, and with all three parts. Parts that are left out allow no suffix. */
function normalized(text: string): string {
  const bare = text.replace(/^v/, '')
  const [major = '', minor, ...rest] = bare.split('.')
  const parts = [major, minor, rest.length === 0 ? undefined : rest.join('.')].filter((part) => part !== undefined)
  const short = parts.map((part) =>
    part.length > 1 ? part.replace(/^0+(?=\d)/, '').replace(/^0+(?!\d|$)/, '0') : part,
  )
  if (short.length < 3 && /[+-]/.test(short.at(-1) ?? '')) return ''
  return [...short, '0', '0'].slice(0, Math.max(3, short.length)).join('.')
}

const read = (text: string, normalize = false) => parse(normalize ? normalized(text) : text)

function semver(text: string, normalize = false): Semver {
  const parsed = read(text, normalize)
  if (parsed === undefined) throw new Error(`no semantic version: ${text}`)
  return parsed
}

const order = <T>(a: T, b: T): bigint => (a < b ? -1n : a > b ? 1n : 0n)

/** Numbers by value and before words; the shorter of two that agree comes first. */
function comparePart(a: string | undefined, b: string | undefined): bigint {
  if (a === undefined || b === undefined) return order(a === undefined ? 0 : 1, b === undefined ? 0 : 1)
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numberA !== numberB) return numberA ? -1n : 1n
  return numberA ? order(BigInt(a), BigInt(b)) : order(a, b)
}

function compare(a: Semver, b: Semver): bigint {
  for (const [index, part] of a.core.entries()) {
    const sign = order(part, b.core[index] ?? 0n)
    if (sign !== 0n) return sign
  }
  if (a.pre.length === 0 || b.pre.length === 0) return order(a.pre.length === 0 ? 1 : 0, b.pre.length === 0 ? 1 : 0)
  for (let index = 0; index < Math.max(a.pre.length, b.pre.length); index += 1) {
    const sign = comparePart(a.pre[index], b.pre[index])
    if (sign !== 0n) return sign
  }
  return 0n
}

export function registerVersions(environment: Environment): void {
  environment.registerType('Semver', { ctor: Semver, fields: {} })
  environment.registerOperator('Semver == Semver', (a: Semver, b: Semver) => a.equals(b))
  register(environment, {
    'semver(string): Semver': (text: string) => semver(text),
    'semver(string, bool): Semver': semver,
    'isSemver(string): bool': (text: string) => read(text) !== undefined,
    'isSemver(string, bool): bool': (text: string, normalize: boolean) => read(text, normalize) !== undefined,
    'Semver.major(): int': ({ core }: Semver) => core[0] ?? 0n,
    'Semver.minor(): int': ({ core }: Semver) => core[1] ?? 0n,
    'Semver.patch(): int': ({ core }: Semver) => core[2] ?? 0n,
    'Semver.compareTo(Semver): int': compare,
    'Semver.isLessThan(Semver): bool': (a: Semver, b: Semver) => compare(a, b) < 0n,
    'Semver.isGreaterThan(Semver): bool': (a: Semver, b: Semver) => compare(a, b) > 0n,
  })
}
