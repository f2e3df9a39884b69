// Names, labels and annotations of snapshots, and how many are kept.

const prefix = 'kubernetes-fleet.io/'

/** Labels and annotations of snapshots. */
export const snapshotKeys = {
  parent: `${prefix}parent-CRP`,
  isLatest: `${prefix}is-latest-snapshot`,
  policyIndex: `${prefix}policy-index`,
  numberOfClusters: `${prefix}number-of-clusters`,
  placementGeneration: `${prefix}CRP-generation`,
  resourceIndex: `${prefix}resource-index`,
  resourceHash: `${prefix}resource-hash`,
  snapshotCount: `${prefix}number-of-resource-snapshots`,
  envelopeCount: `${prefix}number-of-enveloped-object`,
  subindex: `${prefix}subindex-of-resource-snapshot`,
  candidateSince: `${prefix}next-resource-snapshot-candidate-detection-time`,
} as const

/** Name of the first, and labelled, snapshot object of a group. */
export function resourceSnapshotName(placement: string, index: number): string {
  return `${placement}-${index}-snapshot`
}

/** Name of a further snapshot object of a group; `subindex` starts at 0 for the second object. */
export function resourceSubSnapshotName(placement: string, index: number, subindex: number): string {
  return `${placement}-${index}-${subindex}`
}

export function policySnapshotName(placement: string, index: number): string {
  return `${placement}-${index}`
}

/** The snapshots that stay when one more is about to be added and `limit` are kept in all. */
export function pruned<T>(snapshots: readonly T[], limit: number): T[] {
  const kept = Math.max(1, limit) - 1
  return kept === 0 ? [] : snapshots.slice(-kept)
}
