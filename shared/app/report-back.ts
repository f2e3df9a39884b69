// Copies the statuses that works report back onto the hub's own objects, for placements that ask for it and have exactly
// one cluster: several statuses have no place in one object.
import type { KubeObject } from '../api/kube-object.ts'
import type { Placement } from '../api/placement.ts'
import type { Observed } from '../api/placement-record.ts'
import type { ManifestCondition } from '../api/work.ts'
import { findCondition } from '../domain/condition.ts'
import { sortedKeys } from '../domain/placement/canonical-json.ts'
import type { PlacementEvent } from '../domain/status/placement-events.ts'
import type { PlacementRecord } from '../ports/placement-store.ts'
import { updateObject } from './object-update.ts'
import type { Platform } from './platform.ts'

/** Writes what differs. Answers what to tell the user when it cannot be done. */
export async function reportBack(
  { objects }: Pick<Platform, 'objects'>,
  placement: Placement,
  record: PlacementRecord,
): Promise<readonly PlacementEvent[]> {
  const { strategy, policy } = placement.spec
  const { type, destination } = strategy?.reportBackStrategy ?? {}
  if (type !== 'Mirror' || destination !== 'OriginalResource') return []
  const clusters = policy?.placementType === 'PickFixed' ? policy.clusterNames?.length : policy?.numberOfClusters
  if (clusters !== 1) {
    const message =
      'reportBackStrategy.destination is OriginalResource, which needs a policy that picks exactly one cluster (PickFixed with one name, or PickN with numberOfClusters 1); statuses are shown in the Works alone'
    return [{ type: 'Warning', reason: 'StatusNotReportedBack', message }]
  }
  const chosen = record.wanted.find(({ value }) => value.state === 'Bound' && value.deletedAt === undefined)?.value
  const seen = record.observed.find(({ value }) => value.cluster === chosen?.cluster)?.value
  if (!chosen || seen?.epoch !== chosen.generation) return []
  const selected = new Set(record.header.value.snapshots.at(-1)?.resources.map(keyOf))
  for (const entry of reportable(seen)) if (selected.has(keyOf(entry.identifier))) await copy(objects, entry)
  return []
}

/** Entries of a work that is applied whole; what came out of an envelope has no object on the hub. */
function reportable({ work }: Observed): ManifestCondition[] {
  if (findCondition(work.conditions, 'Applied')?.status !== 'True') return []
  return (work.manifestConditions ?? []).filter(
    ({ envelope, backReportedStatus, identifier }) =>
      envelope === undefined && backReportedStatus !== undefined && identifier.resource,
  )
}

async function copy(
  objects: Platform['objects'],
  { identifier, backReportedStatus }: ManifestCondition,
): Promise<void> {
  const { group = '', resource = '', namespace, name = '' } = identifier
  const status = backReportedStatus?.observedStatus['status']
  const text = (value: unknown) => JSON.stringify(sortedKeys(value))
  await updateObject(objects, { group, resource }, { name, ...(namespace !== undefined && { namespace }) }, (object) =>
    text(object['status']) === text(status) ? undefined : { object: { ...object, status } as KubeObject },
  )
}

function keyOf({ group = '', kind = '', namespace = '', name = '' }: Partial<ManifestCondition['identifier']>): string {
  return `${group}/${kind}/${namespace}/${name}`
}
