// Changed objects wake the placements they concern, and no others: those are looked up, not gone through.
import type { ResourceType } from '../api/kube-object.ts'
import type { ChangedObject, PlacementKey } from '../api/message.ts'
import {
  contentsKind,
  definitionKey,
  entryConcerns,
  everythingKey,
  kindKey,
  matcher,
  selectionKey,
} from '../domain/placement/selection-index.ts'
import type { IndexHit } from '../ports/object-index.ts'
import { types } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { wakeReconcile } from './wake.ts'

type Needs = Pick<Platform, 'index' | 'objects'>
type Labels = Readonly<Record<string, string>>

/** Entries read at once before one is asked for after the other. */
const rangeLimit = 100

/** What several objects of a message ask for is read once. */
export async function wakeConcernedPlacements(
  platform: Needs & Pick<Platform, 'bus' | 'settings'>,
  objects: readonly ChangedObject[],
): Promise<void> {
  const woken = await concernedPlacements(platform, objects)
  if (woken.length > 0) await platform.bus.send(woken.map((key) => wakeReconcile(key, platform.settings.coalesceMs)))
}

/** Keys in order. Costs a handful of reads for each namespace named, however many placements there are. */
export async function concernedPlacements(needs: Needs, objects: readonly ChangedObject[]): Promise<PlacementKey[]> {
  const look = lookUp(needs)
  const found = await Promise.all(objects.map((object) => placementsOf(look, object)))
  return [...new Set(found.flat().map(keyOf))].sort()
}

interface Range {
  readonly from: string
  readonly to: string
  readonly limit?: number
}

interface LookUp {
  find(type: ResourceType, range: Range): Promise<readonly IndexHit[]>
  /** Labels of a namespace as they are now. */
  labels(namespace: string): Promise<Labels>
}

/** Remembers answers for as long as one message is worked on. */
function lookUp({ index, objects }: Needs): LookUp {
  const known = new Map<string, Promise<unknown>>()
  const once = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const reading = (known.get(key) as Promise<T> | undefined) ?? read()
    known.set(key, reading)
    return reading
  }
  return {
    find: (type, range) => once(JSON.stringify([type.resource, range]), () => index.indexed(type, range)),
    labels: (namespace) =>
      once(`namespace ${namespace}`, async () => {
        const found = await objects.get(types.namespace, { name: namespace })
        return found?.object.metadata.labels ?? {}
      }),
  }
}

interface Search {
  readonly kind: string
  readonly scope: string
  readonly name: string
  /** Label sets before and after the change; undefined when they are not known. */
  readonly labels: readonly Labels[] | undefined
}

async function placementsOf(look: LookUp, object: ChangedObject): Promise<IndexHit[]> {
  const { namespace, defines } = object
  const found = searches(object).flatMap((search) =>
    namespace === undefined
      ? [exact(look, types.clusterResourcePlacement, search)]
      : [inNamespace(look, types.clusterResourcePlacement, search), inNamespace(look, types.resourcePlacement, search)],
  )
  const further = [
    ...(namespace === undefined ? [] : [contentsOf(look, namespace)]),
    ...(defines ? [definitionUsers(look, defines)] : []),
  ]
  return (await Promise.all([...found, ...further])).flat()
}

/** Endpoints are placed only while no Service stands beside them, so a Service concerns both. */
function searches({ group, kind, namespace = '', name, labels }: ChangedObject): Search[] {
  if (kind === undefined) return []
  const own: Search = { kind: kindKey({ group, kind }), scope: namespace, name, labels }
  return own.kind === '/Service' ? [own, { ...own, kind: '/Endpoints', labels: undefined }] : [own]
}

