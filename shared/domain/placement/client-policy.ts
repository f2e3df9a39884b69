// Policy snapshots that another client writes: whoever writes them runs the placement in the hub's stead, and the scheduler
// follows them. They are ordinary stored objects; the record keeps only the one that counts.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PolicySnapshot } from '../../api/placement-record.ts'
import { PolicySnapshotSpec, SnapshotCount } from '../../api/snapshot.ts'
import { snapshotKeys } from './snapshot-names.ts'

/** What clients say of a placement's policy; `latest` is null when no snapshot, or more than one, is marked latest. */
export interface ClientPolicy {
  readonly latest: PolicySnapshot | null
}

/** Undefined when no client wrote any. `snapshots` are those of one placement. */
export function clientPolicyOf(snapshots: readonly KubeObject[]): ClientPolicy | undefined {
  if (snapshots.length === 0) return undefined
  const latest = snapshots.filter(({ metadata }) => metadata.labels?.[snapshotKeys.isLatest] === 'true')
  const [only] = latest
  return { latest: only && latest.length === 1 ? policySnapshotOf(only) : null }
}

/** The record of a snapshot object. A number that cannot be read is left out: the scheduler says what it misses. */
export function policySnapshotOf({ metadata, spec }: KubeObject): PolicySnapshot {
  const { policy, policyHash } = PolicySnapshotSpec.parse(spec)
  const { labels = {}, annotations = {} } = metadata
  const numberOfClusters = SnapshotCount.safeParse(annotations[snapshotKeys.numberOfClusters])
  return {
    name: metadata.name ?? '',
    index: SnapshotCount.safeParse(labels[snapshotKeys.policyIndex]).data ?? 0,
    hash: Buffer.from(policyHash, 'base64').toString('utf8'),
    ...(policy && { policy }),
    ...(numberOfClusters.success && { numberOfClusters: numberOfClusters.data }),
    placementGeneration: SnapshotCount.safeParse(annotations[snapshotKeys.placementGeneration]).data ?? 0,
    generation: metadata.generation ?? 1,
    createdAt: metadata.creationTimestamp ?? '',
  }
}

/** What is wrong with a snapshot a client wants stored: field, value, what is allowed. Undefined when nothing is. */
export function policySnapshotProblem({ metadata }: KubeObject): string | undefined {
  const { labels = {}, annotations = {} } = metadata
  const label = (name: string) => `metadata.labels[${name}]`
  if (!labels[snapshotKeys.parent]) return `${label(snapshotKeys.parent)}: required: the name of the placement`
  const latest = labels[snapshotKeys.isLatest]
  if (latest !== 'true' && latest !== 'false')
    return `${label(snapshotKeys.isLatest)}: ${JSON.stringify(latest ?? '')}: must be "true" or "false"`
  const index = labels[snapshotKeys.policyIndex]
  if (index !== undefined && !isCount(index))
    return `${label(snapshotKeys.policyIndex)}: ${JSON.stringify(index)}: must be a number from 0`
  for (const name of [snapshotKeys.placementGeneration, snapshotKeys.numberOfClusters]) {
    const value = annotations[name]
    if (value !== undefined && !isCount(value))
      return `metadata.annotations[${name}]: ${JSON.stringify(value)}: must be a number from 0`
  }
  return undefined
}

function isCount(text: string): boolean {
  return /^\d{1,15}$/.test(text)
}
