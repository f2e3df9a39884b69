// All objects of one type, or those of one namespace, kept in memory and proven fresh at each read: one small read of
// the change log tells what happened since. Nothing depends on it being warm; a new instance lists once.
import { keyText, type ObjectKey, type ResourceType } from '../api/kube-object.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectPage, ObjectStore, StoredObject } from '../ports/object-store.ts'

/** More changes than this since the last read, and listing anew is no dearer. */
const changesAtOnce = 500

/** The objects in the order of the store, and the revision at which they were that. */
export interface ListState {
  readonly items: readonly StoredObject[]
  readonly revision: number
}

export class FreshList {
  readonly #store: Pick<ObjectStore, 'list' | 'changes'>
  readonly #type: ResourceType
  readonly #clock: Pick<Clock, 'now'>
  readonly #namespace: string | undefined
  #state: ListState | undefined
  /** Epoch milliseconds; what the list shows was true then or later. */
  #provenAt = 0

  constructor(
    store: Pick<ObjectStore, 'list' | 'changes'>,
    type: ResourceType,
    clock: Pick<Clock, 'now'>,
    namespace?: string,
  ) {
    this.#store = store
    this.#clock = clock
    this.#type = type
    this.#namespace = namespace
  }

  /**
   * The objects as they are now, ordered by namespace and name. Do not modify them. With `maxAgeMs` a list proven fresh
   * that long ago is good enough and costs nothing.
   */
  async read(options: { maxAgeMs?: number } = {}): Promise<readonly StoredObject[]> {
    return (await this.state(options)).items
  }

  /** As `read`, with the revision: watching from there misses nothing. */
  async state({ maxAgeMs = 0 }: { maxAgeMs?: number } = {}): Promise<ListState> {
    const now = this.#clock.now()
    const known = this.#state
    if (known && now - this.#provenAt < maxAgeMs) return known
    const fresh = known ? await this.#catchUp(known) : await this.#listAll()
    this.#provenAt = now
    // Two reads may run at once; the one that saw more wins.
    if (!this.#state || fresh.revision >= this.#state.revision) this.#state = fresh
    return fresh
  }

  async #catchUp(known: ListState): Promise<ListState> {
    const page = await this.#store.changes(this.#type, known.revision, changesAtOnce)
    if (page.kind === 'expired' || page.changes.length === changesAtOnce) return this.#listAll()
    const own = page.changes.filter(({ key }) => this.#namespace === undefined || key.namespace === this.#namespace)
    if (own.length === 0) return { items: known.items, revision: page.revision }
    const items = new Map(known.items.map((item) => [keyText(item.key), item]))
    for (const { type, key, revision, object } of own) {
      if (type === 'DELETED') items.delete(keyText(key))
      else items.set(keyText(key), { key, revision, object })
    }
    return { items: [...items.values()].sort(inStoreOrder), revision: page.revision }
  }

  async #listAll(): Promise<ListState> {
    const scope = this.#namespace === undefined ? {} : { namespace: this.#namespace }
    const items: StoredObject[] = []
    let page: ObjectPage = await this.#store.list(this.#type, { ...scope, limit: 1000 })
    const { revision } = page
    for (;;) {
      items.push(...page.items)
      if (page.next === undefined) return { items, revision }
      page = await this.#store.list(this.#type, { ...scope, limit: 1000, after: page.next })
    }
  }
}

function inStoreOrder({ key: a }: StoredObject, { key: b }: StoredObject): number {
  return compared(a.namespace ?? '', b.namespace ?? '') || compared(a.name, b.name)
}

/** Whether a key comes behind another in the order of the store. */
export function isBehind(key: ObjectKey, other: ObjectKey): boolean {
  return (compared(key.namespace ?? '', other.namespace ?? '') || compared(key.name, other.name)) > 0
}

function compared(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
