// How two objects differ, field by field, as shown to users.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import { comparable } from './clean.ts'
import { goText } from './go-format.ts'

/** Differences shown for one object at most. */
export const maxPatchDetails = 100
/** Differences kept for those who ask for all; an object of the largest size has room for little more. */
export const allPatchDetails = 20_000
/** Deeper than any real manifest; differences below are not looked for. */
const maxDepth = 200

const redacted = '(redacted for security reasons)'
/** Shown for an object that does not exist on the member at all. */
export const wholeObject: readonly PatchDetail[] = [{ path: '/', valueInHub: '(the whole object)' }]

/** A JSON Patch operation that turns the hub's side into the member's. */
export interface DiffOperation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/** The differences between what the hub wants and what the member has, ready to be shown. */
export function differences(hub: KubeObject, member: KubeObject, limit = maxPatchDetails): PatchDetail[] {
  const left = comparable(hub)
  return redactSecrets(member, detailsOf(diffOperations(left, comparable(member), limit), left, limit))
}

/**
 * Operations in order of the paths; members that are gone before those that are new. List items are compared by position:
 * surplus ones are removed at the shorter length, additional ones appended at `-`.
 */
export function diffOperations(left: unknown, right: unknown, limit = maxPatchDetails): DiffOperation[] {
  const operations: DiffOperation[] = []
  diffInto(left, right, { path: '', depth: maxDepth, limit }, operations)
  return operations
}

interface At {
  readonly path: string
  readonly depth: number
  readonly limit: number
}

function diffInto(left: unknown, right: unknown, at: At, into: DiffOperation[]): void {
  if (into.length > at.limit) return
  if (at.depth > 0 && isJsonObject(left) && isJsonObject(right)) diffMaps(left, right, at, into)
  else if (at.depth > 0 && Array.isArray(left) && Array.isArray(right)) diffLists(left, right, at, into)
  else if (!sameScalar(left, right)) into.push({ op: 'replace', path: at.path, value: right })
}

function sameScalar(left: unknown, right: unknown): boolean {
  return Object.is(left, right) || (typeof left === 'number' && left === right)
}

function below({ path, depth, limit }: At, segment: string | number): At {
  return { path: `${path}/${segment}`, depth: depth - 1, limit }
}

function diffMaps(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
  at: At,
  into: DiffOperation[],
): void {
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()
  for (const key of keys) {
    const inner = below(at, escapeSegment(key))
    if (!Object.hasOwn(right, key)) into.push({ op: 'remove', path: inner.path })
    else if (!Object.hasOwn(left, key)) into.push({ op: 'add', path: inner.path, value: right[key] })
    else diffInto(left[key], right[key], inner, into)
  }
}

function diffLists(left: readonly unknown[], right: readonly unknown[], at: At, into: DiffOperation[]): void {
  const common = Math.min(left.length, right.length)
  for (let index = common; index < left.length; index += 1) into.push({ op: 'remove', path: `${at.path}/${common}` })
  for (let index = 0; index < common; index += 1) diffInto(left[index], right[index], below(at, index), into)
  for (const value of right.slice(common)) into.push({ op: 'add', path: `${at.path}/-`, value })
}

function escapeSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Operations as details; `hub` is what the operations start from. At most `limit` operations are told. */
export function detailsOf(operations: readonly DiffOperation[], hub: unknown, limit = maxPatchDetails): PatchDetail[] {
  return operations.slice(0, limit).flatMap((operation): PatchDetail[] => {
    const { op, path, from = '', value } = operation
    const inHub = (pointer: string) => goText(valueAt(hub, pointer), 'hub')
    switch (op) {
      case 'add':
        return [{ path, valueInMember: goText(value, 'member') }]
      case 'remove':
        return [{ path, valueInHub: inHub(path) }]
      case 'replace':
        return [{ path, valueInMember: goText(value, 'member'), valueInHub: inHub(path) }]
      case 'move':
        return [
          { path: from, valueInHub: inHub(from) },
          { path, valueInMember: inHub(from) },
        ]
      case 'copy':
        return [{ path, valueInMember: inHub(from) }]
      default:
        return []
    }
  })
}

function valueAt(root: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, segment) => {
      if (Array.isArray(value)) return value[Number(segment)]
      return isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined
    }, root)
}

/** Hides what a Secret holds; which keys differ stays visible. */
export function redactSecrets(object: KubeObject, details: readonly PatchDetail[]): PatchDetail[] {
  if (object.apiVersion !== 'v1' || object.kind !== 'Secret') return [...details]
  return details.map((detail) => {
    if (!detail.path.startsWith('/data') && !detail.path.startsWith('/stringData')) return detail
    return {
      path: detail.path,
      ...(detail.valueInMember !== undefined && { valueInMember: redacted }),
      ...(detail.valueInHub !== undefined && { valueInHub: redacted }),
    }
  })
}
