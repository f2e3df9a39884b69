// What others change on a member, as its API server tells it: metadata alone, without what this process did itself.
import { z } from 'zod'
import { ObjectMeta } from '../../api/kube-object.ts'
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { MemberChange, MemberWatch, MemberWatchEnd } from '../../ports/member-cluster.ts'
import { failureOf, objectOf } from './answer.ts'
import type { Credentials } from './credentials.ts'
import type { MemberHttp } from './http.ts'
import type { OwnChanges } from './own-changes.ts'

const asList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
const asObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
/** Objects in one page of a list. */
const pageSize = 500
/** API servers end no watch sooner. */
const shortestMs = 1_000
/** Longer than the server is asked for, so that it ends the watch by itself and says how far it came. */
const graceMs = 1_500
/** An answer to our own write may come after the news of it. */
const answerMs = 500
/** Changes heard in one watch at most; a member that changes more is looked at again from there, not drowned in. */
const maxChanges = 5_000

const List = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.looseObject({ metadata: ObjectMeta })).nullish(),
})
const Line = z.looseObject({
  type: z.string(),
  object: z.looseObject({ metadata: ObjectMeta.optional(), code: z.number().optional() }),
})

export interface MetadataReader {
  list(path: string): Promise<readonly ObjectMeta[]>
  watch(path: string, watch: MemberWatch, hear: (change: MemberChange) => void): Promise<MemberWatchEnd>
}

export function createMetadataReader(parts: {
  readonly http: MemberHttp
  readonly credentials: Credentials
  readonly clock: Clock
  readonly own: OwnChanges
}): MetadataReader {
  const { http, credentials, clock, own } = parts

  const page = async (path: string, query: Readonly<Record<string, string>>) => {
    const answer = await http.call({ method: 'GET', path, query, accept: asList })
    const list = List.safeParse(objectOf(answer, credentials, clock.now()))
    if (!list.success) throw new TransientError(`${credentials.server.host} answered with something that is no list`)
    return list.data
  }

  /** One object's metadata buys the version the collection is at. */
  const newest = async (path: string) => (await page(path, { limit: '1' })).metadata.resourceVersion

  const watch: MetadataReader['watch'] = async (path, { from, forMs, signal }, hear) => {
    const start = from ?? (await newest(path))
    const ms = Math.max(shortestMs, forMs)
    const query = {
      watch: 'true',
      resourceVersion: start,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(Math.ceil(ms / 1_000)),
    }
    const enough = new AbortController()
    const late: Promise<void>[] = []
    const tell = (change: MemberChange) => {
      if (own.isOwn(change)) return
      if (own.mayBeOwn(change))
        late.push(clock.sleep(answerMs).then(() => (own.isOwn(change) ? undefined : hear(change))))
      else hear(change)
    }
    let seen = start
    let heard = 0
    let expired = false
    const onLine = (text: string) => {
      if (enough.signal.aborted) return
      const line = parsed(text)
      if (line.type === 'ERROR') {
        // 410: the server no longer knows what happened since.
        expired = line.object.code === 410
        return enough.abort()
      }
      seen = line.object.metadata?.resourceVersion ?? seen
      if (line.type === 'BOOKMARK' || !line.object.metadata) return
      heard += 1
      tell({ type: changeType(line.type), metadata: line.object.metadata })
      if (heard >= maxChanges) enough.abort()
    }
    const ends = AbortSignal.any([enough.signal, ...(signal ? [signal] : [])])
    const answer = await http.lines({
      method: 'GET',
      path,
      query,
      accept: asObject,
      signal: ends,
      forMs: ms + graceMs,
      onLine,
    })
    await Promise.all(late)
    // What happened since is lost; the next look begins with what happens from now on.
    if (expired || answer.code === 410) return { resourceVersion: await newest(path), lost: true }
    if (answer.code !== 200) throw failureOf(answer, credentials, clock.now())
    return { resourceVersion: seen, lost: from === undefined }
  }

  return {
    watch,
    list: async (path) => {
      const items: ObjectMeta[] = []
      let more = ''
      do {
        const { metadata, items: some } = await page(path, { limit: String(pageSize), ...(more && { continue: more }) })
        items.push(...(some ?? []).map((item) => item.metadata))
        more = metadata.continue ?? ''
      } while (more !== '')
      return items
    },
  }

  function parsed(text: string): z.infer<typeof Line> {
    const line = Line.safeParse(json(text))
    if (line.success) return line.data
    throw new TransientError(`${credentials.server.host} sent something in a watch that is no event of one`)
  }
}

function changeType(text: string): MemberChange['type'] {
  return text === 'ADDED' || text === 'DELETED' ? text : 'MODIFIED'
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
