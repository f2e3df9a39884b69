// Sends what was committed, right after the commit. What it cannot send stays in the outbox and `relay-outbox` sends it.
import { errorMessage } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { MessageBus } from '../ports/message-bus.ts'
import type { Committed, Outbox, OutboxEntry } from '../ports/outbox.ts'

export interface Publisher {
  /** Hand this to the stores. */
  committed(outbox: () => Outbox): Committed
  /** Resolves when everything committed before the call is sent or given up. A function must not end before. */
  drain(): Promise<void>
}

export function createPublisher({ bus, log }: { bus: Pick<MessageBus, 'send'>; log: Log }): Publisher {
  const underWay = new Set<Promise<void>>()

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
      const work = publish(entry, outbox()).finally(() => underWay.delete(work))
      underWay.add(work)
    },
    async drain() {
      await Promise.all(underWay)
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
    await bus.send(entries.flatMap(({ messages }) => messages))
    await outbox.settle(entries)
    sent += entries.length
  }
  return sent
}
