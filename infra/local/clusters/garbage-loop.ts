// Drives the API server's garbage collector for a simulated cluster, from the messages its writes commit.
import { GarbageMessage, type Message } from '../../../shared/api/message.ts'
import type { GarbageCollector } from '../../../shared/apiserver/garbage.ts'
import { errorMessage } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Log } from '../../../shared/ports/log.ts'

/** After a failure, which in memory is a lost race, the message comes back this soon. */
const againMs = 100
/**
 * The collector asks to come back when something else must go first, after seconds, because in the hub that is a message.
 * Here coming back is free, so it begins quickly and slows down to that.
 */
const firstAgainMs = 20

/** Takes the messages of committed writes. */
export interface GarbageLoop {
  collect(messages: readonly Message[]): void
  close(): void
}

/** Handles messages at once, side by side, each until it is done. */
export function createGarbageLoop(collector: () => GarbageCollector, clock: Clock, log: Log): GarbageLoop {
  const stop = new AbortController()
  const handle = async (message: GarbageMessage): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      const outcome = await collector()
        .collectGarbage(message)
        .catch((error: unknown) => {
          log.warn('garbage collection is tried again', { error: errorMessage(error) })
          return { again: againMs } as const
        })
      if (outcome === 'done') return
      await clock.sleep(Math.min(outcome.again, firstAgainMs * 2 ** attempt), stop.signal)
    }
  }
  return {
    collect: (messages) => {
      for (const message of messages) {
        if (message.queue !== 'collect-garbage') continue
        // Sleeping ends with an error when the cluster is closed, which is the end of it.
        handle(GarbageMessage.parse(message.body)).catch(() => undefined)
      }
    },
    close: () => stop.abort(new Error('the cluster is closed')),
  }
}
