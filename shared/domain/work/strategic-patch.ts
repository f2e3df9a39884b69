// Three-way strategic merge: like the plain one, but lists whose items have a key merge item by item, so that what other
// controllers added to a list of a built-in kind survives.
import { isJsonObject } from '../../api/json.ts'
import type { Merge, MergeLookup } from './merge-keys.ts'
import { own, sameJson, stands } from './merge-patch.ts'

type Plain = Readonly<Record<string, unknown>>
type Fields = [string, unknown][]

/** The three states of one place. A state that is not a map reads as an empty one. */
interface Sides {
  readonly original: Plain
  readonly modified: Plain
  readonly current: Plain
}

/**
 * The strategic merge patch that turns `current` into `modified`, removing only what `original` had. `lookup` tells how
 * the lists of the kind merge.
 */
export function threeWayStrategicPatch(original: Plain, modified: Plain, current: Plain, lookup: MergeLookup): Plain {
  return mapPatch({ original, modified, current }, [], lookup)
}

function mapPatch(sides: Sides, path: readonly string[], lookup: MergeLookup): Plain {
  const { original, modified } = sides
  const removed = Object.keys(original)
    .filter((field) => given(original, field) && !given(modified, field))
    .flatMap((field): Fields => removal(original[field], field, path, lookup))
  const changed = Object.keys(modified)
    .filter((field) => given(modified, field))
    .flatMap((field) => fieldPatch(sides, field, path, lookup))
  return Object.fromEntries([...removed, ...changed])
}

function given(map: Plain, field: string): boolean {
  return Object.hasOwn(map, field) && map[field] !== undefined && map[field] !== null
}

/** A field that is wanted no more. Of a keyed list only our own items go. */
function removal(before: unknown, field: string, path: readonly string[], lookup: MergeLookup): Fields {
  const merge = lookup([...path, field])
  if (merge === undefined || merge === 'retainKeys' || !Array.isArray(before)) return [[field, null]]
  if (merge === 'set') return [[`$deleteFromPrimitiveList/${field}`, before]]
  return [[field, before.filter(isJsonObject).map((item) => ({ $patch: 'delete', [merge.key]: item[merge.key] }))]]
}

function fieldPatch(sides: Sides, field: string, path: readonly string[], lookup: MergeLookup): Fields {
  const at = [...path, field]
  const [original, wanted, current] = [own(sides.original, field), sides.modified[field], own(sides.current, field)]
  if (isJsonObject(wanted)) {
    if (!isJsonObject(current)) return [[field, wanted]]
    const inner = mapPatch({ original: mapOf(original), modified: wanted, current }, at, lookup)
    return Object.keys(inner).length > 0
      ? [[field, lookup(at) === 'retainKeys' ? retaining(inner, wanted) : inner]]
      : []
  }
  const merge = Array.isArray(wanted) ? lookup(at) : undefined
  if (!Array.isArray(wanted) || merge === undefined || merge === 'retainKeys')
    return stands(original, wanted, current) ? [] : [[field, wanted]]
  const lists = { original: listOf(original), modified: wanted, current: listOf(current) }
  return merge === 'set' ? setPatch(lists, field) : keyedPatch(lists, field, merge, at, lookup)
}

function mapOf(value: unknown): Plain {
  return isJsonObject(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

interface Lists {
  readonly original: readonly unknown[]
  readonly modified: readonly unknown[]
  readonly current: readonly unknown[]
}

function setPatch({ original, modified, current }: Lists, field: string): Fields {
  const gone = original.filter((value) => !modified.includes(value) && current.includes(value))
  const added = modified.filter((value) => !current.includes(value))
  return [
    ...(gone.length > 0 ? ([[`$deleteFromPrimitiveList/${field}`, gone]] satisfies Fields) : []),
    ...(added.length > 0 ? ([[field, added]] satisfies Fields) : []),
  ]
}

type KeyedMerge = Extract<Merge, { key: string }>

/** The patch of a map that keeps only what is wanted of it. */
function retaining(inner: Plain, wanted: Plain): Plain {
  const kept = Object.keys(wanted).filter((field) => given(wanted, field))
  return { $retainKeys: kept.sort(), ...inner }
}

function keyedPatch(
  lists: Lists,
  field: string,
  merge: KeyedMerge,
  path: readonly string[],
  lookup: MergeLookup,
): Fields {
  const { key, retainKeys } = merge
  const { original, modified, current } = lists
  const wanted = itemsByKey(modified, key)
  const now = itemsByKey(current, key)
  // Where items cannot be told apart (two ports of one number, say) the list goes as a whole.
  if (!wanted || !now) return stands(original, modified, current) ? [] : [[field, [...modified, { $patch: 'replace' }]]]
  const before = itemsByKey(original, key) ?? new Map<unknown, Plain>()
  const deleted = [...before.keys()]
    .filter((id) => !wanted.has(id) && now.has(id))
    .map((id) => ({ $patch: 'delete', [key]: id }))
  const changed = [...wanted].flatMap(([id, item]) => {
    const there = now.get(id)
    if (!there) return [item]
    const inner = mapPatch({ original: before.get(id) ?? {}, modified: item, current: there }, path, lookup)
    if (Object.keys(inner).length === 0) return []
    return [{ ...(retainKeys ? retaining(inner, item) : inner), [key]: id }]
  })
  const items = [...changed, ...deleted]
  const order = [...wanted.keys()]
  const ordered = sameJson(
    [...now.keys()].filter((id) => wanted.has(id)),
    order.filter((id) => now.has(id)),
  )
  if (items.length === 0 && ordered) return []
  return [
    [`$setElementOrder/${field}`, order.map((id) => ({ [key]: id }))],
    ...(items.length > 0 ? ([[field, items]] satisfies Fields) : []),
  ]
}

/** Items by the value of their key; `undefined` when one has none or two have the same. */
function itemsByKey(list: readonly unknown[], key: string): Map<unknown, Plain> | undefined {
  const items = new Map<unknown, Plain>()
  for (const item of list) {
    const id = isJsonObject(item) ? own(item, key) : undefined
    if (id === undefined || id === null || items.has(id)) return undefined
    items.set(id, item as Plain)
  }
  return items
}
