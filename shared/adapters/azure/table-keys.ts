// How the hub's objects are laid out in Table Storage. One partition per resource type; within it, in row key order:
//   c|REV20        a change, keyed by its revision       o             the counter: newest revision of the type
//   o|NS!NAME      an object                             x|REV20       messages not yet sent
//   i|KEY OWNER    what an object is found under (table-index.ts)
// The counter sorts directly before the objects, so one range query reads it first and the objects after it.
import { type ObjectKey, type ResourceType, typeText } from '../../api/kube-object.ts'

/** Row key of the counter. */
export const counterRow = 'o'

/** A half-open row key range `[from, to)`. */
export interface RowRange {
  readonly from: string
  readonly to: string
}

/** The counter and every object behind it. `}` is the character after `|`. */
export const counterAndObjects: RowRange = { from: counterRow, to: 'o}' }
export const allObjects: RowRange = { from: 'o|', to: 'o}' }
export const allChanges: RowRange = { from: 'c|', to: 'c}' }
export const allOutbox: RowRange = { from: 'x|', to: 'x}' }

/** `deployments.apps`; a plural has no dot, so this is unambiguous. */
export function partitionOf(type: ResourceType): string {
  return escapeKey(typeText(type))
}

/**
 * `!` sorts below every character a namespace may hold, so that rows are ordered by namespace, then name. Names of a few
 * kinds may hold characters the service forbids in keys; those are escaped (and sort by their escape).
 */
export function objectRow({ namespace, name }: ObjectKey): string {
  return `o|${escapeKey(namespace ?? '')}!${escapeKey(name)}`
}

/** Inverse of `objectRow`. */
export function objectKeyOf(row: string): ObjectKey {
  const separator = row.indexOf('!')
  const namespace = unescapeKey(row.slice(2, separator))
  const name = unescapeKey(row.slice(separator + 1))
  return namespace === '' ? { name } : { namespace, name }
}

/** Every object of a namespace. `"` is the character after `!`. */
export function namespaceRange(namespace: string): RowRange {
  const prefix = `o|${escapeKey(namespace)}`
  return { from: `${prefix}!`, to: `${prefix}"` }
}

/** The range that begins right behind a row. */
export function behind(row: string, range: RowRange): RowRange {
  return { from: `${row} `, to: range.to }
}

/** Zero-padded to 20 digits: row keys compare as text. */
export function changeRow(revision: number): string {
  return `c|${padded(revision)}`
}

export function outboxRow(revision: number): string {
  return `x|${padded(revision)}`
}

export function revisionOfRow(row: string): number {
  return Number(row.slice(2))
}

function padded(revision: number): string {
  return String(revision).padStart(20, '0')
}

/** Keys must not hold `/ \ # ?` or control characters; `%` is legal but has bitten clients in URLs; `~` is the escape. */
export function escapeKey(text: string): string {
  return text.replace(/[/\\#?%~\p{Cc}]/gu, (char) => `~${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

export function unescapeKey(text: string): string {
  return text.replace(/~([0-9a-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
