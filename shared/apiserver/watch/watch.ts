// Watches: a stream of events after a revision, with heartbeats, bookmarks and an end. A watcher that does not read loses
// its stream; nothing is kept for it beyond a bounded backlog.
import { errorMessage } from '../../errors.ts'
import { expired, StatusError, tooMany } from '../http/status-error.ts'
import type { Call } from '../resource/call.ts'
import { asServed } from '../resource/stored-form.ts'
import type { ChangeTails, Subscriber } from './change-tail.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { initialPages, type Shown, waitForRevision, wasShown } from './initial-events.ts'
import { viewChanges } from './view-changes.ts'
import { bookmark, encodeEvent, errorEvent, eventRenderer, heartbeat } from './watch-event.ts'
import { type WatchPlan, watchPlan } from './watch-plan.ts'

/** Counts the watches of one instance. */
export interface WatchSlots {
  open: number
}

/** What waits between the stream and its reader: 16 small events, or one large. */
const bufferedChunks = 16
const chunkBytes = 4_096
const retryAfterSeconds = 5

/** Starts the watch of a call. Throws StatusError before the stream begins: bad options, 429 when there are too many. */
export function watch(call: Call, tails: ChangeTails, slots: WatchSlots): Response {
  const { limits } = call.server
  const plan = watchPlan(call)
  if (slots.open >= limits.watches) {
    throw tooMany(`this instance serves ${limits.watches} watches already`, retryAfterSeconds)
  }
  slots.open += 1
  const left = new AbortController()
  const chunks = guarded(call, stream(call, plan, tails, left.signal))
  const close = once(() => {
    slots.open -= 1
    left.abort()
    // Between two reads the stream stands still at an event: this ends it there.
    void chunks.return(undefined)
  })
  call.request.signal.addEventListener('abort', close, { once: true })
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  }
  return new Response(readable(call, chunks, close), { headers })
}

function readable(call: Call, chunks: AsyncGenerator<Uint8Array, void>, close: () => void): ReadableStream<Uint8Array> {
  const { clock, limits } = call.server
  let patience: AbortController | undefined

  /** Ends the stream unless it is read from in time. */
  async function expectReader(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    patience = new AbortController()
    try {
      await clock.sleep(limits.stallSeconds * 1_000, patience.signal)
    } catch {
      return
    }
    close()
    controller.error(new Error(`nothing was read for ${limits.stallSeconds} s`))
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        patience?.abort()
        const { done, value } = await chunks.next()
        if (done) {
          close()
          return controller.close()
        }
        controller.enqueue(value)
        if ((controller.desiredSize ?? 0) <= 0) void expectReader(controller)
      },
      cancel() {
        patience?.abort()
        close()
      },
    },
    // The watch must begin now, not when somebody first reads.
    { highWaterMark: bufferedChunks, size: (chunk) => Math.max(1, chunk.length / chunkBytes) },
  )
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

/** Whatever goes wrong inside a stream becomes an ERROR event: the answer's code is long gone. */
async function* guarded(call: Call, chunks: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks
  } catch (error) {
    if (error instanceof StatusError) return yield errorEvent(error)
    call.server.log.error('a watch failed', { error: errorMessage(error) })
    yield errorEvent(new StatusError(500, 'InternalError', 'an error on the server has ended the watch'))
  }
}

async function* stream(
  call: Call,
  plan: WatchPlan,
  tails: ChangeTails,
  left: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  yield heartbeat
  const renderer = eventRenderer(call, plan.selection)
  const shown: Shown = { revision: plan.from ?? 0, newest: 0, newer: new Map() }
  const ahead = plan.from !== undefined && plan.from > (tails.reached(call.kind.storage) ?? 0)
  if (ahead) await waitForRevision(call, plan.from)
  if (plan.initial) {
    for await (const items of initialPages(call, shown)) {
      for (const { object } of items) yield encodeEvent('ADDED', renderer.render(asServed(call.kind, object)))
    }
  } else if (plan.from === undefined) shown.revision = await newestRevision(call)
  const { limits, clock } = call.server
  const backlog = { events: limits.watchBacklog, bytes: limits.watchBacklogBytes }
  const queue = createEventQueue(backlog, shown.revision, clock)
  left.addEventListener('abort', queue.close, { once: true })
  if (left.aborted) return
  const leave = follow(call, tails, shown.revision, {
    deliver(changes) {
      for (const change of changes) {
        if (wasShown(shown, change)) continue
        const event = renderer.event(change)
        if (event && !queue.push(event)) return
      }
    },
    progress: queue.progress,
    end: queue.end,
  })
  try {
    yield* live(call, plan, queue, shown.newest)
  } finally {
    queue.close()
    leave()
  }
}

async function newestRevision(call: Call): Promise<number> {
  const shown: Shown = { revision: 0, newest: 0, newer: new Map() }
  await initialPages(call, shown).next()
  return shown.revision
}

function follow(call: Call, tails: ChangeTails, revision: number, subscriber: Subscriber): () => void {
  const { server, kind } = call
  const view = server.views?.(kind.storage)
  if (!view) return tails.follow(kind.storage, revision, subscriber)
  if (view.watch) return view.watch(revision, subscriber)
  return viewChanges({ view, clock: server.clock, log: server.log }, revision, subscriber)
}

/** Events as they come. `announceAt`: what existed has been shown once this revision is reached. */
async function* live(call: Call, plan: WatchPlan, queue: EventQueue, announceAt: number) {
  const { clock } = call.server
  const beats = createBeats(call, plan)
  let toAnnounce = plan.announceInitialEnd
  while (!queue.closed) {
    // Noted before what waits is taken: more may arrive while it is being sent.
    const { revision: reached, ended } = queue
    yield* queue.take()
    if (ended?.reason === 'expired') throw expired(tooOld(reached, ended.oldest))
    if (ended) return
    if (toAnnounce && reached >= announceAt) {
      toAnnounce = false
      yield bookmark(call, reached, true)
    }
    if (clock.now() >= plan.endsAt) {
      if (plan.bookmarks) yield bookmark(call, reached, false)
      return
    }
    yield* beats.due(reached)
    await queue.arrival(Math.min(plan.endsAt, beats.next()) - clock.now())
  }
}

function tooOld(revision: number, oldest: number | undefined): string {
  return `too old resource version: ${revision}${oldest === undefined ? '' : ` (${oldest})`}`
}

/** The regular signs of life: heartbeats for the connection, bookmarks for those who asked. */
function createBeats(call: Call, { bookmarks }: WatchPlan) {
  const { clock, limits } = call.server
  let heartbeatAt = clock.now() + limits.heartbeatSeconds * 1_000
  let bookmarkAt = bookmarks ? clock.now() + limits.bookmarkSeconds * 1_000 : Number.POSITIVE_INFINITY
  return {
    *due(reached: number): Generator<Uint8Array, void> {
      const now = clock.now()
      if (now >= bookmarkAt) {
        bookmarkAt = now + limits.bookmarkSeconds * 1_000
        yield bookmark(call, reached, false)
      }
      if (now >= heartbeatAt) {
        heartbeatAt = now + limits.heartbeatSeconds * 1_000
        yield heartbeat
      }
    },
    next: () => Math.min(heartbeatAt, bookmarkAt),
  }
}
