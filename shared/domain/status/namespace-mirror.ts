// Showing the status of a ClusterResourcePlacement inside the namespace it places, for users who may read nothing else:
// a ClusterResourcePlacementStatus object, made whenever the status it mirrors changes.
import type { Condition } from '../../api/condition.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { Placement, PlacementStatus } from '../../api/placement.ts'
import { withoutCondition } from '../condition.ts'
import { sortedKeys } from '../placement/canonical-json.ts'
import { isNamespaceKind } from '../placement/kinds.ts'
import { placementConditionType } from './stages.ts'

type Mirrored = Pick<Placement, 'apiVersion' | 'kind' | 'metadata' | 'spec' | 'status'>

/** Whether a placement wants its status shown in its namespace. Only cluster-scoped ones can. */
export function wantsMirror({ kind, spec }: Pick<Placement, 'kind' | 'spec'>): boolean {
  return kind === 'ClusterResourcePlacement' && spec.statusReportingScope === 'NamespaceAccessible'
}

/** The namespace a placement names; undefined when no selector names one. */
export function mirrorNamespace({ spec }: Pick<Placement, 'spec'>): string | undefined {
  return spec.resourceSelectors.find(isNamespaceKind)?.name || undefined
}

/**
 * What is wrong with the namespace of a placement that wants a mirror, for its Scheduled condition: none is named, or
 * another than the one it placed before. Undefined when it is fine.
 */
export function mirrorProblem(placement: Pick<Placement, 'kind' | 'spec' | 'status'>): string | undefined {
  if (!wantsMirror(placement)) return undefined
  const wanted = mirrorNamespace(placement)
  if (wanted === undefined) {
    return 'NamespaceAccessible ClusterResourcePlacement has no resource selector that names a namespace'
  }
  const before = placement.status?.selectedResources?.find((selected) =>
    isNamespaceKind({ group: selected.group ?? '', version: selected.version, kind: selected.kind }),
  )?.name
  return before === undefined || before === wanted
    ? undefined
    : `the resource selector names namespace ${JSON.stringify(wanted)}, but ${JSON.stringify(before)} was placed before; this cannot change for a NamespaceAccessible ClusterResourcePlacement`
}

/** The mirror object as it should be. `now` is RFC 3339. */
export function statusMirror(placement: Mirrored, namespace: string, now: string): KubeObject {
  const { apiVersion, kind, metadata } = placement
  const { name = '', uid = '' } = metadata
  return {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacementStatus',
    metadata: {
      name,
      namespace,
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    sourceStatus: sourceOf(placement),
    lastUpdatedTime: now,
  }
}

/** Whether a stored mirror already shows a placement's status; then writing it again would only change its time. */
export function mirrorIsCurrent(
  stored: KubeObject | undefined,
  placement: Pick<Placement, 'status' | 'kind'>,
): boolean {
  return stored !== undefined && text(stored['sourceStatus'] ?? {}) === text(sourceOf(placement))
}

/** The condition that says whether the mirror could be written; `problem` why not. */
export function mirrorCondition({ kind, metadata }: Pick<Placement, 'kind' | 'metadata'>, problem?: string): Condition {
  const failed = problem !== undefined
  return {
    type: placementConditionType(kind, 'StatusSynced'),
    status: failed ? 'False' : 'True',
    observedGeneration: metadata.generation ?? 0,
    reason: failed ? 'StatusSyncFailed' : 'StatusSyncSucceeded',
    message: failed
      ? `The status could not be shown in the namespace: ${problem}`
      : 'The status is shown in the namespace',
  }
}

/** The status without the condition about the mirror itself. */
function sourceOf({ kind, status }: Pick<Placement, 'kind' | 'status'>): PlacementStatus {
  return {
    ...status,
    ...(status?.conditions && {
      conditions: withoutCondition(status.conditions, placementConditionType(kind, 'StatusSynced')),
    }),
  }
}

function text(status: unknown): string {
  return JSON.stringify(sortedKeys(status))
}
