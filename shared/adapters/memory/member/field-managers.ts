// How ownership moves: an apply takes what it names and lets go of the rest; any other write takes what it changes.
import type { Json, JsonObject } from '../../../api/json.ts'
import { MemberRefusal } from '../../../ports/member-cluster.ts'
import { type FieldSet, fieldsOf, type Manager, valueAt, withoutPath } from './ownership.ts'

/** A server-side apply as it arrives, with the state it meets. */
export interface Applied {
  readonly live: JsonObject | undefined
  readonly managers: readonly Manager[]
  readonly applied: JsonObject
  /** The applied object merged into the live one. */
  readonly merged: Json
  readonly manager: Pick<Manager, 'name' | 'apiVersion' | 'time'>
  readonly force: boolean
  readonly builtin: boolean
}

/** Throws a 409 MemberRefusal when another manager holds a field at another value and `force` is off. */
export function takeApplied(input: Applied): { object: JsonObject; managers: readonly Manager[] } {
  const { live, managers, applied, manager, force, builtin } = input
  const wanted = fieldsOf(applied, builtin)
  const mine = managers.find(({ name, operation }) => name === manager.name && operation === 'Apply')
  const others = managers.filter((candidate) => candidate !== mine)
  const conflicts = live ? conflictsOf(wanted, others, live, applied) : []
  if (conflicts.length > 0 && !force) throw conflictRefusal(conflicts)
  const taken = new Set(conflicts.map(({ key }) => key))
  const kept = others.map((other) => without(other, taken)).filter(({ fields }) => fields.size > 0)
  const given = [...(mine?.fields ?? [])].filter(([key]) => !wanted.has(key))
  let object = input.merged
  for (const [key, path] of given) {
    const held = kept.some(({ fields }) => fields.has(key) || (path.at(-1) === '.' && holdsBelow(fields, path)))
    if (!held) object = withoutPath(object, path) ?? {}
  }
  return { object: object as JsonObject, managers: [...kept, { ...manager, operation: 'Apply', fields: wanted }] }
}

interface Conflict {
  readonly key: string
  readonly path: readonly string[]
  readonly owner: string
}

function conflictsOf(wanted: FieldSet, others: readonly Manager[], live: JsonObject, applied: JsonObject): Conflict[] {
  return [...wanted].flatMap(([key, path]) => {
    if (path.at(-1) === '.') return []
    const same = JSON.stringify(valueAt(live, path)) === JSON.stringify(valueAt(applied, path))
    const owner = same ? undefined : others.find(({ fields }) => fields.has(key))
    return owner ? [{ key, path, owner: owner.name }] : []
  })
}

function conflictRefusal(conflicts: readonly Conflict[]): MemberRefusal {
  const count = conflicts.length
  const fields = conflicts.map(({ path, owner }) => `conflict with "${owner}": ${pathText(path)}`).join(', ')
  return new MemberRefusal(409, 'Conflict', `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${fields}`)
}

const pathText = (path: readonly string[]) =>
  path.map((part) => (part.startsWith('f:') ? `.${part.slice(2)}` : `[${part.slice(2)}]`)).join('')

function without(manager: Manager, keys: ReadonlySet<string>): Manager {
  return { ...manager, fields: new Map([...manager.fields].filter(([key]) => !keys.has(key))) }
}

function holdsBelow(fields: FieldSet, path: readonly string[]): boolean {
  const prefix = path.slice(0, -1).join('\0')
  return [...fields.keys()].some((key) => key.startsWith(`${prefix}\0`))
}

/** The managers after a create, update or patch. */
export function changedBy(
  before: JsonObject,
  after: JsonObject,
  managers: readonly Manager[],
  manager: Pick<Manager, 'name' | 'apiVersion' | 'time'>,
  builtin: boolean,
): readonly Manager[] {
  const now = fieldsOf(after, builtin)
  const changed = new Map(
    [...now].filter(([, path]) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path))),
  )
  const isMine = ({ name, operation }: Manager) => name === manager.name && operation === 'Update'
  const mine = managers.find(isMine)
  const rest = managers
    .filter((candidate) => !isMine(candidate))
    .map((other) => ({
      ...other,
      fields: new Map(
        [...other.fields].filter(([key, path]) => !changed.has(key) && valueAt(after, path) !== undefined),
      ),
    }))
    .filter(({ fields }) => fields.size > 0)
  const fields = new Map([...(mine?.fields ?? []), ...changed].filter(([, path]) => valueAt(after, path) !== undefined))
  return fields.size > 0 ? [...rest, { ...manager, operation: 'Update', fields }] : rest
}
