// Snapshots of resources and policies: what is stored after a pass over a placement.
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { PlacementKey } from '../../../shared/api/message.ts'
import type { Placement, PlacementPolicy } from '../../../shared/api/placement.ts'
import { placementLocation } from '../../../shared/app/fleet-lists.ts'
import { decidePolicySnapshot } from '../../../shared/domain/placement/policy-snapshot.ts'
import {
  decideResourceSnapshot,
  groupHash,
  holdBack,
  splitResources,
} from '../../../shared/domain/placement/resource-snapshot.ts'
import { identifierOf } from '../../../shared/domain/placement/select.ts'
import { policySnapshotObject, resourceSnapshotObjects } from '../../../shared/domain/placement/snapshot-objects.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  plain,
  replayTests,
  type Vector,
  vectorNow,
  wantOf,
} from './replayer.ts'
import {
  policySnapshotOf,
  resourceSnapshotsOf,
  type UpstreamPolicySnapshot,
  type UpstreamResourceSnapshot,
} from './upstream.ts'

const parent = 'kubernetes-fleet.io/parent-CRP'
const isLatest = 'kubernetes-fleet.io/is-latest-snapshot'
const since = 'kubernetes-fleet.io/next-resource-snapshot-candidate-detection-time'

type Stored = { readonly metadata?: UpstreamPolicySnapshot['metadata']; readonly spec?: unknown }

function placementOf(value: unknown): Placement {
  const { $kind, ...placement } = value as Placement & { $kind?: Placement['kind'] }
  return { ...placement, kind: $kind ?? 'ClusterResourcePlacement' }
}

/** What a stored snapshot is compared by: no versions, times, status or content. */
function comparable({ metadata, spec }: Stored, withSpec: boolean) {
  const { name, namespace, labels, annotations } = metadata ?? {}
  return { name, namespace, labels, annotations, ...(withSpec && { spec }) }
}

const nameOf = ({ metadata }: Stored) => metadata?.name ?? ''

/** A stored snapshot with its latest label as the records have it; nothing else of it is rewritten. */
function relabelled<T extends Stored>(stored: T, latestName: string, annotations: Record<string, string> = {}): T {
  const { metadata = {} } = stored
  if (!metadata.labels?.[isLatest] && metadata.name !== latestName) return stored
  return {
    ...stored,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [isLatest]: String(metadata.name === latestName) },
      annotations: { ...metadata.annotations, ...annotations },
    },
  }
}

function resourcePass(input: Input, line: Vector): Difference[] {
  const want = wantOf<{ wantResourceSnapshots: Stored[]; wantLatestSnapshotIndex: number; wantRequeue: boolean }>(line)
  const { crp } = input['context'] as { crp: unknown }
  const placement = placementOf(crp)
  const name = placement.metadata.name ?? ''
  const stored = (input['resourceSnapshots'] ?? []) as UpstreamResourceSnapshot[]
  const own = stored.filter(({ metadata }) => metadata?.labels?.[parent] === name)
  const { selectedResources = [] } = input['resourceSnapshotSpec'] as { selectedResources?: KubeObject[] }
  const before = resourceSnapshotsOf(own)
  const decision = decideResourceSnapshot({
    placement: name,
    snapshots: before,
    content: {
      hash: groupHash(selectedResources),
      payload: '',
      resources: selectedResources.map(identifierOf),
      envelopeCount: (input['envelopeObjCount'] ?? 0) as number,
    },
    historyLimit: (input['revisionHistoryLimit'] ?? 10) as number,
    now: vectorNow,
    // Nothing is held back once the old snapshot is no longer labelled: here that is one step with making the new one.
    debounce: own.some(({ metadata }) => metadata?.labels?.[isLatest] === 'true')
      ? { minimumIntervalMs: 60_000, collectionMs: 0 }
      : undefined,
  })
  const kept = new Set(decision.snapshots.map(({ index }) => String(index)))
  const { current } = decision
  const held = current.candidateSince ? { [since]: current.candidateSince } : {}
  const remaining = stored
    .filter(
      (object) =>
        !own.includes(object) || kept.has(object.metadata?.labels?.['kubernetes-fleet.io/resource-index'] ?? ''),
    )
    .map((object) =>
      own.includes(object) ? relabelled(object, current.name, nameOf(object) === current.name ? held : {}) : object,
    )
  const isNew = !before.some((snapshot) => snapshot.name === current.name)
  const limit = (input['selectedResourcesSizeLimit'] || undefined) as number | undefined
  const created = isNew ? resourceSnapshotObjects(placement, current, selectedResources, true, limit) : []
  const forget = (object: Stored) => {
    const shown = comparable(object, false)
    return shown.annotations?.[since]
      ? { ...shown, annotations: { ...shown.annotations, [since]: 'some time' } }
      : shown
  }
  return [
    ...compareUnordered(
      want.wantResourceSnapshots.map(forget),
      [...remaining, ...(created as Stored[])].map(forget),
      'snapshots',
      (object) => object.name ?? '',
    ),
    ...compare(nameOf(want.wantResourceSnapshots[want.wantLatestSnapshotIndex ?? 0] ?? {}), current.name, 'latest'),
    ...compare(want.wantRequeue, decision.waitMs > 0, 'requeue'),
  ]
}

