// What exists when a watch begins, read a page at a time so that a big type costs a watcher no more memory than a small one.
import { keyText } from '../../api/kube-object.ts'
import type { Change } from '../../ports/object-store.ts'
import { futureRevision } from '../http/status-error.ts'
import type { Call } from '../resource/call.ts'
import { type SelectedPage, selectedObjects } from '../resource/selection.ts'
import { viewRevision } from '../views.ts'

/** Objects read at once; views are rendered whole. */
const pageObjects = 500
/** How long a watch from a revision of the future waits for it. */
const futureWaitMs = 3_000
const futurePollMs = 200

/** Items shown at a newer state than the list's revision: their changes up to there come again in the log. */
export interface Shown {
  /** Following the log from here misses nothing. */
  revision: number
  /** The newest state shown. */
  newest: number
  readonly newer: Map<string, number>
}

/** The pages of the list, noting in `shown` what the log will repeat. */
export async function* initialPages(call: Call, shown: Shown): AsyncGenerator<SelectedPage['items'], void> {
  const paged = call.server.views?.(call.kind.storage) === undefined
  let page: SelectedPage | undefined
  do {
    const after = page?.next
    const next: SelectedPage = await selectedObjects(call, {
      ...(paged && { limit: pageObjects }),
      ...(after && { after }),
    })
    if (!page) shown.revision = next.revision
    if (paged) note(shown, next.items)
    yield next.items
    page = next
  } while (page.next)
}

/** Versions of a view's objects tell nothing of its order: only stored ones are noted. */
function note(shown: Shown, items: SelectedPage['items']): void {
  for (const { key, revision } of items) {
    if (revision > shown.revision) shown.newer.set(keyText(key), revision)
    shown.newest = Math.max(shown.newest, revision)
  }
}

/** The list before the watch showed this state, or a newer one, already. */
export function wasShown({ newer }: Shown, { key, revision }: Change): boolean {
  return revision <= (newer.get(keyText(key)) ?? 0)
}

/**
 * A revision this store has not given out yet is waited for a little: another instance may be ahead. Throws StatusError
 * 504 when it does not come.
 */
export async function waitForRevision(call: Call, wanted: number): Promise<void> {
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