/** Few placements name things in one namespace; then one read finds all of them. */
async function inNamespace(look: LookUp, type: ResourceType, search: Search): Promise<IndexHit[]> {
  const { scope, kind, name, labels } = search
  const hits = await look.find(type, { ...under(selectionKey(scope)), limit: rangeLimit })
  if (hits.length === rangeLimit) return exact(look, type, search)
  const prefix = selectionKey(scope, kind)
  const named = selectionKey(scope, kind, matcher.name(name))
  const everything = everythingKey(scope)
  return hits.filter(
    (hit) =>
      hit.key === named ||
      hit.key === everything ||
      (hit.key.startsWith(prefix) && isUnnamed(hit.key, prefix) && entryConcerns(hit, labels)),
  )
}

function isUnnamed(key: string, prefix: string): boolean {
  return key.slice(prefix.length) < 'm'
}

async function exact(look: LookUp, type: ResourceType, { scope, kind, name, labels }: Search): Promise<IndexHit[]> {
  const found = await Promise.all([
    look.find(type, under(everythingKey(scope))),
    look.find(type, under(selectionKey(scope, kind, matcher.name(name)))),
    unnamed(look, type, selectionKey(scope, kind), labels),
  ])
  return found.flat()
}

/** Entries that name no object. `*` and `l=` lie side by side, before `m`; `n=` lies behind it. */
async function unnamed(
  look: LookUp,
  type: ResourceType,
  prefix: string,
  labels: readonly Labels[] | undefined,
): Promise<IndexHit[]> {
  const range = { from: `${prefix}*`, to: `${prefix}m` }
  const hits = await look.find(type, labels ? { ...range, limit: rangeLimit } : range)
  const all = labels && hits.length === rangeLimit ? await byLabel(look, type, prefix, labels) : hits
  return all.filter((hit) => entryConcerns(hit, labels))
}

async function byLabel(
  look: LookUp,
  type: ResourceType,
  prefix: string,
  labels: readonly Labels[],
): Promise<IndexHit[]> {
  const pairs = labels.flatMap((set) => Object.entries(set).map(([key, value]) => matcher.label(key, value)))
  const keys = [...new Set([matcher.any, ...pairs])].map((part) => `${prefix}${selectionKey(part)}`)
  return (await Promise.all(keys.map((key) => look.find(type, under(key))))).flat()
}

/** Placements that take what is in a namespace. Its labels are read only when somebody selects namespaces by labels. */
async function contentsOf(look: LookUp, namespace: string): Promise<IndexHit[]> {
  const type = types.clusterResourcePlacement
  const prefix = selectionKey('', contentsKind)
  const [named, hits] = await Promise.all([
    look.find(type, under(selectionKey('', contentsKind, matcher.name(namespace)))),
    look.find(type, { from: `${prefix}*`, to: `${prefix}m`, limit: rangeLimit }),
  ])
  const simple = hits.length < rangeLimit && hits.every(({ detail }) => detail === undefined)
  const others = simple ? hits : await unnamed(look, type, prefix, [await look.labels(namespace)])
  return [...named, ...others]
}

/** A kind that is defined, changed or gone concerns whoever selects it; other versions, whoever may hold objects of it. */
async function definitionUsers(
  look: LookUp,
  { group, kind, versions }: NonNullable<ChangedObject['defines']>,
): Promise<IndexHit[]> {
  const keys = [definitionKey(kindKey({ group, kind })), definitionKey('*')]
  const found = await Promise.all([
    ...keys.flatMap((key) => [
      look.find(types.clusterResourcePlacement, under(key)),
      look.find(types.resourcePlacement, under(key)),
    ]),
    ...(versions ? [look.find(types.clusterResourcePlacement, under(selectionKey('', contentsKind)))] : []),
  ])
  return found.flat()
}

/** Everything under a key. `}` is the character after `|`. */
function under(key: string): Range {
  return { from: key, to: `${key.slice(0, -1)}}` }
}

function keyOf({ owner: { namespace, name } }: IndexHit): PlacementKey {
  return namespace === undefined ? name : `${namespace}/${name}`
}
