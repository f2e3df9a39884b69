// The live end of a type's change log. All watches of one type on one instance share one tail: it reads the log at once
// after local writes and, backing off while nothing happens, for the writes of other instances.
import { type ResourceType, typeText } from '../../api/kube-object.ts'
import { errorMessage } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Change, ObjectStore } from '../../ports/object-store.ts'

/** Where a tail delivers. `end` says no more will come: start again from the last revision seen. */
export interface Subscriber {
  deliver(changes: readonly Change[]): void
  /** Everything up to here was delivered. */
  progress(revision: number): void
  end(reason: 'expired' | 'failed', oldest?: number): void
}

export interface ChangeTails {
  /**
   * Delivers every change after `revision` until the returned function is called. Throws (before any delivery) nothing;
   * a revision the log no longer holds ends the subscription as `expired`.
   */
  follow(type: ResourceType, revision: number, subscriber: Subscriber): () => void
  /** How far this instance follows the log of a type, while anybody watches it. */
  reached(type: ResourceType): number | undefined
  /** A write of this type just happened here. */
  nudge(type: ResourceType): void
}

interface Tail {
  readonly type: ResourceType
  cursor: number
  readonly subscribers: Set<Subscriber>
  wake: AbortController
  nudged: boolean
  /** Reads of the log that failed since the last that did not. */
  failures: number
}

const firstPollMs = 250
const slowestPollMs = 2_000
const pageSize = 500
/** Store failures in a row before watchers are sent away to come back later. */
const maxFailures = 5

export function createChangeTails(options: { store: ObjectStore; clock: Clock; log: Log }): ChangeTails {
  const { store, clock, log } = options
  const tails = new Map<string, Tail>()

  return {
    follow(type, revision, subscriber) {
      let open = true
      let leave: (() => void) | undefined
      catchUp(type, revision, subscriber, () => open)
        .then((joined) => {
          leave = joined
          if (!open) joined?.()
        })
        .catch((error: unknown) => {
          log.warn('a watch could not catch up', { type: typeText(type), error: errorMessage(error) })
          if (open) subscriber.end('failed')
        })
      return () => {
        open = false
        leave?.()
      }
    },
    reached: (type) => tails.get(typeText(type))?.cursor,
    nudge(type) {
      const tail = tails.get(typeText(type))
      if (!tail) return
      tail.nudged = true
      tail.wake.abort()
    },
  }

  /** Brings a subscriber to where the tail is, then lets it join. Between the last look and joining nothing can happen. */
  async function catchUp(
    type: ResourceType,
    from: number,
    subscriber: Subscriber,
    isOpen: () => boolean,
  ): Promise<(() => void) | undefined> {
    let cursor = from
    while (isOpen()) {
      const tail = tails.get(typeText(type))
      if (tail?.cursor === cursor) return join(tail, subscriber)
      const page = await store.changes(type, cursor, pageSize)
      if (!isOpen()) return undefined
      if (page.kind === 'expired') {
        subscriber.end('expired', page.oldest)
        return undefined
      }
      cursor = deliverPage(subscriber, page.changes, page.revision)
      const joined = joinAt(type, cursor, subscriber, page.changes.length < pageSize)
      if (joined) return joined
    }
    return undefined
  }

  /** Joins the tail when that misses nothing; starts one when there is none and the end of the log was reached. */
  function joinAt(type: ResourceType, cursor: number, subscriber: Subscriber, atEnd: boolean) {
    const tail = tails.get(typeText(type))
    if (!tail) return atEnd ? join(start(type, cursor), subscriber) : undefined
    // A tail that is behind what was just read comes here by itself, and must not deliver twice.
    return tail.cursor < cursor ? join(tail, skipping(subscriber, cursor)) : undefined
  }

  function deliverPage(subscriber: Subscriber, changes: readonly Change[], revision: number): number {
    if (changes.length > 0) subscriber.deliver(changes)
    subscriber.progress(revision)
    return revision
  }

  function join(tail: Tail, subscriber: Subscriber): () => void {
    tail.subscribers.add(subscriber)
    return () => {
      tail.subscribers.delete(subscriber)
      if (tail.subscribers.size > 0) return
      if (tails.get(typeText(tail.type)) === tail) tails.delete(typeText(tail.type))
      tail.wake.abort()
    }
  }

  function start(type: ResourceType, cursor: number): Tail {
    const tail: Tail = { type, cursor, subscribers: new Set(), wake: new AbortController(), nudged: false, failures: 0 }
    tails.set(typeText(type), tail)
    queueMicrotask(() => {
      run(tail).catch((error: unknown) => log.error('a change tail died', { error: errorMessage(error) }))
    })
    return tail
  }

  async function run(tail: Tail): Promise<void> {
    let delay = firstPollMs
    for (;;) {
      await pause(tail, delay)
      if (tail.subscribers.size === 0) return
      const result = await advance(tail)
      if (result === 'expired' || result === 'failed') return endAll(tail, result)
      delay = result === 'moved' ? firstPollMs : Math.min(slowestPollMs, delay * 1.5)
    }
  }

  async function pause(tail: Tail, delay: number): Promise<void> {
    if (!tail.nudged) {
      try {
        await clock.sleep(delay, tail.wake.signal)
      } catch {
        // Woken by a nudge, or by the last subscriber leaving.
      }
    }
    tail.nudged = false
    if (tail.wake.signal.aborted) tail.wake = new AbortController()
  }

  async function advance(tail: Tail): Promise<'moved' | 'still' | 'expired' | 'failed'> {
    try {
      const page = await store.changes(tail.type, tail.cursor, pageSize)
      tail.failures = 0
      if (page.kind === 'expired') return 'expired'
      tail.cursor = page.revision
      for (const subscriber of [...tail.subscribers]) deliverPage(subscriber, page.changes, page.revision)
      if (page.changes.length === pageSize) tail.nudged = true
      return page.changes.length > 0 ? 'moved' : 'still'
    } catch (error) {
      log.warn('a change log could not be read', { type: typeText(tail.type), error: errorMessage(error) })
      tail.failures += 1
      return tail.failures < maxFailures ? 'still' : 'failed'
    }
  }

  function endAll(tail: Tail, reason: 'expired' | 'failed'): void {
    tails.delete(typeText(tail.type))
    for (const subscriber of [...tail.subscribers]) subscriber.end(reason)
    tail.subscribers.clear()
  }
}

/** A subscriber that has already seen everything up to `seen`. */
function skipping(subscriber: Subscriber, seen: number): Subscriber {
  return {
    deliver(changes) {
      const fresh = changes.filter(({ revision }) => revision > seen)
      if (fresh.length > 0) subscriber.deliver(fresh)
    },
    progress: (revision) => subscriber.progress(Math.max(revision, seen)),
    end: (reason) => subscriber.end(reason),
  }
}
