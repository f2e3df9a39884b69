// Events on their way to one watcher, ready to send: bounded by number and size, with one waiting reader.
import type { Clock } from '../../ports/clock.ts'

/** How much a watcher may owe. Events are shared between the watchers that see the same, so this is an upper bound. */
export interface Backlog {
  readonly events: number
  readonly bytes: number
}

export type EndReason = 'expired' | 'failed' | 'overflow'

export interface EventQueue {
  /** Whether it was taken: after the end, and beyond the backlog, nothing is. */
  push(event: Uint8Array): boolean
  /** Everything up to here was pushed. */
  progress(revision: number): void
  /** No more will come, once what waits is taken. `oldest` is the first revision an expired watcher may start after. */
  end(reason: EndReason, oldest?: number): void
  /** What waits now; empties the queue. */
  take(): Uint8Array[]
  readonly revision: number
  readonly ended: { readonly reason: EndReason; readonly oldest: number | undefined } | undefined
  /** Resolves when something arrived or ended, when it is closed, or after `ms`. */
  arrival(ms: number): Promise<void>
  /** The reader left. */
  close(): void
  readonly closed: boolean
}

export function createEventQueue(backlog: Backlog, revision: number, clock: Pick<Clock, 'sleep'>): EventQueue {
  let waiting: Uint8Array[] = []
  let bytes = 0
  let ended: EventQueue['ended']
  let reached = revision
  let closed = false
  let sleeper: AbortController | undefined

  const end = (reason: EndReason, oldest?: number) => {
    ended ??= { reason, oldest }
    sleeper?.abort()
  }
  return {
    push(event) {
      if (ended !== undefined || closed) return false
      if (waiting.length >= backlog.events || (bytes > 0 && bytes + event.length > backlog.bytes)) {
        end('overflow')
        return false
      }
      waiting.push(event)
      bytes += event.length
      sleeper?.abort()
      return true
    },
    progress(revision) {
      if (ended === undefined) reached = Math.max(reached, revision)
    },
    end,
    take() {
      const taken = waiting
      waiting = []
      bytes = 0
      return taken
    },
    get revision() {
      return reached
    },
    get ended() {
      return ended
    },
    async arrival(ms) {
      if (waiting.length > 0 || ended !== undefined || closed) return
      sleeper = new AbortController()
      try {
        await clock.sleep(Math.max(0, ms), sleeper.signal)
      } catch {
        // Something arrived, or the reader left.
      } finally {
        sleeper = undefined
      }
    },
    close() {
      closed = true
      waiting = []
      sleeper?.abort()
    },
    get closed() {
      return closed
    },
  }
}
