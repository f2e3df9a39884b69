// Changes of a view: it has no log, so its lists are compared whenever its revision moved.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import { errorMessage } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Change } from '../../ports/object-store.ts'
import { type ViewSource, viewRevision } from '../views.ts'
import type { Subscriber } from './change-tail.ts'

const firstPollMs = 500
const slowestPollMs = 4_000
const maxFailures = 5

/**
 * Delivers differences to what the view showed at the start. A view cannot tell the past: a watch that begins at an
 * older revision is told that it expired and lists again.
 */
export function viewChanges(
  options: { view: ViewSource; clock: Clock; log: Log },
  revision: number,
  subscriber: Subscriber,
): () => void {
  const { view, clock, log } = options
  const stopped = new AbortController()
  run().catch((error: unknown) => {
    if (stopped.signal.aborted) return
    log.warn('a view could not be watched', { error: errorMessage(error) })
    subscriber.end('failed')
  })
  return () => stopped.abort()

  async function run(): Promise<void> {
    const first = await viewRevision(view)
    if (first !== revision) return subscriber.end('expired')
    let shown: Shown = { revision: first, objects: byKey(await view.list()) }
    let delay = firstPollMs
    let failures = 0
    while (!stopped.signal.aborted) {
      await clock.sleep(delay, stopped.signal)
      const next = await look(shown).catch((error: unknown) => {
        failures += 1
        if (failures >= maxFailures) throw error
        return shown
      })
      if (next !== shown) failures = 0
      delay = next === shown ? Math.min(slowestPollMs, delay * 1.5) : firstPollMs
      shown = next
    }
  }

  async function look(shown: Shown): Promise<Shown> {
    const newest = await viewRevision(view)
    if (newest === shown.revision) return shown
    const objects = byKey(await view.list())
    const changes = differences(shown.objects, objects, newest)
    if (changes.length > 0) subscriber.deliver(changes)
    subscriber.progress(newest)
    return { revision: newest, objects }
  }
}

interface Shown {
  readonly revision: number
  readonly objects: ReadonlyMap<string, KubeObject>
}

function byKey(objects: readonly KubeObject[]): Map<string, KubeObject> {
  return new Map(objects.map((object) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]))
}

function differences(
  before: ReadonlyMap<string, KubeObject>,
  after: ReadonlyMap<string, KubeObject>,
  revision: number,
): Change[] {
  const changes: Change[] = []
  for (const [id, object] of after) {
    const previous = before.get(id)
    if (!previous) changes.push({ revision, type: 'ADDED', key: keyOf(object), object })
    else if (JSON.stringify(previous) !== JSON.stringify(object)) {
      changes.push({ revision, type: 'MODIFIED', key: keyOf(object), object, previous })
    }
  }
  for (const [id, previous] of before) {
    if (after.has(id)) continue
    const metadata = { ...previous.metadata, resourceVersion: String(revision) }
    changes.push({ revision, type: 'DELETED', key: keyOf(previous), object: { ...previous, metadata }, previous })
  }
  return changes
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  const name = metadata.name ?? ''
  return metadata.namespace === undefined ? { name } : { namespace: metadata.namespace, name }
}
