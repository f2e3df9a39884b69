// Pieces of a pass over a placement: its snapshot by rollout strategy, and its status shown inside its namespace.
import type { Condition } from '../../../shared/api/condition.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { Placement, ResourceIdentifier } from '../../../shared/api/placement.ts'
import { withCondition } from '../../../shared/domain/condition.ts'
import { nextHeader } from '../../../shared/domain/placement/header.ts'
import { groupHash } from '../../../shared/domain/placement/resource-snapshot.ts'
import {
  mirrorCondition,
  mirrorIsCurrent,
  mirrorNamespace,
  mirrorProblem,
  statusMirror,
} from '../../../shared/domain/status/namespace-mirror.ts'
import { invalidSelectors } from '../../../shared/domain/status/placement-status.ts'
import { compare, type Difference, type Input, plain, replayTests, type Vector, vectorNow, wantOf } from './replayer.ts'
import { resourceSnapshotsOf, type UpstreamResourceSnapshot } from './upstream.ts'

const now = plain({ secondsFromNow: 0 }) as string

function placementOf(value: unknown): Placement {
  const placement = value as Placement
  return {
    ...placement,
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { uid: 'the-same-life', ...placement.metadata },
  }
}

function placementIn(input: Input): Placement {
  const objects = (input['existingObjects'] ?? []) as (KubeObject & { $kind: string })[]
  return placementOf(objects.find(({ $kind }) => $kind === 'ClusterResourcePlacement'))
}

/** Wording is ours. */
function compareCondition(wanted: Condition | undefined, got: Condition | undefined): Difference[] {
  if (!wanted) return []
  const { type, status, observedGeneration, reason } = got ?? ({} as Partial<Condition>)
  const { message: _, lastTransitionTime: __, ...rest } = wanted
  return compare(rest, { type, status, observedGeneration, reason }, 'condition')
}

const seconds = (value: unknown) => ((value as { seconds?: number } | undefined)?.seconds ?? 0) * 1000

export const placementController = replayTests('placement-controller', {
  TestHandleResourceSnapshotByStrategy(input, line) {
    const want = wantOf<{
      wantSnapshot: boolean
      wantSnapshotName: string
      wantSelectedResourceIDs: ResourceIdentifier[]
      wantRequeueAfter: boolean
    }>(line)
    const placement = placementOf(input['crp'])
    const resources = (input['selectedResourceIDs'] ?? []) as ResourceIdentifier[]
    const objects = (input['selectedResources'] ?? []) as KubeObject[]
    const config = (input['snapshotResolverConfig'] ?? {}) as Readonly<Record<string, unknown>>
    const external = placement.spec.strategy?.type === 'External'
    const { header, waitMs } = nextHeader({
      placement,
      key: placement.metadata.name ?? '',
      stored: {
        placement: placement.metadata.name ?? '',
        uid: placement.metadata.uid ?? '',
        generation: 1,
        epoch: 1,
        policies: [],
        snapshots: resourceSnapshotsOf((input['existingSnapshots'] ?? []) as UpstreamResourceSnapshot[]),
      },
      content: external
        ? { resources }
        : { resources, snapshot: { hash: groupHash(objects), payload: '', resources, envelopeCount: 0 } },
      now: vectorNow,
      debounce: {
        minimumIntervalMs: seconds(config['ResourceSnapshotCreationMinimumInterval']),
        collectionMs: seconds(config['ResourceChangesCollectionDuration']),
      },
    })
    const latest = header.snapshots.at(-1)
    return [
      ...compare(want.wantSnapshot, latest !== undefined, 'snapshot'),
      ...compare(want.wantSnapshotName, latest?.name, 'name'),
      ...compare(want.wantSelectedResourceIDs, header.selected ?? latest?.resources, 'selectedResources'),
      ...compare(want.wantRequeueAfter, waitMs > 0, 'requeue'),
    ]
  },
  TestHandleNamespaceAccessibleCRP(input, line) {
    const want = wantOf<{ wantCRPSOperation: boolean; wantCRPCondition: Condition }>(line)
    const placement = placementIn(input)
    const problem = mirrorProblem(placement)
    const namespace = mirrorNamespace(placement)
    const written = problem === undefined && namespace !== undefined
    const mirror = written ? statusMirror(placement, namespace, now) : undefined
    const conditions = written
      ? withCondition(placement.status?.conditions, mirrorCondition(placement), now)
      : invalidSelectors(placement, problem ?? '', now).conditions
    const shown = { ...placement, status: { ...placement.status, ...(conditions && { conditions }) } }
    return [
      ...compare(want.wantCRPSOperation, written, 'written'),
      ...compare(input['targetNamespace'], mirror?.metadata.namespace, 'namespace'),
      // The condition about the mirror is not part of it.
      ...compare(want.wantCRPSOperation, mirrorIsCurrent(mirror, shown), 'current'),
      ...compareCondition(
        want.wantCRPCondition,
        conditions?.find(({ type }) => type === want.wantCRPCondition.type),
      ),
    ]
  },
  TestValidateNamespaceSelectorConsistency(input: Input, line: Vector) {
    const want = wantOf<{ wantCRPCondition?: Condition; wantIsValid: boolean }>(line)
    const placement = placementIn(input)
    const problem = mirrorProblem(placement)
    const after = problem === undefined ? placement.status : invalidSelectors(placement, problem, now)
    const scheduled = after?.conditions?.find(({ type }) => type === 'ClusterResourcePlacementScheduled')
    return [
      ...compare(want.wantIsValid, problem === undefined, 'valid'),
      ...compareCondition(want.wantCRPCondition, scheduled),
    ]
  },
})