export const resourceSnapshots = replayTests('resource-snapshot', {
  TestSplitSelectedResources: (input, line) =>
    compare(
      wantOf<{ wantSplitSelectedResources?: unknown }>(line).wantSplitSelectedResources,
      splitResources((input['selectedResources'] ?? []) as unknown[], input['selectedResourcesSizeLimit'] as number),
    ),
  TestGetOrCreateClusterResourceSnapshot: resourcePass,
  TestShouldCreateNewResourceSnapshotNow(input, line) {
    const want = wantOf<{ wantAnnoation: boolean; wantRequeue: { RequeueAfter: { seconds: number } } }>(line)
    const seconds = (name: string) => ((input[name] as { seconds: number } | undefined)?.seconds ?? 0) * 1000
    const debounce = { minimumIntervalMs: seconds('creationInterval'), collectionMs: seconds('collectionDuration') }
    const candidateSince = input['annotationValue'] as string
    const { waitMs } = holdBack(
      { createdAt: (input['creationTime'] ?? '') as string, ...(candidateSince && { candidateSince }) },
      vectorNow,
      input['nilConfig'] === true ? undefined : debounce,
    )
    const wanted = want.wantRequeue.RequeueAfter.seconds * 1000
    const near = wanted === 0 ? waitMs === 0 : Math.abs(waitMs - wanted) <= 3000
    return near ? [] : [{ field: 'waitMs', wanted, got: waitMs }]
  },
  TestBuildMasterResourceSnapshot(input, line) {
    const { expectedResult } = wantOf<{ expectedResult: Stored & { $kind: string } }>(line)
    const placement = placementOf(input['placementObj'])
    const index = input['latestResourceSnapshotIndex'] as number
    const [got] = resourceSnapshotObjects(
      placement,
      {
        name: `${placement.metadata.name}-${index}-snapshot`,
        index,
        hash: input['resourceHash'] as string,
        payload: '',
        resources: [],
        envelopeCount: input['envelopeObjCount'] as number,
        createdAt: plain({ secondsFromNow: 0 }) as string,
      },
      // One piece per snapshot object that upstream was told of.
      Array.from({ length: input['resourceSnapshotCount'] as number }, () => ({}) as KubeObject),
      true,
      1,
    )
    return [
      ...compare(expectedResult.$kind, got?.kind, 'kind'),
      ...compare(comparable(expectedResult, false), comparable((got ?? {}) as Stored, false)),
    ]
  },
})

function policyPass(input: Input, line: Vector): Difference[] {
  const want = wantOf<{ wantPolicySnapshots: Stored[]; wantLatestSnapshotIndex: number }>(line)
  const placement = placementOf((input['context'] as { crp: unknown }).crp)
  const name = placement.metadata.name ?? ''
  const stored = (input['policySnapshots'] ?? []) as UpstreamPolicySnapshot[]
  const own = stored.filter(({ metadata }) => metadata?.labels?.[parent] === name)
  const decision = decidePolicySnapshot({
    placement: name,
    generation: placement.metadata.generation ?? 0,
    policy: input['policy'] as PlacementPolicy | undefined,
    snapshots: own.map(policySnapshotOf).sort((a, b) => a.index - b.index),
    historyLimit: (input['revisionHistoryLimit'] ?? 10) as number,
    now: plain({ secondsFromNow: 0 }) as string,
  })
  const { current } = decision
  const names = new Set(decision.snapshots.map((snapshot) => snapshot.name))
  const older = stored
    .filter((object) => !own.includes(object) || (names.has(nameOf(object)) && nameOf(object) !== current.name))
    .map((object) => (own.includes(object) ? relabelled(object, current.name) : object))
  const got = [...older, policySnapshotObject(placement, current, true) as Stored]
  return [
    ...compareUnordered(
      want.wantPolicySnapshots.map((object) => comparable(object, true)),
      got.map((object) => comparable(object, true)),
      'snapshots',
      (object) => object.name ?? '',
    ),
    ...compare(nameOf(want.wantPolicySnapshots[want.wantLatestSnapshotIndex ?? 0] ?? {}), current.name, 'latest'),
  ]
}

export const policySnapshots = replayTests('policy-snapshot', {
  TestGetOrCreateClusterSchedulingPolicySnapshot: policyPass,
  TestBuildPolicySnapshot(input, line) {
    const { expectedSnapshot } = wantOf<{ expectedSnapshot: Stored & { $kind: string } }>(line)
    const placement = placementOf(input['placementObj'])
    const { policy } = placement.spec
    const index = (input['policySnapshotIndex'] ?? 0) as number
    const got = policySnapshotObject(
      placement,
      {
        name: `${placement.metadata.name}-${index}`,
        index,
        hash: input['policyHash'] as string,
        ...(policy && { policy }),
        ...(policy?.placementType === 'PickN' && { numberOfClusters: policy.numberOfClusters ?? 0 }),
        placementGeneration: placement.metadata.generation ?? 0,
        createdAt: plain({ secondsFromNow: 0 }) as string,
      },
      true,
    )
    return [
      ...compare(expectedSnapshot.$kind, got.kind, 'kind'),
      ...compare(comparable(expectedSnapshot, true), comparable(got as Stored, true)),
    ]
  },
})

export const placementKeys = replayTests('key-resolvers', {
  TestGetPlacementKeyFromObj(input, line) {
    const { namespace, name = '' } = placementOf(input['placement']).metadata
    const key = namespace ? `${namespace}/${name}` : name
    const { key: found } = placementLocation(PlacementKey.parse(key))
    return [
      ...compare(wantOf<{ wantKey: string }>(line).wantKey, key, 'key'),
      ...compare({ namespace, name }, found, 'the key read back'),
    ]
  },
  TestGetPlacementNameFromKey(input, line) {
    const want = wantOf<{ expectedNamespace: string; expectedName: string; expectedErr?: unknown }>(line)
    const key = PlacementKey.safeParse(input['placementKey'])
    if (!key.success) return compare(want.expectedErr !== undefined, true, 'error')
    const found = placementLocation(key.data).key
    return [
      ...compare(want.expectedErr !== undefined, false, 'error'),
      ...compare({ namespace: want.expectedNamespace, name: want.expectedName }, found),
    ]
  },
})
