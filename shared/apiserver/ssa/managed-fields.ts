// `metadata.managedFields`: who owns what, when they last changed it, and in which order the entries stand.
import { z } from 'zod'
import type { JsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'
import { decodeFieldSet, encodeFieldSet, FieldSet, isEmptySet, union } from './field-set.ts'

export type Operation = 'Apply' | 'Update'

/** One manager's entry. `time` is RFC 3339, UTC, whole seconds. */
export interface ManagerEntry {
  readonly manager: string
  readonly operation: Operation
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly set: FieldSet
}

/** Entries by identity; see {@link managerKey}. */
export type Managers = Map<string, ManagerEntry>

/** More updaters than this are folded into `ancient-changes`, the oldest first. */
export const maxUpdateManagers = 10
const foldedManager = 'ancient-changes'

/** The identity of a manager: one that applies keeps it across versions, one that updates has one per version. */
export function managerKey(entry: Omit<ManagerEntry, 'time' | 'set'>): string {
  const version = entry.operation === 'Update' ? entry.apiVersion : ''
  return JSON.stringify([entry.manager, entry.operation, version, entry.subresource])
}

const Entry = z.looseObject({
  manager: z.string().default(''),
  operation: z.enum(['Apply', 'Update'], { error: 'operation must be `Apply` or `Update`' }),
  apiVersion: z.string().min(1, 'apiVersion must not be empty'),
  time: z.string().nullish(),
  fieldsType: z.literal('FieldsV1'),
  fieldsV1: z.unknown().optional(),
  subresource: z.string().optional(),
})

/** Reads `managedFields`. Throws InvalidInputError for entries Kubernetes would not read either. */
export function decodeManagers(managedFields: unknown): Managers {
  const managers: Managers = new Map()
  if (!Array.isArray(managedFields)) return managers
  for (const [index, raw] of managedFields.entries()) {
    const parsed = Entry.safeParse(raw)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      const field = issue?.path.join('.') ?? ''
      throw new InvalidInputError(`metadata.managedFields[${index}].${field}: ${issue?.message ?? 'invalid'}`)
    }
    const { manager, operation, apiVersion, time, fieldsV1, subresource } = parsed.data
    const entry: ManagerEntry = {
      manager,
      operation,
      apiVersion,
      subresource: subresource ?? '',
      time: time ?? undefined,
      set: decodeFieldSet(fieldsV1 ?? {}),
    }
    managers.set(managerKey(entry), entry)
  }
  return managers
}

const seconds = (time: string | undefined) => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0)
const byText = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

function inOrder(a: ManagerEntry, b: ManagerEntry): number {
  return (
    byText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    byText(a.manager, b.manager) ||
    byText(a.apiVersion, b.apiVersion) ||
    byText(a.subresource, b.subresource)
  )
}

/** The entries as `managedFields`: Apply before Update, oldest first. Empty when nobody owns anything. */
export function encodeManagers(managers: Managers): JsonObject[] {
  return [...managers.values()].sort(inOrder).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldSet(entry.set),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }))
}

/** Keeps at most {@link maxUpdateManagers} updaters by folding the oldest of each version into one entry. */
export function capUpdateManagers(managers: Managers): Managers {
  const updaters = [...managers].filter(([, entry]) => entry.operation === 'Update')
  let excess = updaters.length - maxUpdateManagers
  if (excess <= 0) return managers
  const result: Managers = new Map(managers)
  const oldest = new Map<string, string>()
  const folded = new Map<string, FieldSet[]>()
  updaters.sort(([a, left], [b, right]) => seconds(left.time) - seconds(right.time) || byText(a, b))
  for (const [key, entry] of updaters) {
    if (excess <= 0) break
    const first = oldest.get(entry.apiVersion)
    if (first === undefined) {
      oldest.set(entry.apiVersion, key)
      continue
    }
    fold(result, folded, first, key, entry)
    excess -= 1
  }
  for (const [key, sets] of folded) {
    const entry = result.get(key)
    if (entry) result.set(key, { ...entry, set: unionAll(sets) })
  }
  return result
}

/** Takes the entry out and its set into the list of its version's folded entry; the union is made once, at the end. */
function fold(
  managers: Managers,
  folded: Map<string, FieldSet[]>,
  first: string,
  key: string,
  entry: ManagerEntry,
): void {
  const into = { manager: foldedManager, operation: 'Update', apiVersion: entry.apiVersion, subresource: '' } as const
  const intoKey = managerKey(into)
  const base = managers.get(intoKey) ?? managers.get(first)
  const sets = folded.get(intoKey) ?? (base ? [base.set] : [])
  if (!managers.has(intoKey)) managers.delete(first)
  managers.delete(key)
  sets.push(entry.set)
  folded.set(intoKey, sets)
  managers.set(intoKey, { ...into, time: entry.time, set: entry.set })
}

/** By halves: one after the other would copy what has come together again for each. */
function unionAll(sets: readonly FieldSet[]): FieldSet {
  const [first, second] = sets
  if (!first) return new FieldSet()
  if (!second) return first
  const middle = Math.ceil(sets.length / 2)
  return union(unionAll(sets.slice(0, middle)), unionAll(sets.slice(middle)))
}

/** Puts an entry in; an empty set takes the manager out. */
export function putEntry(managers: Managers, entry: ManagerEntry): void {
  const key = managerKey(entry)
  if (isEmptySet(entry.set)) managers.delete(key)
  else managers.set(key, entry)
}
