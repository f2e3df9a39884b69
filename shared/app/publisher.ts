// Sends what was committed, right after the commit. What it cannot send stays in the outbox and `relay-outbox` sends it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { errorMessage } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { MessageBus } from '../ports/message-bus.ts'
import type { Committed, Outbox, OutboxEntry } from '../ports/outbox.ts'

export interface Publisher {
  /** Hand this to the stores. */
  committed(outbox: () => Outbox): Committed
  /** Runs one invocation's work and waits until what it committed is sent or given up: it must not end before. */
  during<T>(work: () => Promise<T>): Promise<T>
}

export function createPublisher({ bus, log }: { bus: Pick<MessageBus, 'send'>; log: Log }): Publisher {
  /** What the invocation at hand has under way. */
  const invocations = new AsyncLocalStorage<Set<Promise<void>>>()

  async function publish(entry: OutboxEntry, outbox: Outbox): Promise<void> {
    try {
      await bus.send(entry.messages)
      await outbox.settle([entry])
    } catch (error) {
      log.warn('messages stay in the outbox', { entry: entry.id, error: errorMessage(error) })
    }
  }

  return {
    committed: (outbox) => (entry) => {
      const work = publish(entry, outbox())
      invocations.getStore()?.add(work)
    },
    async during(work) {
      const underWay = new Set<Promise<void>>()
      try {
        return await invocations.run(underWay, work)
      } finally {
        await Promise.all(underWay)
      }
    },
  }
}

/** Sends entries older than `olderThanMs`, oldest first. Returns how many were sent. Throws what the bus throws. */
export async function relayOutbox(
  { bus, outboxes, clock }: { bus: Pick<MessageBus, 'send'>; outboxes: readonly Outbox[]; clock: { now(): number } },
  { olderThanMs = 30_000, limit = 500 }: { olderThanMs?: number; limit?: number } = {},
): Promise<number> {
  let sent = 0
  for (const outbox of outboxes) {
    const entries = await outbox.pending(clock.now() - olderThanMs, limit)
    if (entries.length === 0) continue
    await bus.send(entries.flatMap(({ messages }) => messages))
    await outbox.settle(entries)
    sent += entries.length
  }
  return sent
}
