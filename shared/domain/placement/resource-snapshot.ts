// Resource snapshots: hashing a selection, splitting it, and deciding whether the newest snapshot stays, is held a while,
// or gets a successor.
import type { KubeObject } from '../../api/kube-object.ts'
import type { ResourceSnapshot } from '../../api/placement-record.ts'
import { goJson } from '../go-json.ts'
import { sha256 } from './canonical-json.ts'
import { pruned, resourceSnapshotName } from './snapshot-names.ts'

/** Raw JSON bytes one snapshot object holds at most. */
export const snapshotSizeLimit = 800 * 1024

/** How long changes of the selection are gathered before they become a snapshot; milliseconds. */
export interface Debounce {
  /** From the creation of the newest snapshot. */
  readonly minimumIntervalMs: number
  /** From the first sight of the difference. */
  readonly collectionMs: number
}

/** KubeFleet's group hash of cleaned objects in canonical order: how they are split does not matter. */
export function groupHash(objects: readonly unknown[]): string {
  return sha256(goJson({ selectedResources: objects }))
}

/** Envelopes among the selected objects: manifests that are unwrapped only on the way to a cluster. */
export function countEnvelopes(objects: readonly Pick<KubeObject, 'apiVersion' | 'kind'>[]): number {
  return objects.filter(
    ({ apiVersion, kind }) =>
      apiVersion.startsWith('placement.kubernetes-fleet.io/') &&
      (kind === 'ClusterResourceEnvelope' || kind === 'ResourceEnvelope'),
  ).length
}

/** Cuts a list into pieces of at most `limit` JSON bytes, in order; a larger object gets a piece of its own. */
export function splitResources<T>(objects: readonly T[], limit: number = snapshotSizeLimit): T[][] {
  const pieces: T[][] = []
  let size = 0
  for (const object of objects) {
    const bytes = Buffer.byteLength(goJson(object), 'utf8')
    const last = pieces.at(-1)
    if (last && size + bytes <= limit) {
      last.push(object)
      size += bytes
    } else {
      pieces.push([object])
      size = bytes
    }
  }
  return pieces
}

/** What a pass over the selection found. */
export type SnapshotContent = Pick<ResourceSnapshot, 'hash' | 'payload' | 'resources' | 'envelopeCount'>

export interface ResourceSnapshotInput {
  readonly placement: string
  /** Stored snapshots, newest last. */
  readonly snapshots: readonly ResourceSnapshot[]
  readonly content: SnapshotContent
  /** How many snapshots are kept, the new one included; at least 1. */
  readonly historyLimit: number
  /** Epoch milliseconds. */
  readonly now: number
  /** Absent: no waiting. */
  readonly debounce?: Debounce | undefined
}

export interface ResourceSnapshotDecision {
  /** Snapshots to store, newest last. */
  readonly snapshots: readonly ResourceSnapshot[]
  /** The newest; while a change is held back it is the old one, and status speaks of it. */
  readonly current: ResourceSnapshot
  /** Milliseconds until the change that is held back may become a snapshot; 0 when nothing is held back. */
  readonly waitMs: number
  /** `snapshots` differs from what is stored. */
  readonly changed: boolean
}

/**
 * Decides about the newest snapshot. The first snapshot is never held back, nor one that follows a snapshot without a
 * hash: that is of an earlier placement of the same name, and its content must not be rolled out again.
 */
export function decideResourceSnapshot(input: ResourceSnapshotInput): ResourceSnapshotDecision {
  const { snapshots, content, now, debounce } = input
  const latest = snapshots.at(-1)
  if (latest && latest.hash === content.hash) return { snapshots, current: latest, waitMs: 0, changed: false }
  if (!latest) return create(input, 0)
  if (latest.hash === '') return create(input, latest.index + 1)
  const held = holdBack(latest, now, debounce)
  if (held.waitMs > 0) {
    const current = { ...latest, candidateSince: held.since }
    const changed = latest.candidateSince !== held.since
    return { snapshots: [...snapshots.slice(0, -1), current], current, waitMs: held.waitMs, changed }
  }
  return create(input, latest.index + 1)
}

/**
 * How long a change must still wait, and when it was first seen (RFC 3339). The time of first sight is never cleared:
 * when the content returns to the old and changes again, only the interval between snapshots holds it back.
 */
export function holdBack(
  latest: Pick<ResourceSnapshot, 'createdAt' | 'candidateSince'>,
  now: number,
  debounce: Debounce | undefined,
): { readonly waitMs: number; readonly since: string } {
  const since = latest.candidateSince ?? rfc3339(now)
  if (!debounce || (debounce.minimumIntervalMs <= 0 && debounce.collectionMs <= 0)) return { waitMs: 0, since }
  const created = Date.parse(latest.createdAt)
  const collected = Date.parse(since) + debounce.collectionMs
  const due = Number.isNaN(created) ? collected : Math.max(collected, created + debounce.minimumIntervalMs)
  return { waitMs: Math.max(0, due - now), since }
}

function create({ placement, snapshots, content, historyLimit, now }: ResourceSnapshotInput, index: number) {
  const current: ResourceSnapshot = {
    name: resourceSnapshotName(placement, index),
    index,
    ...content,
    createdAt: rfc3339(now),
  }
  return { snapshots: [...pruned(snapshots, historyLimit), current], current, waitMs: 0, changed: true }
}

function rfc3339(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
}
