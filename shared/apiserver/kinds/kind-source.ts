// Which kinds are served right now: the built-in ones, the fleet's, and those of CustomResourceDefinitions in the store.
import { asJson, type ResourceType, typeText } from '../../api/kube-object.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { servedKindsOf } from '../crd/served-kinds.ts'
import type { ServedKind } from '../kind.ts'

/** A fixed set of kinds with quick look-ups. A new set is a new object, so documents made of it can be cached by it. */
export interface KindIndex {
  readonly kinds: readonly ServedKind[]
  find(group: string, version: string, resource: string): ServedKind | undefined
  findKind(group: string, version: string, kind: string): ServedKind | undefined
  /** One kind for each stored type: the version it is stored in, or else the first served. */
  readonly stored: readonly ServedKind[]
}

export interface KindSource {
  /** The kinds as of at most a second ago. */
  current(): Promise<KindIndex>
  /** The kinds as of now: for a look-up that missed. */
  refresh(): Promise<KindIndex>
}

export const crdType: ResourceType = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }

/** Other instances create CustomResourceDefinitions too: how long their kinds may go unseen. */
const recheckMs = 1_000

/** `base` plus the kinds of the CRDs in the store. Costs one counter read a second while requests come. */
export function createKindSource(options: {
  store: ObjectStore
  base: readonly ServedKind[]
  clock: Pick<Clock, 'now'>
}): KindSource {
  let index = indexKinds(options.base)
  let revision = 1
  let checkedAt = Number.NEGATIVE_INFINITY
  let checking: Promise<KindIndex> | undefined

  async function check(): Promise<KindIndex> {
    const startedAt = options.clock.now()
    const newest = await options.store.revision(crdType)
    if (newest !== revision) {
      const page = await options.store.list(crdType)
      const custom = page.items.flatMap(({ object }) => servedKindsOf(asJson(object)))
      index = indexKinds([...options.base, ...custom])
      revision = page.revision
    }
    checkedAt = startedAt
    return index
  }

  const refresh = (): Promise<KindIndex> => {
    checking ??= check().finally(() => {
      checking = undefined
    })
    return checking
  }

  return {
    refresh,
    current: () => (options.clock.now() - checkedAt < recheckMs ? Promise.resolve(index) : refresh()),
  }
}

/** The first of two kinds with the same name wins: built-in kinds cannot be replaced. */
export function indexKinds(kinds: readonly ServedKind[]): KindIndex {
  const byResource = new Map<string, ServedKind>()
  const byKind = new Map<string, ServedKind>()
  const stored = new Map<string, ServedKind>()
  for (const kind of kinds) {
    const version = `${kind.group}/${kind.version}`
    if (byResource.has(`${version}/${kind.plural}`)) continue
    byResource.set(`${version}/${kind.plural}`, kind)
    byKind.set(`${version}/${kind.kind}`, kind)
    const type = typeText(kind.storage)
    const isStorage = kind.storageApiVersion.endsWith(`/${kind.version}`) || kind.storageApiVersion === kind.version
    if (!kind.virtual && (isStorage || !stored.has(type))) stored.set(type, kind)
  }
  return {
    kinds: [...byResource.values()],
    stored: [...stored.values()],
    find: (group, version, resource) => byResource.get(`${group}/${version}/${resource}`),
    findKind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
  }
}
