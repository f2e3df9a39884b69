// Events on their way to one watcher: bounded, with one waiting reader.
import type { Change } from '../../ports/object-store.ts'
import type { Subscriber } from './change-tail.ts'

export interface EventQueue extends Subscriber {
  /** What waits now; empties the queue. */
  take(): Change[]
  /** Everything up to here was delivered into the queue. */
  readonly revision: number
  /** Why no more will come, once what waits is taken. */
  readonly ended: 'expired' | 'failed' | 'overflow' | undefined
  /** Aborted when something arrived or ended; a new one after every `take`. */
  readonly arrival: AbortSignal
}

export function createEventQueue(limit: number, revision: number): EventQueue {
  let waiting: Change[] = []
  let ended: EventQueue['ended']
  let reached = revision
  let arrival = new AbortController()
  return {
    take() {
      const taken = waiting
      waiting = []
      if (ended === undefined) arrival = new AbortController()
      return taken
    },
    get revision() {
      return reached
    },
    get ended() {
      return ended
    },
    get arrival() {
      return arrival.signal
    },
    deliver(changes) {
      if (ended !== undefined) return
      waiting.push(...changes)
      if (waiting.length > limit) {
        waiting.length = limit
        ended = 'overflow'
      }
      arrival.abort()
    },
    progress(revision) {
      if (ended === undefined) reached = Math.max(reached, revision)
    },
    end(reason) {
      ended ??= reason
      arrival.abort()
    },
  }
}
