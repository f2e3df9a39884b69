// The JSON Patch operations overrides may hold: add, remove and replace, with the reading of RFC 6902 KubeFleet's library
// has. Negative list positions count from the end, parents are never made, and what is removed or replaced must be there.
import { isJsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'

export interface PatchOperation {
  readonly op: string
  readonly path: string
  readonly value?: unknown
}

type Container = Record<string, unknown> | unknown[]

/** The document after all operations. The input is not changed. Throws InvalidInputError saying which operation failed. */
export function applyJsonPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  let result = structuredClone(document)
  for (const operation of operations) {
    if (operation.path === '') result = replaceRoot(operation)
    else applyOne(result, operation)
  }
  return result
}

function replaceRoot({ op, value }: PatchOperation): unknown {
  if (op === 'remove')
    throw new InvalidInputError('remove operation does not apply: the whole document cannot be removed')
  return structuredClone(value ?? null)
}

function applyOne(root: unknown, { op, path, value }: PatchOperation): void {
  const segments = path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = segments.pop() ?? ''
  const parent = segments.reduce<unknown>((at, segment) => childOf(at, segment), root)
  if (!Array.isArray(parent) && !isJsonObject(parent)) {
    throw new InvalidInputError(
      `${op} operation does not apply: the document has no ${JSON.stringify(path)}: a part of the path is missing`,
    )
  }
  const content = structuredClone(value ?? null)
  const where: Place = { parent: parent as Container, key: last, path, op }
  if (op === 'add') add(where, content)
  else if (op === 'remove') remove(where)
  else if (op === 'replace') replace(where, content)
  else throw new InvalidInputError(`operation ${JSON.stringify(op)} is not supported: use add, remove or replace`)
}

function childOf(at: unknown, segment: string): unknown {
  if (Array.isArray(at)) {
    const position = positionOf(segment)
    return position === undefined ? undefined : at.at(position)
  }
  return isJsonObject(at) && Object.hasOwn(at, segment) ? at[segment] : undefined
}

/** The number a segment is, with its sign; `undefined` for anything else. */
function positionOf(segment: string): number | undefined {
  return /^[+-]?\d{1,9}$/.test(segment) ? Number(segment) : undefined
}

interface Place {
  readonly parent: Container
  readonly key: string
  readonly path: string
  readonly op: string
}

function add({ parent, key, path }: Place, value: unknown): void {
  if (!Array.isArray(parent)) {
    setMember(parent, key, value)
    return
  }
  const room = parent.length + 1
  const position = key === '-' ? parent.length : positionOf(key)
  if (position === undefined || position >= room || position < -room) throw outside('add', path)
  parent.splice(position < 0 ? position + room : position, 0, value)
}

function remove(place: Place): void {
  const { parent, key, path } = place
  if (!Array.isArray(parent)) {
    if (!Object.hasOwn(parent, key)) throw missing(place)
    delete parent[key]
    return
  }
  const position = positionOf(key)
  if (position === undefined || position >= parent.length || position < -parent.length) throw outside('remove', path)
  parent.splice(position, 1)
}

function replace(place: Place, value: unknown): void {
  const { parent, key, path } = place
  if (!Array.isArray(parent)) {
    if (!Object.hasOwn(parent, key)) throw missing(place)
    setMember(parent, key, value)
    return
  }
  const position = positionOf(key)
  if (position === undefined || position >= parent.length || position < -parent.length) throw outside('replace', path)
  parent.splice(position, 1, value)
}

/** Sets a member of any name as data: `__proto__` must not reach the prototype. */
function setMember(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}

function missing({ op, key, path }: Place): InvalidInputError {
  return new InvalidInputError(
    `${op} operation does not apply: ${JSON.stringify(path)} has no member ${JSON.stringify(key)} to ${op}`,
  )
}

function outside(op: string, path: string): InvalidInputError {
  return new InvalidInputError(`${op} operation does not apply: ${JSON.stringify(path)} is not a position of the list`)
}
