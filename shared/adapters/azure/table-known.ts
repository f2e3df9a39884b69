// What this process saw last of counters and object rows. Only a hint: every write proves it by etag.
import type { Counter } from './table-rows.ts'

/** What must be known of an object's row to replace it: `bodyRows` points at the overflow rows of its body. */
export interface Tag {
  readonly revision: number
  readonly etag: string
  readonly bodyRows: string | undefined
  /** The entries it is found under are there. */
  readonly indexed: boolean
}

export interface Known {
  readonly counters: Map<string, Counter>
  tag(partition: string, row: string): Tag | undefined
  remember(partition: string, row: string, tag: Tag): Tag
}

const rememberedTags = 5_000

export function createKnown(): Known {
  const tags = new Map<string, Tag>()
  return {
    counters: new Map(),
    tag: (partition, row) => tags.get(`${partition} ${row}`),
    remember(partition, row, tag) {
      const id = `${partition} ${row}`
      tags.delete(id)
      tags.set(id, tag)
      const oldest = tags.size > rememberedTags ? tags.keys().next() : undefined
      if (oldest && !oldest.done) tags.delete(oldest.value)
      return tag
    },
  }
}
