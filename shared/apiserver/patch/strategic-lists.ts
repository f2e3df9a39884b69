// Lists in a strategic merge patch: united by merge key or by value, in an order both sides can recognise.
import { isMap, type JsonMap, type JsonValue, own } from './json-value.ts'
import { PatchError } from './patch-error.ts'

/** How items of a list are told apart: by a field of each, or by the scalar itself when `mergeKey` is absent. */
export interface ListRule {
  readonly field: string
  readonly mergeKey: string | undefined
  /** Merges a patch item into the item of the same key. */
  readonly mergeItem: (original: JsonMap, patch: JsonMap) => JsonMap
}

/** What makes two items the same one. Throws PatchError 400 for an item without its merge key. */
export function itemName(rule: ListRule, item: JsonValue): string {
  if (rule.mergeKey === undefined) return JSON.stringify(item)
  if (!isMap(item)) throw new PatchError(400, `${rule.field}: every item must be an object with "${rule.mergeKey}"`)
  const value = own(item, rule.mergeKey)
  if (value === undefined) {
    throw new PatchError(400, `map: ${JSON.stringify(item)} does not contain declared merge key: ${rule.mergeKey}`)
  }
  return JSON.stringify(value)
}

/** True when the items are objects. Throws PatchError when they are lists or of mixed kinds. */
export function holdsMaps(rule: ListRule, ...lists: readonly (readonly JsonValue[])[]): boolean {
  const items = lists.flat()
  if (items.some(Array.isArray)) throw new PatchError(422, `${rule.field}: lists of lists are not supported`)
  const maps = items.filter(isMap).length
  if (maps !== 0 && maps !== items.length)
    throw new PatchError(400, `${rule.field}: list element types are not identical`)
  return maps > 0
}

function inOrder(rule: ListRule, items: readonly JsonValue[], order: ReadonlyMap<string, number>): JsonValue[] {
  const rank = (item: JsonValue) => order.get(itemName(rule, item)) ?? Number.MAX_SAFE_INTEGER
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

function positions(rule: ListRule, items: readonly JsonValue[]): Map<string, number> {
  const found = new Map<string, number>()
  items.forEach((item, index) => {
    const name = itemName(rule, item)
    if (!found.has(name)) found.set(name, index)
  })
  return found
}

/**
 * Orders a merged list: items the patch names follow the patch, the others follow the live list, and the two are
 * interleaved where the live list knows both.
 */
export function ordered(
  rule: ListRule,
  merged: readonly JsonValue[],
  wanted: readonly JsonValue[],
  live: readonly JsonValue[],
): JsonValue[] {
  const patchOrder = positions(rule, wanted)
  const liveOrder = positions(rule, live)
  const { named = [], others = [] } = Object.groupBy(merged, (item) =>
    patchOrder.has(itemName(rule, item)) ? 'named' : 'others',
  )
  const right = inOrder(rule, named, patchOrder)
  const left = inOrder(rule, others, liveOrder)
  const result: JsonValue[] = []
  let taken = 0
  for (const item of right) {
    const limit = liveOrder.get(itemName(rule, item))
    while (limit !== undefined && taken < left.length) {
      const candidate = left[taken]
      const place = candidate === undefined ? undefined : liveOrder.get(itemName(rule, candidate))
      if (candidate === undefined || place === undefined || place >= limit) break
      result.push(candidate)
      taken += 1
    }
    result.push(item)
  }
  return [...result, ...left.slice(taken)]
}

/** Unites scalars; each value stays once. */
function uniteScalars(original: readonly JsonValue[], patch: readonly JsonValue[]): JsonValue[] {
  return [...new Map([...original, ...patch].map((item) => [JSON.stringify(item), item])).values()]
}

interface Directed {
  readonly original: readonly JsonValue[]
  readonly patch: readonly JsonMap[]
}

/** Carries out the items that are orders (`$patch: delete`, `$patch: replace`) and returns what is left to merge. */
function followDirectives(rule: ListRule, original: readonly JsonValue[], patch: readonly JsonMap[]): Directed {
  const plain: JsonMap[] = []
  const deleted = new Set<string>()
  let replace = false
  for (const item of patch) {
    const directive = own(item, '$patch')
    if (directive === undefined) plain.push(item)
    else if (directive === 'delete') deleted.add(itemName(rule, item))
    else if (directive === 'replace') replace = true
    else if (directive === 'merge') throw new PatchError(400, 'merging lists cannot yet be specified in the patch')
    else throw new PatchError(400, `unknown patch type: ${JSON.stringify(directive)} in ${rule.field}`)
  }
  if (replace) return { original: plain, patch: [] }
  // A live item without the key cannot be meant.
  const meant = (item: JsonValue) => isMap(item) && own(item, rule.mergeKey ?? '') !== undefined
  return { original: original.filter((item) => !(meant(item) && deleted.has(itemName(rule, item)))), patch: plain }
}

function uniteMaps(rule: ListRule, original: readonly JsonValue[], patch: readonly JsonMap[]): JsonValue[] {
  const result = [...original]
  const at = positions(rule, original)
  for (const item of patch) {
    const name = itemName(rule, item)
    const index = at.get(name)
    const live = index === undefined ? undefined : result[index]
    if (index !== undefined && live !== undefined && isMap(live)) {
      result[index] = rule.mergeItem(live, item)
    } else {
      at.set(name, result.length)
      result.push(item)
    }
  }
  return result
}

/** A list with a `merge` strategy and what the patch says about it. */
export function mergeList(rule: ListRule, original: readonly JsonValue[], patch: readonly JsonValue[]): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return []
  if (!holdsMaps(rule, original, patch)) {
    const scalars = { ...rule, mergeKey: undefined }
    return ordered(scalars, uniteScalars(original, patch), patch, original)
  }
  if (rule.mergeKey === undefined) throw new PatchError(400, `cannot merge lists without merge key for ${rule.field}`)
  const directed = followDirectives(rule, original, patch.filter(isMap))
  return ordered(rule, uniteMaps(rule, directed.original, directed.patch), directed.patch, directed.original)
}

/** `$setElementOrder` must list every item of the patch, in the patch's order. */
export function checkElementOrder(rule: ListRule, patch: readonly JsonValue[], order: readonly JsonValue[]): void {
  const items = patch.filter((item) => !(isMap(item) && own(item, '$patch') !== undefined))
  if (items.length === 0 || order.length === 0) return
  const wanted = order.map((item) => itemName(rule, item))
  let from = 0
  for (const item of items) {
    const found = wanted.indexOf(itemName(rule, item), from)
    if (found < 0) {
      throw new PatchError(
        400,
        `The order in patch list:\n${JSON.stringify(patch)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
      )
    }
    from = found + 1
  }
}
