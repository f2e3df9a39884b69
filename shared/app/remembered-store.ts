// An object store that remembers whole lists. A list that was asked for before costs one short read of the change log,
// whatever its length; what is remembered is bounded and proven fresh each time.
import { type ObjectKey, type ResourceType, typeText } from '../api/kube-object.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectPage, ObjectStore, StoredObject } from '../ports/object-store.ts'
import { FreshList, isBehind, type ListState } from './fresh-list.ts'

interface ListOptions {
  readonly namespace?: string
  readonly after?: ObjectKey
  readonly limit?: number
}

interface Remembered {
  readonly list: FreshList
  /** What was measured last, and how long it is as JSON. */
  state: ListState | undefined
  characters: number
}

/** JSON characters remembered in all, and of one list; a character takes one to two bytes. */
export interface RememberedLimits {
  readonly total: number
  readonly list: number
}

const defaultLimits: RememberedLimits = { total: 48_000_000, list: 16_000_000 }

/** The objects of remembered lists are shared between callers and frozen. Everything but `list` passes through. */
export function rememberedStore(
  store: ObjectStore,
  clock: Pick<Clock, 'now'>,
  limits: RememberedLimits = defaultLimits,
): ObjectStore {
  /** In the order of their last use. */
  const lists = new Map<string, Remembered>()
  const lengths = new WeakMap<StoredObject, number>()
  /** Lists that were too long to remember, and when that was seen. */
  const refused = new Map<string, number>()

  return {
    get: (type, key) => store.get(type, key),
    write: (type, write) => store.write(type, write),
    changes: (type, after, limit) => store.changes(type, after, limit),
    revision: (type) => store.revision(type),
    list: (type, options = {}) => list(type, options),
  }

  async function list(type: ResourceType, options: ListOptions): Promise<ObjectPage> {
    const whole = lists.get(idOf(type))
    const id = whole || options.namespace === undefined ? idOf(type) : idOf(type, options.namespace)
    const known = whole ?? lists.get(id)
    // A first page is no reason to read everything behind it.
    if (!known && (options.limit !== undefined || isRefused(id))) return await store.list(type, options)
    const remembered = known ?? begin(id, new FreshList(store, type, clock, options.namespace))
    const state = await remembered.list.state()
    keep(id, remembered, state)
    return pageOf(state, options)
  }

  function begin(id: string, fresh: FreshList): Remembered {
    const remembered: Remembered = { list: fresh, state: undefined, characters: 0 }
    lists.set(id, remembered)
    return remembered
  }

  /** Moves the list to the end of the queue; the first ones go when all together are too long. */
  function keep(id: string, remembered: Remembered, state: ListState): void {
    if (remembered.state?.items !== state.items)
      remembered.characters = state.items.reduce((sum, item) => sum + lengthOf(item), 0)
    remembered.state = state
    if (lists.get(id) !== remembered) return
    lists.delete(id)
    if (remembered.characters > limits.list) {
      refused.set(id, clock.now())
      return
    }
    lists.set(id, remembered)
    let total = [...lists.values()].reduce((sum, { characters }) => sum + characters, 0)
    for (const [oldest, { characters }] of lists) {
      if (total <= limits.total) break
      lists.delete(oldest)
      total -= characters
    }
  }

  function isRefused(id: string): boolean {
    const at = refused.get(id)
    if (at !== undefined && clock.now() - at > refusedMs) refused.delete(id)
    return refused.has(id)
  }

  function lengthOf(item: StoredObject): number {
    const known = lengths.get(item)
    if (known !== undefined) return known
    const length = JSON.stringify(frozen(item.object)).length
    lengths.set(item, length)
    return length
  }
}

/** A list too long to remember is looked at again after this time. */
const refusedMs = 600_000

function idOf(type: ResourceType, namespace?: string): string {
  return namespace === undefined ? typeText(type) : `${typeText(type)} ${namespace}`
}

function pageOf({ items, revision }: ListState, { namespace, after, limit }: ListOptions): ObjectPage {
  const inScope = namespace === undefined ? items : items.filter(({ key }) => key.namespace === namespace)
  const rest = after === undefined ? inScope : inScope.filter(({ key }) => isBehind(key, after))
  const page = limit === undefined ? rest : rest.slice(0, limit)
  const last = rest.length > page.length ? page.at(-1) : undefined
  return { items: page, revision, ...(last && { next: last.key }) }
}

/** Frozen through and through: a caller that would change what others are shown fails instead. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) frozen(inner)
  return value
}
