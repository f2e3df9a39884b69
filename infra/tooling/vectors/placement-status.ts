// The status of placements: overall, per cluster, and whether it changed.
import type { ClusterDecision } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type {
  PerClusterPlacementStatus,
  Placement,
  PlacementStatus,
  ResourceIdentifier,
} from '../../../shared/api/placement.ts'
import type { SchedulingStatus } from '../../../shared/api/placement-record.ts'
import { clusterStatus } from '../../../shared/domain/status/cluster-status.ts'
import { sameDiffed, sameDrifted, sameFailed } from '../../../shared/domain/status/equality.ts'
import { externalView } from '../../../shared/domain/status/external.ts'
import {
  bindingsByCluster,
  conditionsByCluster,
  indexLookup,
  isRolloutComplete,
  missingClusters,
  placementStatus,
} from '../../../shared/domain/status/placement-status.ts'
import {
  chainOf,
  identifierText,
  placementCondition,
  placementConditionType,
  type Stage,
} from '../../../shared/domain/status/stages.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  plain,
  replayTests,
  stableText,
  type Vector,
  wantOf,
} from './replayer.ts'
import {
  bindingOf,
  policySnapshotOf,
  resourceSnapshotsOf,
  type UpstreamBinding,
  type UpstreamPolicySnapshot,
  type UpstreamResourceSnapshot,
} from './upstream.ts'

const now = plain({ secondsFromNow: 0 }) as string

/** The placement of a vector, with the kind that may be left out. */
function placementOf(value: unknown): Placement {
  const { $kind, kind, ...placement } = value as Placement & { $kind?: string }
  return { ...placement, kind: ($kind ?? kind ?? 'ClusterResourcePlacement') as Placement['kind'] } as Placement
}

/** Messages are not compared; times within ten seconds are equal, and a missing time equals any. */
function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised).sort((a, b) => (stableText(a) < stableText(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'message' && name !== 'lastTransitionTime')
      .map(([name, member]) => [name, normalised(member)]),
  )
}

function compareTimes(wanted: readonly Condition[] | undefined, got: readonly Condition[] | undefined, field: string) {
  return (wanted ?? []).flatMap(({ type, lastTransitionTime }) => {
    const time = got?.find((condition) => condition.type === type)?.lastTransitionTime
    if (!lastTransitionTime || !time) return []
    return Math.abs(Date.parse(lastTransitionTime) - Date.parse(time)) <= 10_000
      ? []
      : [{ field: `${field}.${type}.lastTransitionTime`, wanted: lastTransitionTime, got: time }]
  })
}

function compareStatus(wanted: PlacementStatus, got: PlacementStatus): Difference[] {
  const entryTimes = (wanted.placementStatuses ?? []).flatMap((entry) => {
    const ours = got.placementStatuses?.find(({ clusterName }) => clusterName === entry.clusterName)
    return entry.clusterName ? compareTimes(entry.conditions, ours?.conditions, entry.clusterName) : []
  })
  return [
    ...compare(normalised(wanted), normalised(got), 'status'),
    ...compareTimes(wanted.conditions, got.conditions, 'conditions'),
    ...entryTimes,
  ]
}

function schedulingOf(snapshot: UpstreamPolicySnapshot): SchedulingStatus | undefined {
  const { conditions = [], observedCRPGeneration = 0, targetClusters = [] } = snapshot.status ?? {}
  const condition = conditions.find(({ type }) => type === 'Scheduled')
  return (
    condition && {
      policySnapshot: snapshot.metadata?.name ?? '',
      observedPlacementGeneration: observedCRPGeneration,
      condition,
      listed: targetClusters,
    }
  )
}

function wholeStatus(input: Input, line: Vector, placement: Placement, bindings: readonly UpstreamBinding[]) {
  const want = wantOf<{ want?: boolean; wantStatus?: PlacementStatus; wantErr?: unknown }>(line)
  const context = input['context'] as { selectedResources?: ResourceIdentifier[] }
  const latestPolicy = input['latestPolicySnapshot'] as UpstreamPolicySnapshot
  const latest = input['latestResourceSnapshot'] as UpstreamResourceSnapshot | undefined
  const others = (input['otherResourceSnapshots'] ?? []) as UpstreamResourceSnapshot[]
  const [current] = resourceSnapshotsOf(latest ? [latest] : [])
  const parent = 'kubernetes-fleet.io/parent-CRP'
  const scheduling = schedulingOf(latestPolicy)
  try {
    const { status, scheduled } = placementStatus({
      placement,
      policySnapshot: policySnapshotOf(latestPolicy),
      scheduling,
      selectedResources: context.selectedResources ?? [],
      snapshots: resourceSnapshotsOf([...others, ...(latest ? [latest] : [])]),
      ...(current && { latest: current }),
      bindings: bindings
        .filter(({ metadata }) => metadata?.labels?.[parent] === placement.metadata.name)
        .map(bindingOf),
      now,
    })
    if (want.wantErr) return [{ field: 'error', wanted: want.wantErr, got: 'none' }]
    return [...compare(want.want, scheduled, 'scheduled'), ...compareStatus(want.wantStatus ?? {}, status)]
  } catch (error) {
    return want.wantErr ? [] : [{ field: 'error', wanted: 'none', got: String(error) }]
  }
}

