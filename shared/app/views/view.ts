// Views: kinds of the fleet's API that are not stored but rendered from the hub's own records when somebody reads them.
// The API server calls them. A kind whose view takes no writes refuses them.
import { createHash } from 'node:crypto'
import type { KubeObject, ObjectKey, ResourceType } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { PlacementHeader } from '../../api/placement-record.ts'
import { sortedKeys } from '../../domain/placement/canonical-json.ts'
import { mapAtOnce } from '../at-once.ts'
import { placementLocation, types } from '../fleet-lists.ts'
import type { Platform } from '../platform.ts'
import type { SignallingPlacements } from '../record-signal.ts'

export type ViewNeeds = Pick<Platform, 'objects' | 'clusters' | 'payloads' | 'lists' | 'bus' | 'clock' | 'settings'> & {
  readonly placements: SignallingPlacements
}

/** What the API server reads a kind from. Objects carry complete metadata. */
export interface View {
  get(key: ObjectKey): Promise<KubeObject | undefined>
  list(namespace?: string): Promise<readonly KubeObject[]>
  /** Rises whenever an object of the view may have changed. */
  revision(): Promise<number>
  /** Passes a write on to what the view is rendered from. Absent: the kind is only read. */
  readonly write?: {
    /** Why an object takes no writes; undefined when it takes them. */
    refuses?(key: ObjectKey): Promise<string | undefined>
    update(key: ObjectKey, object: KubeObject, old: KubeObject): Promise<KubeObject>
    create?(object: KubeObject): Promise<KubeObject>
    delete?(key: ObjectKey, old: KubeObject): Promise<void>
  }
  /** Tells the view's parts apart, so that a watch reads again only what may have changed. */
  readonly parts?: {
    keys(): Promise<readonly string[]>
    one(part: string): Promise<readonly KubeObject[]>
    changedSince(cursor: number | undefined): Promise<{ readonly parts: readonly string[]; readonly cursor: number }>
    onChange(changed: (part: string) => void): () => void
  }
}

/** Whether a view is of the cluster-scoped placements or of those in namespaces. */
export type Scope = 'cluster' | 'namespaced'

export const fleetApiVersion = 'placement.kubernetes-fleet.io/v1beta1'

const changesAtOnce = 500
/** Partitions read at once. */
const readsAtOnce = 8
/** What no status of a placement tells is shown to a watch after this time at the latest. */
const unseenMs = 15_000

/**
 * The revision of everything rendered from placement records. Records have no counter of their own: one would cost every
 * worker a contended write. Whatever happens to a record ends in its placement's status, so the counters of the placements
 * count it, and the few changes that leave no trace there are covered by the clock, which is part of the sum.
 */
export async function recordRevision({ objects, clock }: Pick<ViewNeeds, 'objects' | 'clock'>): Promise<number> {
  const [cluster, namespaced] = await Promise.all([
    objects.revision(types.clusterResourcePlacement),
    objects.revision(types.resourcePlacement),
  ])
  return cluster + namespaced + Math.floor(clock.now() / unseenMs)
}

/** Keys of the placements of a scope, of one namespace if given. */
export async function placementKeys(
  { placements }: Pick<ViewNeeds, 'placements'>,
  scope: Scope,
  namespace?: string,
): Promise<readonly PlacementKey[]> {
  const keys: PlacementKey[] = []
  let after: PlacementKey | undefined
  do {
    const page = await placements.list({ limit: 1000, ...(after !== undefined && { after }) })
    keys.push(...page.filter((key) => isOf(key, scope, namespace)))
    after = page.length < 1000 ? undefined : page.at(-1)
  } while (after !== undefined)
  return keys
}

function isOf(key: PlacementKey, scope: Scope, namespace: string | undefined): boolean {
  const { key: where } = placementLocation(key)
  if (scope === 'cluster') return where.namespace === undefined
  return where.namespace !== undefined && (namespace === undefined || where.namespace === namespace)
}

/** What `render` makes of each placement, together. */
export async function renderEach(
  keys: readonly PlacementKey[],
  render: (key: PlacementKey) => Promise<readonly KubeObject[]>,
): Promise<readonly KubeObject[]> {
  return (await mapAtOnce(keys, readsAtOnce, render)).flat()
}

