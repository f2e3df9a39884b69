// A manifest that the hub and somebody else on the member keep changing back and forth. The hub puts it right ever less
// often, so that neither side is kept busy, and says who it is at odds with.
import type { Repairs } from '../../api/placement-record.ts'
import { withAuthors } from './authors.ts'
import { identityText } from './identity.ts'
import type { ManifestOutcome } from './result.ts'

/** Changes that are undone at once; from then on the hub waits, twice as long each time, up to the longest. */
const undoneAtOnce = 3
const longestMs = 5 * 60_000
/** Left in peace for this long, a manifest is no longer contested. */
const forgottenMs = 2 * longestMs

/** The record after a change was undone. Times are RFC 3339; `now` is epoch milliseconds. */
function repaired(before: Repairs | undefined, object: string, by: string | undefined, now: number): Repairs {
  const time = new Date(now).toISOString()
  const known = before && !isForgotten(before, now) ? before : { object, count: 0, since: time }
  const author = by ?? before?.by
  return { object, count: known.count + 1, since: known.since, last: time, ...(author !== undefined && { by: author }) }
}

/** The records after a round: changes it undid are counted, what was left in peace for long is forgotten. */
export function repairsAfter(
  outcomes: readonly ManifestOutcome[],
  known: readonly Repairs[],
  now: number,
): readonly Repairs[] {
  const after = new Map(
    known.filter((contest) => !isForgotten(contest, now)).map((contest) => [contest.object, contest]),
  )
  for (const { id, repaired: undone, drifts = [], found } of outcomes) {
    const object = identityText(id)
    if (!undone || object === undefined) continue
    const by = withAuthors(drifts, found).find(({ manager }) => manager !== undefined)?.manager
    after.set(object, repaired(after.get(object), object, by, now))
  }
  return [...after.values()]
}

function isForgotten({ last }: Repairs, now: number): boolean {
  return now - Date.parse(last) > forgottenMs
}

/** Until when the object is left as others made it, in epoch milliseconds. */
export function leftAloneUntil({ count, last }: Repairs): number {
  const over = count - undoneAtOnce
  return over < 0 ? 0 : Date.parse(last) + Math.min(longestMs, 1_000 * 2 ** over)
}

/** What the user reads about it; undefined while nothing is contested. */
export function contestText({ count, since, by }: Repairs): string | undefined {
  if (count <= undoneAtOnce) return undefined
  const who = by === undefined ? 'something on the member' : `field manager ${by} on the member`
  return `${who} has changed the object ${count} times since ${since.slice(0, 19)}Z; it is put right ever less often, at least every ${longestMs / 60_000} minutes`
}