function stageStatus(input: Input, line: Vector): Difference[] {
  const placement = placementOf(input['placement'])
  const { cluster, resourceSnapshotName } = input['context'] as { cluster: string; resourceSnapshotName: string }
  const binding = input['binding'] ? bindingOf(input['binding'] as UpstreamBinding) : undefined
  const want = wantOf<{
    wantConditionStatusMap: Record<string, string>
    wantPerClusterPlacementStatus: PerClusterPlacementStatus
  }>(line)
  const { entry, reached } = clusterStatus(
    { clusterName: cluster, reason: '' },
    binding,
    conditionsByCluster(placement.status).get(cluster) ?? [],
    {
      generation: placement.metadata.generation ?? 0,
      chain: chainOf(placement.spec.strategy),
      external: placement.spec.strategy?.type === 'External',
      latest: { name: resourceSnapshotName, index: '1' },
      indexOf: () => '0',
      now,
    },
  )
  // The scheduler's own condition is set by the caller of the upstream function.
  const ours = { ...entry, conditions: entry.conditions?.filter(({ type }) => type !== 'Scheduled') }
  return [
    ...compare(want.wantConditionStatusMap, Object.fromEntries(reached), 'reached'),
    ...compare(normalised(want.wantPerClusterPlacementStatus), normalised(ours), 'entry'),
  ]
}

function external(input: Input, line: Vector): Difference[] {
  const want = wantOf<{
    wantErr: boolean
    wantRolloutUnknown?: boolean
    wantObservedResourceIndex?: string
    wantSelectedResources?: ResourceIdentifier[]
    wantConditions?: Condition[]
  }>(line)
  const selected = (input['selected'] ?? []) as ClusterDecision[]
  const names = new Set(selected.map(({ clusterName }) => clusterName))
  const entries = ((input['allRPS'] ?? []) as PerClusterPlacementStatus[]).filter(({ clusterName }) =>
    names.has(clusterName ?? ''),
  )
  const snapshots = resourceSnapshotsOf((input['resourceSnapshots'] ?? []) as UpstreamResourceSnapshot[])
  const view = attempt(() =>
    externalView({
      kind: 'ClusterResourcePlacement',
      generation: 1,
      entries,
      index: (input['existingObservedResourceIndex'] ?? '') as string,
      selectedResources: (input['selectedResources'] ?? []) as ResourceIdentifier[],
      resourcesOf: (index) => snapshots.find((snapshot) => String(snapshot.index) === index)?.resources ?? [],
    }),
  )
  if (!view) return compare(want.wantErr, true, 'error')
  const stages = ['RolloutStarted', 'Overridden', 'WorkSynchronized', 'Applied', 'Available', 'DiffReported'] as const
  const types = new Set(stages.map((stage) => placementConditionType('ClusterResourcePlacement', stage)))
  const existing = (input['existingConditions'] ?? []) as Condition[]
  const conditions = view.unknown ? [...existing.filter(({ type }) => !types.has(type)), view.unknown] : existing
  return [
    ...compare(want.wantRolloutUnknown, view.unknown !== undefined, 'unknown'),
    ...compare(want.wantObservedResourceIndex, view.index, 'index'),
    ...compareUnordered(want.wantSelectedResources, view.selectedResources, 'selectedResources', identifierText),
    ...compare(normalised(want.wantConditions), normalised(conditions), 'conditions'),
  ]
}

