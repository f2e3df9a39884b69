// The real clock and random source of the process, and a log that writes JSON lines. Everything else gets them injected.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock, Ids } from '../../ports/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

/** The alphabet of generateName: no vowels, no look-alikes. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  suffix: (length) => Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join(''),
}
