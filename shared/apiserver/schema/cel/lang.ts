// What this server needs of the CEL library beyond its types: its node shape, its value classes, registering functions.
import { type Environment, evaluate, Optional } from '@marcbachmann/cel-js'

/** A duration: whole seconds and nanoseconds of the same sign. */
export interface CelDuration {
  readonly seconds: bigint
  readonly nanos: number
}

type DurationClass = new (seconds: bigint, nanos?: number) => CelDuration

// The library makes durations but does not export their class.
const Duration = (evaluate('duration("1s")') as object).constructor as DurationClass

export { Optional }

export function durationOf(seconds: bigint, nanos = 0): CelDuration {
  return new Duration(seconds, nanos)
}

export function isDuration(value: unknown): value is CelDuration {
  return value instanceof Duration
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const second = 1_000_000_000n

/** `1h30m`, as Go writes durations; undefined for anything else. */
export function parseDuration(text: string): CelDuration | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text)
  if (!match) return undefined
  let total = 0n
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(
    /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g,
  )) {
    const scale = units[unit] ?? 0n
    total += BigInt(whole || '0') * scale
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  const signed = match[1] === '-' ? -total : total
  return durationOf(signed / second, Number(signed % second))
}

type Handler = (...values: never[]) => unknown

/** Registers synchronous functions by signature. */
export function register(environment: Environment, functions: Readonly<Record<string, Handler>>): void {
  for (const [signature, handler] of Object.entries(functions)) {
    environment.registerFunction(signature, handler as (...values: unknown[]) => unknown, { async: false })
  }
}

/** A node of a parsed expression. */
export interface Node {
  readonly op: string
  args: unknown
  readonly meta: { readonly alternate?: unknown; readonly macro?: unknown }
  evaluate: (evaluator: unknown, node: Node, context: unknown) => unknown
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'meta' in value
}

function childrenOf(value: unknown): readonly unknown[] {
  if (isNode(value)) return [value.args, value.meta.alternate, value.meta.macro]
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return []
  // Arguments of a comprehension or a macro: plain records, some of whose members are nodes.
  return Object.getPrototypeOf(value) === Object.prototype
    ? Object.values(value).filter((member) => isNode(member) || Array.isArray(member))
    : []
}

/** Every node of an expression once, with those macros expanded to. */
export function nodesOf(root: unknown): readonly Node[] {
  const seen = new Set<unknown>()
  const found: Node[] = []
  const queue: unknown[] = [root]
  for (let value = queue.pop(); queue.length > 0 || value !== undefined; value = queue.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (isNode(value)) found.push(value)
    queue.push(...childrenOf(value))
  }
  return found
}