export const placementStatuses = replayTests('placement-status', {
  TestSetPlacementStatusForClusterResourcePlacement(input, line) {
    const context = input['context'] as { crpGeneration: number; testCRPName: string }
    const placement = placementOf({
      $kind: 'ClusterResourcePlacement',
      metadata: { name: context.testCRPName, generation: context.crpGeneration },
      spec: { resourceSelectors: [], policy: input['policy'], strategy: input['strategy'] },
      status: input['crpStatus'],
    })
    return wholeStatus(input, line, placement, (input['clusterResourceBindings'] ?? []) as UpstreamBinding[])
  },
  TestSetResourcePlacementStatus(input, line) {
    const context = input['context'] as { rpGeneration: number; testRPName: string; testRPNamespace: string }
    const placement = placementOf({
      $kind: 'ResourcePlacement',
      metadata: { name: context.testRPName, namespace: context.testRPNamespace, generation: context.rpGeneration },
      spec: { resourceSelectors: [], strategy: input['strategy'] },
      status: input['rpStatus'],
    })
    return wholeStatus(input, line, placement, (input['resourceBindings'] ?? []) as UpstreamBinding[])
  },
  TestSetPlacementStatusPerCluster: stageStatus,
  TestBuildPerClusterPlacementStatusMap: (input, line) =>
    compare(
      wantOf<{ want: unknown }>(line).want,
      Object.fromEntries(conditionsByCluster(placementOf(input['placementObj']).status)),
    ),
  TestBuildClusterToBindingMap(input, line) {
    const placement = placementOf(input['placementObj'])
    const { name, namespace } = placement.metadata
    const stored = (input[namespace ? 'resourceBindings' : 'clusterBindings'] ?? []) as UpstreamBinding[]
    const own = stored.filter(
      ({ metadata }) =>
        metadata?.labels?.['kubernetes-fleet.io/parent-CRP'] === name &&
        (metadata?.namespace ?? '') === (namespace ?? ''),
    )
    const { policySnapshotName } = input['context'] as { policySnapshotName: string }
    const { want } = wantOf<{ want: Record<string, UpstreamBinding> }>(line)
    const wanted = Object.fromEntries(
      Object.entries(want).map(([cluster, binding]) => [cluster, bindingOf(binding).name]),
    )
    const got = [...bindingsByCluster(own.map(bindingOf), policySnapshotName)]
    return compare(wanted, Object.fromEntries(got.map(([cluster, binding]) => [cluster, binding.name])))
  },
  TestFindResourceSnapshotIndexForBindings(input, line) {
    const indexOf = indexLookup(resourceSnapshotsOf((input['resourceSnapshots'] ?? []) as UpstreamResourceSnapshot[]))
    const bindings = Object.entries((input['bindingMap'] ?? {}) as Record<string, UpstreamBinding>)
    const got = bindings.map(([cluster, binding]) => [cluster, indexOf(bindingOf(binding).resourceSnapshotName) ?? ''])
    return compare(
      wantOf<{ wantResourceSnapshotIndexMap: unknown }>(line).wantResourceSnapshotIndexMap,
      Object.fromEntries(got),
    )
  },
  TestGetPlacementConditionType: (input, line) =>
    compare(
      wantOf<{ want: string }>(line).want,
      placementConditionType(placementOf(input['placement']).kind, input['condType'] as Stage),
    ),
  TestGeneratePlacementConditionByStatus(input, line) {
    const { kind } = placementOf(input['placement'])
    const got = placementCondition(
      kind,
      input['condType'] as Stage,
      input['status'] as Condition['status'],
      input['generation'] as number,
      input['clusterCount'] as number,
    )
    return compare(normalised(wantOf<{ want: Condition }>(line).want), normalised(got))
  },
  TestCalculateFailedToScheduleClusterCount(input, line) {
    const count = (name: string) => ((input[name] ?? []) as unknown[]).length
    const want = wantOf<{ want?: number; wantErr: boolean }>(line)
    const missing = attempt(() =>
      missingClusters(placementOf(input['placementObj']).spec.policy, count('selected'), count('unselected')),
    )
    return [...compare(want.wantErr, missing === undefined, 'error'), ...compare(want.want, missing, 'count')]
  },
  TestIsRolloutComplete(input, line) {
    const { crpGeneration } = input['context'] as { crpGeneration: number }
    const placement = placementOf({
      metadata: { generation: crpGeneration },
      spec: { resourceSelectors: [] },
      status: { conditions: input['conditions'] },
    })
    return compare(wantOf<{ want: boolean }>(line).want, isRolloutComplete(placement))
  },
  TestDetermineRolloutStateForPlacementWithExternalRolloutStrategy: external,
})

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

type Lists = { readonly [name: string]: readonly never[] | undefined }

export const placementEquality = replayTests('placement-equality', {
  TestIsFailedResourcePlacementsEqual: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, sameFailed((input as Lists)['old'], (input as Lists)['new'])),
  TestIsDriftedResourcePlacementsEqual: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, sameDrifted((input as Lists)['oldDRP'], (input as Lists)['newDRP'])),
  TestIsDiffedResourcePlacementEqual: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, sameDiffed((input as Lists)['oldDRP'], (input as Lists)['newDRP'])),
})
