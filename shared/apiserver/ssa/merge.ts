// The live object with a configuration laid over it, and an object with a set of fields taken out.
import { isMap, type JsonMap, type JsonValue, own, put } from '../patch/json-value.ts'
import type { Schema } from '../schema/schema.ts'
import { type FieldSet, isEmptySet } from './field-set.ts'
import { fieldStep, type PathStep } from './path-step.ts'
import {
  asList,
  asMap,
  fieldSchema,
  formOf,
  isAtomicMap,
  itemSchema,
  type ListType,
  listType,
  namedItems,
  typed,
} from './typing.ts'

/**
 * Lays `config` over `live`: maps merge, sets and keyed lists unite (the configuration's items keep their order among
 * themselves, the others theirs), leaves are replaced. Nothing is ever removed.
 */
export function mergeObjects(schema: Schema, live: JsonValue, config: JsonValue): JsonValue {
  return merge(typed(schema), live, config)
}

function merge(schema: Schema, live: JsonValue | undefined, config: JsonValue | undefined): JsonValue {
  if (config === undefined) return live ?? null
  if (live === undefined) return config
  const form = formOf(schema, config)
  if (form === 'map' && !isAtomicMap(schema)) return mergeMaps(schema, live, config)
  if (form === 'list') return mergeLists(schema, live, config)
  return config
}

function mergeMaps(schema: Schema, live: JsonValue, config: JsonValue): JsonValue {
  const left = asMap(live)
  const right = asMap(config)
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  // Nothing to take apart on either side: null and {} are told apart.
  if (names.size === 0) return config
  const result: JsonMap = {}
  for (const name of names) put(result, name, merge(fieldSchema(schema, name), own(left, name), own(right, name)))
  return result
}

interface Item {
  readonly step: PathStep
  readonly item: JsonValue
}

function mergeLists(schema: Schema, live: JsonValue, config: JsonValue): JsonValue {
  const list = listType(schema)
  if (list.kind === 'atomic' || (asList(live).length === 0 && asList(config).length === 0)) return config
  return new ListMerge(schema, list, live, config).result()
}

/** Walks both lists at once; items of both sides come out where the configuration has them. */
class ListMerge {
  readonly #schema: Schema
  readonly #live: readonly Item[]
  readonly #config: readonly Item[]
  readonly #liveItems: ReadonlyMap<PathStep, JsonValue | undefined>
  readonly #configItems: ReadonlyMap<PathStep, JsonValue>
  /** Names on both sides, in the order of the configuration, not yet written. */
  readonly #shared: PathStep[]
  readonly #written = new Set<PathStep>()
  readonly #out: JsonValue[] = []

  constructor(schema: Schema, list: ListType, live: JsonValue, config: JsonValue) {
    this.#schema = itemSchema(schema)
    this.#live = namedItems(schema, list, live)
    this.#config = namedItems(schema, list, config)
    const liveItems = new Map<PathStep, JsonValue | undefined>()
    // Live items that share a name are not merged into: the configured item replaces them.
    for (const { step, item } of this.#live) liveItems.set(step, liveItems.has(step) ? undefined : item)
    this.#liveItems = liveItems
    this.#configItems = new Map(this.#config.map(({ step, item }) => [step, item]))
    this.#shared = this.#config.map(({ step }) => step).filter((step) => liveItems.has(step))
  }

  result(): JsonValue[] {
    let left = 0
    let right = 0
    while (left < this.#live.length || right < this.#config.length) {
      const mine = this.#live[left]
      const theirs = this.#config[right]
      if (mine && !this.#configItems.has(mine.step)) {
        this.#out.push(mine.item)
        left += 1
        continue
      }
      const same = mine?.step === theirs?.step
      if (!same && this.#waits(mine, theirs)) {
        left += 1
        continue
      }
      if (same || (mine && this.#written.has(mine.step))) left += 1
      if (theirs) this.#write(theirs)
      right += 1
    }
    return this.#out
  }

  /** A shared live item that is not the next shared one comes out later, at the configuration's place for it. */
  #waits(mine: Item | undefined, theirs: Item | undefined): boolean {
    const next = this.#shared[0]
    return mine !== undefined && theirs !== undefined && next !== undefined && next !== mine.step
  }

  #write({ step, item }: Item): void {
    this.#out.push(merge(this.#schema, this.#liveItems.get(step), item))
    this.#written.add(step)
    if (this.#shared[0] === step) this.#shared.shift()
  }
}

/**
 * The object without the paths of a set. A container that loses all it held becomes null, unless its own path is in the
 * set: then it is gone.
 */
export function removeFields(schema: Schema, value: JsonValue, set: FieldSet): JsonValue {
  return isEmptySet(set) ? value : remove(typed(schema), value, set)
}

function remove(schema: Schema, value: JsonValue, set: FieldSet): JsonValue {
  const form = formOf(schema, value)
  if (form === 'scalar') return value
  return form === 'list' ? removeFromList(schema, value, set) : removeFromMap(schema, value, set)
}

function removeFromMap(schema: Schema, value: JsonValue, set: FieldSet): JsonValue {
  if (isAtomicMap(schema) || !isMap(value)) return null
  const result: JsonMap = {}
  let kept = 0
  for (const [name, item] of Object.entries(value)) {
    const child = set.children.get(fieldStep(name))
    if (child?.member) continue
    put(result, name, child && child.children.size > 0 ? remove(fieldSchema(schema, name), item, child) : item)
    kept += 1
  }
  return kept > 0 ? result : null
}

function removeFromList(schema: Schema, value: JsonValue, set: FieldSet): JsonValue {
  const list = listType(schema)
  if (list.kind === 'atomic') return null
  const kept = namedItems(schema, list, value).flatMap(({ step, item }) => {
    const child = set.children.get(step)
    if (child?.member) return []
    return [child && child.children.size > 0 ? remove(itemSchema(schema), item, child) : item]
  })
  return kept.length > 0 ? kept : null
}
