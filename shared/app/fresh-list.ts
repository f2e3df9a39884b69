// All objects of one type, kept in memory and proven fresh at each read: one small read of the change log tells what
// happened since. Nothing depends on it being warm; a new instance lists once.
import { keyText, type ResourceType } from '../api/kube-object.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore, StoredObject } from '../ports/object-store.ts'

const changesAtOnce = 500

export class FreshList {
  readonly #store: Pick<ObjectStore, 'list' | 'changes'>
  readonly #type: ResourceType
  readonly #clock: Pick<Clock, 'now'>
  #items: Map<string, StoredObject> | undefined
  #revision = 0
  /** Epoch milliseconds; what the list shows was true then or later. */
  #provenAt = 0

  constructor(store: Pick<ObjectStore, 'list' | 'changes'>, type: ResourceType, clock: Pick<Clock, 'now'>) {
    this.#store = store
    this.#clock = clock
    this.#type = type
  }

  /**
   * The objects as they are now, ordered by namespace and name. Do not modify them. With `maxAgeMs` a list proven fresh
   * that long ago is good enough and costs nothing.
   */
  async read({ maxAgeMs = 0 }: { maxAgeMs?: number } = {}): Promise<readonly StoredObject[]> {
    const now = this.#clock.now()
    const recent = this.#items !== undefined && now - this.#provenAt < maxAgeMs
    const items = this.#items ? (recent ? this.#items : await this.#catchUp(this.#items)) : await this.#listAll()
    if (!recent) this.#provenAt = now
    return [...items.values()].sort(({ key: a }, { key: b }) => (keyText(a) < keyText(b) ? -1 : 1))
  }

  async #catchUp(known: Map<string, StoredObject>): Promise<Map<string, StoredObject>> {
    const items = new Map(known)
    let revision = this.#revision
    for (;;) {
      const page = await this.#store.changes(this.#type, revision, changesAtOnce)
      if (page.kind === 'expired') return this.#listAll()
      for (const change of page.changes) {
        if (change.type === 'DELETED') items.delete(keyText(change.key))
        else items.set(keyText(change.key), { key: change.key, revision: change.revision, object: change.object })
        revision = change.revision
      }
      if (page.changes.length < changesAtOnce) break
    }
    this.#keep(items, revision)
    return items
  }

  async #listAll(): Promise<Map<string, StoredObject>> {
    const items = new Map<string, StoredObject>()
    let page = await this.#store.list(this.#type, { limit: 1000 })
    const { revision } = page
    for (;;) {
      for (const item of page.items) items.set(keyText(item.key), item)
      if (page.next === undefined) break
      page = await this.#store.list(this.#type, { limit: 1000, after: page.next })
    }
    this.#keep(items, revision)
    return items
  }

  /** Two reads may run at once; the one that saw more wins. */
  #keep(items: Map<string, StoredObject>, revision: number): void {
    if (this.#items && revision < this.#revision) return
    this.#items = items
    this.#revision = revision
  }
}
