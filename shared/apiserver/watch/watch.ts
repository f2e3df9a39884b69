// Watches: a stream of events after a revision, with heartbeats, bookmarks and an end.
import { keyText } from '../../api/kube-object.ts'
import { errorMessage } from '../../errors.ts'
import type { Change } from '../../ports/object-store.ts'
import { isTrue } from '../http/request-info.ts'
import { expired, futureRevision, StatusError, tooMany } from '../http/status-error.ts'
import { type Call, integerParameter, revisionParameter } from '../resource/call.ts'
import { listError } from '../resource/read.ts'
import { type Selection, selectedObjects, selectionOf } from '../resource/selection.ts'
import { asServed } from '../resource/stored-form.ts'
import { viewRevision } from '../views.ts'
import type { ChangeTails } from './change-tail.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { viewChanges } from './view-changes.ts'
import { bookmark, encodeEvent, errorEvent, eventOf, eventRenderer, heartbeat } from './watch-event.ts'

/** Counts the watches of one instance. */
export interface WatchSlots {
  open: number
}

interface WatchPlan {
  /** Undefined: from whatever is newest. */
  readonly from: number | undefined
  /** Show what exists before what changes. */
  readonly initial: boolean
  readonly bookmarks: boolean
  /** Tell when what existed has been shown (WatchList). */
  readonly announceInitialEnd: boolean
  readonly selection: Selection
  /** Epoch milliseconds. */
  readonly endsAt: number
}

const defaultSeconds = 3_600
const bufferedChunks = 16
const retryAfterSeconds = 5
/** How long a watch from a revision of the future waits for it. */
const futureWaitMs = 3_000
const futurePollMs = 200

/** Starts the watch of a call. Throws StatusError before the stream begins: bad options, 429 when there are too many. */
export function watch(call: Call, tails: ChangeTails, slots: WatchSlots): Response {
  const { limits } = call.server
  const plan = watchPlan(call)
  if (slots.open >= limits.watches) {
    throw tooMany(`this instance serves ${limits.watches} watches already`, retryAfterSeconds)
  }
  slots.open += 1
  const cancelled = new AbortController()
  const chunks = guarded(call, stream(call, plan, tails, cancelled.signal))
  const close = () => {
    cancelled.abort()
    slots.open -= 1
  }
  let closed = false
  const closeOnce = () => {
    if (!closed) close()
    closed = true
  }
  call.request.signal.addEventListener('abort', closeOnce, { once: true })
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (!done) return controller.enqueue(value)
        closeOnce()
        controller.close()
      },
      async cancel() {
        closeOnce()
        await chunks.return(undefined)
      },
    },
    // The watch must begin now, not when somebody first reads.
    { highWaterMark: bufferedChunks },
  )
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  }
  return new Response(body, { headers })
}

function watchPlan(call: Call): WatchPlan {
  const { target, server } = call
  const { query } = target
  const from = revisionParameter(query)
  const match = query.get('resourceVersionMatch')
  const sendInitial = query.get('sendInitialEvents')
  const initialAsked = sendInitial !== null && isTrue(sendInitial)
  if (sendInitial !== null && match !== 'NotOlderThan') {
    throw listError(
      'resourceVersionMatch',
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  if (sendInitial === null && match) {
    throw listError(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const fromNewest = from === undefined || from === 0
  const asked = integerParameter(query, 'timeoutSeconds') || defaultSeconds
  const seconds = Math.min(asked, server.limits.watchSeconds * (0.9 + 0.1 * server.random()))
  return {
    from: from === 0 ? undefined : from,
    initial: sendInitial === null ? fromNewest : initialAsked,
    bookmarks,
    announceInitialEnd: initialAsked && bookmarks,
    selection: selectionOf(call),
    endsAt: server.clock.now() + seconds * 1_000,
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
  cancelled: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  yield heartbeat
  const render = eventRenderer(call)
  const newer = new Map<string, number>()
  let revision = plan.from
  if (plan.initial || revision === undefined) {
    const page = await initialPage(call, plan)
    revision = page.revision
    for (const item of plan.initial ? page.items : []) {
      // An item newer than the list comes again in the log; it must not be shown twice.
      if (item.revision > page.revision) newer.set(keyText(item.key), item.revision)
      yield encodeEvent('ADDED', render(asServed(call.kind, item.object)))
    }
    if (plan.announceInitialEnd) yield bookmark(call, revision, true)
  } else await waitForRevision(call, revision)
  const queue = createEventQueue(call.server.limits.watchBacklog, revision)
  const leave = follow(call, tails, revision, queue)
  try {
    yield* live(call, plan, { queue, render, newer }, cancelled)
  } finally {
    leave()
  }
}

async function initialPage(call: Call, plan: WatchPlan) {
  if (plan.from !== undefined) await waitForRevision(call, plan.from)
  return await selectedObjects(call, {})
}

function follow(call: Call, tails: ChangeTails, revision: number, queue: EventQueue): () => void {
  const { server, kind } = call
  const view = server.views?.(kind.storage)
  if (!view) return tails.follow(kind.storage, revision, queue)
  if (view.watch) return view.watch(revision, queue)
  return viewChanges({ view, clock: server.clock, log: server.log }, revision, queue)
}

/** A revision this store has not given out yet is waited for a little: another instance may be ahead. */
async function waitForRevision(call: Call, wanted: number): Promise<void> {
  const { server, kind } = call
  const until = server.clock.now() + futureWaitMs
  const view = server.views?.(kind.storage)
  for (;;) {
    const current = view ? await viewRevision(view) : await server.store.revision(kind.storage)
    if (current >= wanted) return
    if (server.clock.now() >= until) throw futureRevision(wanted, current)
    await server.clock.sleep(futurePollMs)
  }
}

interface Live {
  readonly queue: EventQueue
  readonly render: ReturnType<typeof eventRenderer>
  readonly newer: ReadonlyMap<string, number>
}

async function* live(call: Call, plan: WatchPlan, { queue, render, newer }: Live, cancelled: AbortSignal) {
  const { clock } = call.server
  const beats = createBeats(call, plan)
  while (!cancelled.aborted) {
    const reached = queue.revision
    for (const change of queue.take().filter((taken) => !wasShown(newer, taken))) {
      const event = eventOf(call, plan.selection, change)
      if (event) yield encodeEvent(event.type, render(event.object))
    }
    if (queue.ended === 'expired') throw expired(`too old resource version: ${reached}`)
    if (queue.ended !== undefined) return
    if (clock.now() >= plan.endsAt) {
      if (plan.bookmarks) yield bookmark(call, reached, false)
      return
    }
    yield* beats.due(reached)
    const arrived = AbortSignal.any([queue.arrival, cancelled])
    await sleepUntil(clock, Math.min(plan.endsAt, beats.next()) - clock.now(), arrived)
  }
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

/** The list before the watch showed this state, or a newer one, already. */
function wasShown(newer: ReadonlyMap<string, number>, { key, revision }: Change): boolean {
  return revision <= (newer.get(keyText(key)) ?? 0)
}

async function sleepUntil(clock: Call['server']['clock'], ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  try {
    await clock.sleep(Math.max(0, ms), signal)
  } catch {
    // Something arrived, or the watcher left.
  }
}