/** A view of objects named after their placements: reading one looks only at placements it may be named after. */
/** Names are cut and made labels: several placements may share a prefix. */
export async function placementsNamed(
  needs: Pick<ViewNeeds, 'placements'>,
  scope: Scope,
  { namespace, name }: ObjectKey,
  prefix: (placementName: string) => string,
): Promise<readonly PlacementKey[]> {
  const keys = await placementKeys(needs, scope, namespace)
  return keys.filter((key) => name.startsWith(prefix(placementLocation(key).key.name)))
}

export function placementView(
  needs: ViewNeeds,
  scope: Scope,
  options: {
    readonly render: (key: PlacementKey) => Promise<readonly KubeObject[]>
    readonly prefix: (placementName: string) => string
  },
): View {
  return {
    async get({ namespace, name }) {
      const keys = await placementsNamed(needs, scope, { namespace, name }, options.prefix)
      return (await renderEach(keys, options.render)).find(({ metadata }) => metadata.name === name)
    },
    list: async (namespace) => renderEach(await placementKeys(needs, scope, namespace), options.render),
    revision: () => recordRevision(needs),
    parts: {
      keys: () => placementKeys(needs, scope),
      one: options.render,
      changedSince: (cursor) => placementsChangedSince(needs, scope, cursor),
      onChange: (changed) => needs.placements.onRecord((key) => isOf(key, scope, undefined) && changed(key)),
    },
  }
}

/** Whatever another instance does to a record ends in its placement's status. */
async function placementsChangedSince(
  { objects }: Pick<ViewNeeds, 'objects'>,
  scope: Scope,
  cursor: number | undefined,
) {
  const type = scope === 'cluster' ? types.clusterResourcePlacement : types.resourcePlacement
  return changedObjects(objects, type, cursor, ({ namespace, name }) =>
    namespace === undefined ? name : `${namespace}/${name}`,
  )
}

/** What changed in the log of a type since `cursor`. A log that no longer reaches back that far leaves it to later looks. */
export async function changedObjects(
  objects: Pick<Platform['objects'], 'changes' | 'revision'>,
  type: ResourceType,
  cursor: number | undefined,
  part: (key: ObjectKey) => string,
): Promise<{ parts: readonly string[]; cursor: number }> {
  if (cursor === undefined) return { parts: [], cursor: await objects.revision(type) }
  const page = await objects.changes(type, cursor, changesAtOnce)
  return page.kind === 'expired'
    ? { parts: [], cursor: await objects.revision(type) }
    : { parts: [...new Set(page.changes.map(({ key }) => part(key)))], cursor: page.revision }
}

/** The placement a record belongs to, as far as rendering needs to know it. */
export function ownerOf(header: PlacementHeader) {
  const { key } = placementLocation(header.placement)
  const kind = key.namespace === undefined ? ('ClusterResourcePlacement' as const) : ('ResourcePlacement' as const)
  return { kind, metadata: { ...key, uid: header.uid } }
}

/** A kind's name in a scope: kinds of cluster-scoped placements start with `Cluster`. */
export function scopedKind(scope: Scope, kind: string): string {
  return scope === 'cluster' ? `Cluster${kind}` : kind
}

/**
 * Completes metadata: the same object always gets the same uid, and another resourceVersion when anything in it changes.
 * Those versions stay below any revision of a view, so a watch that starts at one is told to list again.
 */
export function shown(object: KubeObject, seed: string): KubeObject {
  const { kind, metadata } = object
  const uid = metadata.uid ?? uuidOf(`${seed} ${kind} ${metadata.namespace ?? ''}/${metadata.name ?? ''}`)
  const complete = { ...object, metadata: { generation: 1, ...metadata, uid } }
  const digest = createHash('sha256')
    .update(JSON.stringify(sortedKeys(complete)))
    .digest()
  return { ...complete, metadata: { ...complete.metadata, resourceVersion: String(1 + digest.readUIntBE(0, 3)) } }
}

/** A UUID (version 8: made by the application) from a text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
