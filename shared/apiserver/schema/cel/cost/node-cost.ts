// What single nodes add to the cost of an expression, and what is known of their results.
import type { Node } from '../lang.ts'
import {
  addSizes,
  type CheckedType,
  type Entry,
  type Estimate,
  fixed,
  noBounds,
  perCharacter,
  plus,
  type Size,
  scaled,
  unite,
} from './estimate.ts'

/** A variable an expression brings. */
export interface Variable {
  readonly path: readonly string[]
  readonly size: Size | undefined
  readonly entry?: Entry | undefined
}

export type Scope = ReadonlyMap<string, Variable>

export const anything: CheckedType = { name: 'dyn', kind: 'dyn' }

export function typeOf(node: Node): CheckedType {
  const { checkedType } = node as Node & { readonly checkedType?: CheckedType }
  return checkedType ?? anything
}

/** The type's own size: values without parts count as one. */
export function typeSize({ name, kind, valueType }: CheckedType): Size | undefined {
  if (kind === 'optional' && valueType !== undefined) return typeSize(valueType)
  const single = ['bool', 'int', 'uint', 'double', 'google.protobuf.Timestamp', 'google.protobuf.Duration']
  return single.includes(name) ? fixed(1) : undefined
}

export function literal(value: unknown, type: CheckedType): Estimate {
  const whole = typeof value === 'bigint' ? Number(value) : undefined
  return { cost: 0, path: [], size: literalSize(value), literal: whole, type }
}

function literalSize(value: unknown): Size | undefined {
  if (typeof value === 'string') return fixed([...value].length)
  if (value instanceof Uint8Array) return fixed(value.length)
  return typeof value === 'object' && value !== null ? undefined : fixed(1)
}

export function unitedSizes(parts: readonly Estimate[]): Size {
  return parts
    .map((part) => part.size ?? noBounds)
    .reduce((a, b) => unite(a, b), parts[0]?.size ?? (parts.length === 0 ? fixed(0) : noBounds))
}

/** The items of a list that grew from nothing. */
export const grown = (item: Size | undefined): Entry => ({
  container: 'list',
  key: fixed(1),
  value: unite(fixed(0), item ?? noBounds),
})

export function namespaceOf(receiver: Node | undefined, scope: Scope): string | undefined {
  if (receiver?.op !== 'id' || scope.has(String(receiver.args))) return undefined
  return /Namespace$/.test(typeOf(receiver).name) ? String(receiver.args) : undefined
}

export function isTwoVariable(macro: unknown): boolean {
  return typeof macro === 'object' && macro !== null && 'names' in macro && 'bodies' in macro
}

/** Values that are compared in one step: addresses, quantities. */
export const isOpaque = ({ type }: Estimate) => ['IP', 'CIDR', 'Quantity', 'Semver'].includes(type.name)
export const mayBeText = (part: Estimate | undefined) =>
  part !== undefined && ['string', 'bytes', 'dyn'].includes(part.type.name)

export function compared(a: Estimate, b: Estimate | undefined): number {
  return scaled(Math.min((a.size ?? noBounds).max, (b?.size ?? noBounds).max), perCharacter)
}

export function chosen(condition: Estimate, yes: Estimate | undefined, no: Estimate | undefined): Partial<Estimate> {
  const cost = plus(condition.cost, Math.max(yes?.cost ?? 0, no?.cost ?? 0))
  const [a, b] = [yes?.entry, no?.entry]
  const entry = a && b ? { ...a, key: unite(a.key, b.key), value: unite(a.value, b.value) } : undefined
  return { cost, size: unite(yes?.size ?? noBounds, no?.size ?? noBounds), entry }
}

export function added(a: Estimate, b: Estimate | undefined, sum: number): Partial<Estimate> {
  const isDynamic = a.type.kind === 'dyn' || b?.type.kind === 'dyn'
  const isText = mayBeText(a) && mayBeText(b)
  if (!isText && a.type.kind !== 'list' && !isDynamic) return { cost: plus(sum, 1) }
  const size = addSizes(a.size ?? noBounds, b?.size ?? noBounds)
  const [x, y] = [a.entry, b?.entry]
  const entry = x && y ? { ...x, key: unite(x.key, y.key), value: unite(x.value, y.value) } : undefined
  return { cost: plus(sum, isText ? scaled(size.max, perCharacter) : 1), size, entry }
}
