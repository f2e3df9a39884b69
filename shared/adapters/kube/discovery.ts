// What a member serves, asked per group and version and kept for a while. A kind that is missing is asked for again.
import { z } from 'zod'
import type { GroupVersionKind } from '../../api/kube-object.ts'
import { TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { MemberResource } from '../../ports/member-cluster.ts'

/** A kind seldom changes its plural or scope; a CRD that was replaced is noticed after this long, or on its first 404. */
const freshMs = 10 * 60_000
/** Many manifests of a kind that is missing ask once a second, not once each. */
const missedMs = 1_000
/** A definition just written is served within this time; until then a miss is not remembered. */
const settlingMs = 5_000

const ResourceList = z.looseObject({
  resources: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      group: z.string().optional(),
      version: z.string().optional(),
    }),
  ),
})

interface Entry {
  readonly at: number
  readonly kinds: Promise<ReadonlyMap<string, MemberResource>>
}

/** The kinds of one member. */
export interface Discovery {
  /** Throws what `fetchList` throws; a failure is not remembered. */
  resolve(gvk: GroupVersionKind): Promise<MemberResource | undefined>
  /** Kinds are about to be served: a CustomResourceDefinition was written. */
  expectKinds(): void
  /** Forgets a group and version, after the member no longer knew one of its resources. */
  forget(group: string, version: string): void
}

/** `fetchList` answers the APIResourceList at a path, or `undefined` when the member does not serve that path. */
export function createDiscovery(clock: Clock, fetchList: (path: string) => Promise<unknown | undefined>): Discovery {
  const entries = new Map<string, Entry>()
  let expectedUntil = 0

  const load = (group: string, version: string): Entry => {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const entry: Entry = { at: clock.now(), kinds: readKinds(group, version, fetchList(path)) }
    entries.set(path, entry)
    entry.kinds.catch(() => {
      if (entries.get(path) === entry) entries.delete(path)
    })
    return entry
  }
  const current = (group: string, version: string): Entry => {
    const entry = entries.get(group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
    return entry && clock.now() - entry.at < freshMs ? entry : load(group, version)
  }

  return {
    resolve: async ({ group, version, kind }) => {
      if (!isSegment(version) || (group !== '' && !isSegment(group))) return undefined
      const entry = current(group, version)
      const found = (await entry.kinds).get(kind)
      const now = clock.now()
      if (found || (now >= expectedUntil && now - entry.at < missedMs)) return found
      return (await load(group, version).kinds).get(kind)
    },
    expectKinds: () => {
      expectedUntil = clock.now() + settlingMs
    },
    forget: (group, version) => void entries.delete(group === '' ? `/api/${version}` : `/apis/${group}/${version}`),
  }
}

/** Groups and versions are DNS names; anything else cannot be served and must not reach a path. */
const isSegment = (text: string) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)

async function readKinds(
  group: string,
  version: string,
  answer: Promise<unknown | undefined>,
): Promise<ReadonlyMap<string, MemberResource>> {
  const value = await answer
  if (value === undefined) return new Map()
  const list = ResourceList.safeParse(value)
  if (!list.success) throw new TransientError(`the member's discovery of ${group || 'v1'}/${version} cannot be read`)
  return new Map(
    list.data.resources
      // Subresources have a slash; entries with a version of their own belong to another group, e.g. Scale.
      .filter((resource) => !resource.name.includes('/'))
      .map(({ name, kind, namespaced }) => [kind, { group, version, kind, resource: name, namespaced }]),
  )
}
