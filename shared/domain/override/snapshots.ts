// Snapshots of an override: what happens to them when the override changes.
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../api/kube-object.ts'
import { goJson } from '../go-json.ts'

const prefix = 'kubernetes-fleet.io/'
export const overrideLabels = {
  parent: `${prefix}parent-resource-override`,
  latest: `${prefix}is-latest-snapshot`,
  index: `${prefix}override-index`,
} as const
export const overrideFinalizer = `${prefix}override-cleanup`

/** Snapshots kept of one override, besides the newest; KubeFleet's number. */
const keptBesidesNewest = 9

/** An override or one of its snapshots: all that matters here is its name, its labels and what it says. */
export interface OverrideSource {
  readonly apiVersion: string
  readonly kind: 'ClusterResourceOverride' | 'ResourceOverride'
  readonly metadata: KubeObject['metadata']
  readonly spec: unknown
}
export interface SnapshotLike {
  readonly metadata: KubeObject['metadata']
  readonly spec: { readonly overrideSpec: unknown; readonly overrideHash: string }
}

export interface SnapshotPlan<T> {
  /** First: the new snapshot, marked latest. Until the old mark is gone the one with the higher index counts. */
  readonly create: KubeObject | undefined
  /** Then: labels to set on existing snapshots. */
  readonly relabel: readonly { readonly snapshot: T; readonly latest: boolean }[]
  /** Last: snapshots nobody needs any more. */
  readonly remove: readonly T[]
}

/** `overrideHash` of a specification: base64 of the hex text of its SHA-256. */
export function overrideHash(spec: unknown): string {
  const hex = createHash('sha256').update(goJson(spec)).digest('hex')
  return btoa(hex)
}

/** The index in a snapshot's label; -1 for one that has none. */
export function snapshotIndex({ metadata }: { readonly metadata: KubeObject['metadata'] }): number {
  const text = metadata.labels?.[overrideLabels.index] ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : -1
}

/**
 * What to write for an override as it is now. The new snapshot is created before the old one loses its mark, so that the
 * override never looks absent. `inUse` names snapshots that bindings point to: those stay however old they are.
 */
export function planOverrideSnapshots<T extends SnapshotLike>(
  override: OverrideSource,
  existing: readonly T[],
  inUse: ReadonlySet<string> = new Set(),
): SnapshotPlan<T> {
  const ordered = [...existing].sort((a, b) => snapshotIndex(a) - snapshotIndex(b))
  const newest = ordered.at(-1)
  const hash = overrideHash(override.spec)
  const current = newest?.spec.overrideHash === hash
  const old = current ? ordered.slice(0, -1) : ordered
  const surplus = old.slice(0, Math.max(0, old.length - keptBesidesNewest))
  return {
    create: current ? undefined : snapshotOf(override, hash, newest ? snapshotIndex(newest) + 1 : 0),
    relabel: ordered
      .map((snapshot) => ({ snapshot, latest: current && snapshot === newest }))
      .filter(({ snapshot, latest }) => isMarkedLatest(snapshot) !== latest),
    remove: surplus.filter(({ metadata }) => !inUse.has(metadata.name ?? '')),
  }
}

export function isMarkedLatest({ metadata }: { readonly metadata: KubeObject['metadata'] }): boolean {
  return metadata.labels?.[overrideLabels.latest] === 'true'
}

function snapshotOf({ apiVersion, kind, metadata, spec }: OverrideSource, hash: string, index: number): KubeObject {
  const { name = '', namespace, uid } = metadata
  return {
    apiVersion,
    kind: `${kind}Snapshot`,
    metadata: {
      name: `${name}-${index}`,
      ...(namespace && { namespace }),
      labels: {
        [overrideLabels.parent]: name,
        [overrideLabels.latest]: 'true',
        [overrideLabels.index]: String(index),
      },
      ownerReferences: [{ apiVersion, kind, name, uid: uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    spec: { overrideSpec: spec, overrideHash: hash },
  }
}

/** Of snapshots marked latest, the newest of each override: while one takes over from another there are two. */
export function newestOfEach<T extends { readonly metadata: KubeObject['metadata'] }>(snapshots: readonly T[]): T[] {
  const newest = new Map<string, T>()
  for (const [at, snapshot] of snapshots.entries()) {
    const { labels, namespace } = snapshot.metadata
    const parent = labels?.[overrideLabels.parent]
    // One that does not say whose it is stands for itself.
    const key = parent === undefined ? `${at}` : `${namespace ?? ''}/${parent}`
    const other = newest.get(key)
    if (!other || snapshotIndex(snapshot) > snapshotIndex(other)) newest.set(key, snapshot)
  }
  const kept = new Set(newest.values())
  return snapshots.filter((snapshot) => kept.has(snapshot))
}
