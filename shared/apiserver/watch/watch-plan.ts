// What a watch was asked to show, worked out before its stream begins.
import { isTrue } from '../http/request-info.ts'
import { type Call, integerParameter, revisionParameter } from '../resource/call.ts'
import { listError } from '../resource/read.ts'
import { type Selection, selectionOf } from '../resource/selection.ts'

export interface WatchPlan {
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

/** Throws StatusError 400 or 422 for options a watch cannot have. */
export function watchPlan(call: Call): WatchPlan {
  const { target, server } = call
  const { query } = target
  const from = revisionParameter(query)
  const sendInitial = query.get('sendInitialEvents')
  const initialAsked = isTrue(sendInitial)
  checkMatch(sendInitial, query.get('resourceVersionMatch'))
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const fromNewest = from === undefined || from === 0
  const asked = integerParameter(query, 'timeoutSeconds') ?? defaultSeconds
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

function checkMatch(sendInitial: string | null, match: string | null): void {
  const field = 'resourceVersionMatch'
  const supported =
    match && match !== 'NotOlderThan' ? [`Unsupported value: "${match}": supported values: "NotOlderThan"`] : []
  if (sendInitial !== null && match !== 'NotOlderThan') {
    const needed = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    throw listError(field, needed, ...supported)
  }
  if (sendInitial === null && match) {
    const alone = 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    throw listError(field, alone, ...supported)
  }
}
