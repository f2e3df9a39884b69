// Spares a member: at most so many calls at once and so many starts a second, first come first served.
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'

/** How hard one member may be driven. */
export interface Limits {
  /** Calls in flight. */
  readonly inFlight: number
  /** Calls started per second, on average; `burst` of them may start at once. */
  readonly perSecond: number
  readonly burst: number
}

/** Lets calls start, in the order they came. */
export interface Limiter {
  /**
   * Resolves when a call may start, with what to call when it ended. Throws TransientError at once when the queue is
   * longer than `patienceMs`; rejects with the signal's reason when it is aborted while waiting.
   */
  enter(patienceMs: number, signal: AbortSignal): Promise<() => void>
}

/** A limiter that has not let anything start yet. */
export function createLimiter(clock: Clock, limits: Limits): Limiter {
  const intervalMs = 1_000 / limits.perSecond
  const waiting = new Set<() => void>()
  let nextAt = 0
  let active = 0

  /** A start time of its own for every call; after a pause at most `burst` lie in the past. */
  const startTime = (now: number, patienceMs: number) => {
    const at = Math.max(nextAt, now - (limits.burst - 1) * intervalMs)
    if (at - now > patienceMs) {
      const retryAfterMs = Math.ceil(at - now)
      throw new TransientError(`more than ${limits.perSecond} calls a second are waiting for this cluster`, {
        retryAfterMs,
      })
    }
    nextAt = at + intervalMs
    return at
  }
  const leave = () => {
    const next = waiting.values().next().value
    if (!next) active -= 1
    else {
      waiting.delete(next)
      next()
    }
  }
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        waiting.delete(start)
        reject(signal.reason)
      }
      waiting.add(start)
      signal.addEventListener('abort', giveUp, { once: true })
    })

  return {
    enter: async (patienceMs, signal) => {
      signal.throwIfAborted()
      const now = clock.now()
      const at = startTime(now, patienceMs)
      if (at > now) await clock.sleep(at - now, signal)
      if (active < limits.inFlight) active += 1
      else await turn(signal)
      let left = false
      return () => {
        if (!left) leave()
        left = true
      }
    },
  }
}
