// Sends what was committed, right after the commit. What it cannot send stays in the outbox and `relay-outbox` sends it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { errorMessage } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { MessageBus } from '../ports/message-bus.ts'
import type { Committed, Outbox, OutboxEntry } from '../ports/outbox.ts'
import { mergeMessages } from './merge-messages.ts'

export interface Publisher {
  /** Hand this to the stores. */
  committed(outbox: () => Outbox): Committed
  /** Runs one invocation's work and waits until what it committed is sent or given up: it must not end before. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** Entries of one sending; those that wait for it to begin join it. */
interface Sending {
  readonly entries: OutboxEntry[]
  /** Resolves when they are sent and settled, or given up. */
  readonly done: Promise<void>
}

/** One send can carry this many entries: settling them is one table transaction. */
const entriesAtOnce = 100

export function createPublisher({ bus, log }: { bus: Pick<MessageBus, 'send'>; log: Log }): Publisher {
  /** What the invocation at hand has under way. */
  const invocations = new AsyncLocalStorage<Set<Promise<void>>>()

  async function send(entries: readonly OutboxEntry[]): Promise<boolean> {
    try {
      await bus.send(mergeMessages(entries.flatMap(({ messages }) => messages)))
      return true
    } catch (error) {
      stays(entries, error)
      return false
    }
  }

  function stays(entries: readonly OutboxEntry[], error: unknown): void {
    log.warn('messages stay in the outbox', { entries: entries.map(({ id }) => id).join(), error: errorMessage(error) })
  }

  /** While one send is under way, whatever is committed waits and goes with the next. */
  function sender(outbox: () => Outbox): (entry: OutboxEntry) => Promise<void> {
    let free: Promise<unknown> = Promise.resolve()
    let next: Sending | undefined
    return (entry) => {
      if (next && next.entries.length < entriesAtOnce) {
        next.entries.push(entry)
        return next.done
      }
      const entries = [entry]
      const sent = free.then(() => {
        if (next === sending) next = undefined
        return send(entries)
      })
      const settled = sent.then(async (wentOut) => {
        if (wentOut) await outbox().settle(entries)
      })
      const sending: Sending = { entries, done: settled.catch((error: unknown) => stays(entries, error)) }
      free = sent
      next = sending
      return sending.done
    }
  }

  return {
    committed(outbox) {
      const publish = sender(outbox)
      return (entry) => {
        const work = publish(entry)
        invocations.getStore()?.add(work)
      }
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
    await bus.send(mergeMessages(entries.flatMap(({ messages }) => messages)))
    await outbox.settle(entries)
    sent += entries.length
  }
  return sent
}
