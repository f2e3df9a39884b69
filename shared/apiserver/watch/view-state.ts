// What a watched view shows: its objects by part, when each last changed, and which are gone since.
import { type KubeObject, keyText, type ObjectKey } from '../../api/kube-object.ts'
import type { Change } from '../../ports/object-store.ts'

interface Shown {
  readonly object: KubeObject
  readonly createdAt: number
  readonly changedAt: number
}

interface Part {
  /** Order of the read it shows. */
  readonly order: number
  readonly objects: ReadonlyMap<string, Shown>
}

/** Clocks of instances may differ by this much. */
const clockMarginMs = 2_000
/** Revisions given out here that are remembered: between them and what changed there is no doubt about clocks. */
const marksKept = 1_000
/** Removals remembered for watches that come back; older ones must list again. */
const removalsKept = 20_000

/** Revisions are times in milliseconds, and no two changes share one. */
export class ViewState {
  readonly #parts = new Map<string, Part>()
  readonly #removed = new Map<string, Change>()
  readonly #marks = new Set<number>()
  #last: number
  #reads = 0
  #completeFrom = Number.POSITIVE_INFINITY

  constructor(last = 0) {
    this.#last = last
  }

  get last(): number {
    return this.#last
  }

  /** A revision for what is shown now: every later change has a higher one. */
  mark(now: number): number {
    this.#last = Math.max(this.#last, now)
    this.#marks.add(this.#last)
    const oldest = this.#marks.size > marksKept ? this.#marks.values().next().value : undefined
    if (oldest !== undefined) this.#marks.delete(oldest)
    return this.#last
  }

  /** Everything that changed since `revision` is known from here on. */
  completeFrom(revision: number): void {
    this.#completeFrom = Math.min(this.#completeFrom, revision)
  }

  /** Whether it is complete since any revision at all. */
  isRead(): boolean {
    return this.#completeFrom !== Number.POSITIVE_INFINITY
  }

  /** Whether all that changed after a revision, from here or another instance, is known. */
  isCompleteSince(revision: number): boolean {
    return this.#before(revision) >= this.#completeFrom
  }

  /** A time after which everything not shown at the revision happened, by this instance's clock. */
  #before(revision: number): number {
    return this.#marks.has(revision) ? revision : revision - clockMarginMs
  }

  /** Parts that show something. */
  parts(): readonly string[] {
    return [...this.#parts].filter(([, { objects }]) => objects.size > 0).map(([part]) => part)
  }

  objects(): readonly KubeObject[] {
    return [...this.#parts.values()].flatMap(({ objects }) => [...objects.values()].map(({ object }) => object))
  }

  /** Reads that begin later show later states, however long they take. */
  beginRead(): number {
    this.#reads += 1
    return this.#reads
  }

  /** Takes over what a part shows and answers what changed; nothing when a later read was quicker. */
  apply(part: string, order: number, objects: readonly KubeObject[], now: number): Change[] {
    const before = this.#parts.get(part)
    if (before && before.order > order) return []
    const changes: Change[] = []
    const after = new Map<string, Shown>()
    for (const object of objects) {
      const key = keyOf(object)
      const id = keyText(key)
      const known = before?.objects.get(id)
      // An object's version is made from its content.
      if (known?.object.metadata.resourceVersion === object.metadata.resourceVersion && known) {
        after.set(id, known)
        continue
      }
      const revision = this.#next(now)
      // What the first look finds was there before; when it changed last, nobody asks.
      const at = this.#completeFrom === Number.POSITIVE_INFINITY ? 0 : revision
      after.set(id, { object, createdAt: known?.createdAt ?? at, changedAt: at })
      this.#removed.delete(id)
      changes.push(
        known
          ? { revision, type: 'MODIFIED', key, object, previous: known.object }
          : { revision, type: 'ADDED', key, object },
      )
    }
    for (const [id, { object }] of before?.objects ?? [])
      if (!after.has(id)) changes.push(this.#remove(id, object, now))
    this.#parts.set(part, { order, objects: after })
    return changes
  }

  /** One change for each object that changed after a revision, as it is now, oldest first. */
  changesSince(given: number): Change[] {
    const revision = this.#before(given)
    const changes: Change[] = [...this.#removed.values()].filter((change) => change.revision > revision)
    for (const { objects } of this.#parts.values())
      for (const { object, createdAt, changedAt } of objects.values())
        if (changedAt > revision) changes.push(stateChange(object, { createdAt, changedAt }, revision))
    return changes.sort((a, b) => a.revision - b.revision)
  }

  #remove(id: string, previous: KubeObject, now: number): Change {
    const revision = this.#next(now)
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } }
    const change: Change = { revision, type: 'DELETED', key: keyOf(previous), object, previous }
    this.#removed.set(id, change)
    const oldest = this.#removed.size > removalsKept ? this.#removed.entries().next().value : undefined
    if (oldest) {
      this.#removed.delete(oldest[0])
      this.#completeFrom = Math.max(this.#completeFrom, oldest[1].revision)
    }
    return change
  }

  #next(now: number): number {
    this.#last = Math.max(this.#last + 1, now)
    return this.#last
  }
}

function stateChange(
  object: KubeObject,
  { createdAt, changedAt }: Pick<Shown, 'createdAt' | 'changedAt'>,
  revision: number,
): Change {
  const change = { revision: changedAt, key: keyOf(object), object }
  return createdAt > revision ? { ...change, type: 'ADDED' } : { ...change, type: 'MODIFIED', previous: object }
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  const name = metadata.name ?? ''
  return metadata.namespace === undefined ? { name } : { namespace: metadata.namespace, name }
}
