// Waiting for the world to look a certain way, in tests against real processes.
import { setTimeout as delay } from 'node:timers/promises'

/** Asks every `pauseMs` until `look` answers without throwing; gives up after `ms` with what it threw last. */
export async function eventually<T>(what: string, look: () => Promise<T> | T, ms = 30_000, pauseMs = 150): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (Date.now() > end)
        throw new Error(`never ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
    await delay(pauseMs)
  }
}
