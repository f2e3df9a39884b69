// Resource types whose objects are not stored but rendered from other records when somebody reads them.
import type { KubeObject, ObjectKey } from '../api/kube-object.ts'
import type { Subscriber } from './watch/change-tail.ts'

/**
 * A view's objects carry complete metadata, with resourceVersion. `revision` rises whenever an object of the view may
 * have changed; watches poll it and compare lists. Without `write` every change is refused with 405.
 */
export interface ViewSource {
  get(key: ObjectKey): Promise<KubeObject | undefined>
  list(namespace?: string): Promise<readonly KubeObject[]>
  revision(): Promise<number>
  readonly write?: ViewWriter
  /** A view of many objects tells its parts apart, so that a watch reads again only what may have changed. */
  readonly parts?: ViewParts
  /** A view that keeps itself live answers watches itself: what changed after `revision`, until the result is called. */
  watch?(revision: number, subscriber: Subscriber): () => void
}

/** The parts of a view: every object belongs to one, which never changes. */
export interface ViewParts {
  /** Every part that may show something. */
  keys(): Promise<readonly string[]>
  /** The objects of a part; none when it is gone. */
  one(part: string): Promise<readonly KubeObject[]>
  /** Parts that other instances may have changed since `cursor`; without one, none, and where to begin. */
  changedSince(cursor: number | undefined): Promise<{ readonly parts: readonly string[]; readonly cursor: number }>
  /** Calls back with parts that may have changed in this process. Returns the way to stop. */
  onChange(changed: (part: string) => void): () => void
}

/** The view's revision as clients see it: never 0, which means "any state" to them. */
export async function viewRevision(view: Pick<ViewSource, 'revision'>): Promise<number> {
  return Math.max(1, await view.revision())
}

/** Writes the view can pass on to what it is rendered from. Refuses by throwing the hub's errors or StatusError. */
export interface ViewWriter {
  /** Why an object takes no writes, which then are answered 405; undefined when it takes them. */
  refuses?(key: ObjectKey): Promise<string | undefined>
  /** `object` is the wanted state, already defaulted and validated. Returns the object as the view now shows it. */
  update(key: ObjectKey, object: KubeObject, old: KubeObject): Promise<KubeObject>
  delete?(key: ObjectKey, old: KubeObject): Promise<void>
  create?(object: KubeObject): Promise<KubeObject>
}
