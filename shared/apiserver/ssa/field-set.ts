// Server-side apply: who owns which field, what an apply changes, and what stands in its way. Pure functions of the live
// object, the configuration and the schema; the PATCH, POST and PUT handlers call `apply.ts` and `track-update.ts`.
// This file: sets of field paths, as `managedFields` stores them (FieldsV1).
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'
import { canonicalStep, type PathStep, stepText } from './path-step.ts'

/**
 * A set of paths as a tree. `member` says that the path to this node is itself in the set; the root's flag means nothing.
 * Sets are built in place and never changed once handed on.
 */
export class FieldSet {
  member: boolean
  readonly children: Map<PathStep, FieldSet>
  constructor(member = false, children: Map<PathStep, FieldSet> = new Map()) {
    this.member = member
    this.children = children
  }

  /** The node below a step, made when it is not there yet. */
  descend(step: PathStep): FieldSet {
    const known = this.children.get(step)
    if (known) return known
    const made = new FieldSet()
    this.children.set(step, made)
    return made
  }

  insert(path: readonly PathStep[]): void {
    let node: FieldSet = this
    for (const step of path) node = node.descend(step)
    if (path.length > 0) node.member = true
  }

  has(path: readonly PathStep[]): boolean {
    let node: FieldSet | undefined = this
    for (const step of path) node = node?.children.get(step)
    return node?.member === true
  }
}

/** A set of the given paths. */
export function fieldSetOf(...paths: readonly (readonly PathStep[])[]): FieldSet {
  const set = new FieldSet()
  for (const path of paths) set.insert(path)
  return set
}

/** True when no path is in the set. */
export function isEmptySet(set: FieldSet): boolean {
  if (set.member) return false
  for (const child of set.children.values()) if (!isEmptySet(child)) return false
  return true
}

function combine(a: FieldSet, b: FieldSet, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const result = new FieldSet(keep(a.member, b.member))
  for (const step of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(step) ?? none, b.children.get(step) ?? none, keep)
    if (child.member || child.children.size > 0) result.children.set(step, child)
  }
  return result
}

const none = new FieldSet()

export const union = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA || inB)
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && inB)
/** Paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && !inB)

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const result = new FieldSet(a.member)
  for (const [step, child] of a.children) {
    const removed = b.children.get(step)
    if (removed?.member) continue
    const rest = removed ? recursiveDifference(child, removed) : child
    if (rest.member || rest.children.size > 0) result.children.set(step, rest)
  }
  return result
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(difference(a, b)) && isEmptySet(difference(b, a))
}

/** Every path of the set: at each level the members first, then what lies below them, both in order of their steps. */
export function pathsOf(set: FieldSet, prefix: readonly PathStep[] = []): PathStep[][] {
  const steps = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...steps.filter(([, child]) => child.member).map(([step]) => [...prefix, step]),
    ...steps.flatMap(([step, child]) => pathsOf(child, [...prefix, step])),
  ]
}

/** `.spec.ports[port=80,protocol="TCP"].name`, as conflicts print it. */
export function pathText(path: readonly PathStep[]): string {
  return path.map(stepText).join('')
}

/** The set as `fieldsV1`. */
export function encodeFieldSet(set: FieldSet): JsonObject {
  const result: { [key: string]: JsonObject } = {}
  for (const [step, child] of [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isEmptySet(child)) continue
    const inner = encodeFieldSet(child)
    const nested = Object.keys(inner).length > 0
    // Steps start with a letter and a colon, so no step can be `__proto__`.
    result[step] = child.member && nested ? { '.': {}, ...inner } : inner
  }
  return result
}

const maxDepth = 512

/** Reads `fieldsV1`. Unknown kinds of steps are dropped; throws InvalidInputError for what is no set at all. */
export function decodeFieldSet(encoded: unknown, depth = 0): FieldSet {
  if (!isJsonObject(encoded)) throw new InvalidInputError('fieldsV1: every level must be an object')
  if (depth > maxDepth) throw new InvalidInputError(`fieldsV1: nested deeper than ${maxDepth} levels`)
  const set = new FieldSet()
  for (const [key, value] of Object.entries(encoded)) {
    if (key === '.') {
      set.member = true
      continue
    }
    const step = canonicalStep(key)
    if (step === undefined) continue
    const child = decodeFieldSet(value, depth + 1)
    if (child.children.size === 0) child.member = true
    const known = set.children.get(step)
    set.children.set(step, known ? union(known, child) : child)
  }
  return set
}
