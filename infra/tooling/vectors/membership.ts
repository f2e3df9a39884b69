// Conditions, the hub's view of member clusters, and the placements their changes wake.
import type { Condition } from '../../../shared/api/condition.ts'
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import type { Placement } from '../../../shared/api/placement.ts'
import { isFalseAt, isTrueAt, saysSame, saysSameIgnoringReason } from '../../../shared/domain/condition.ts'
import { withReport } from '../../../shared/domain/membership/agents.ts'
import { isFullyScheduled, wokenPlacements } from '../../../shared/domain/membership/wakes.ts'
import { placementCondition, type Stage } from '../../../shared/domain/status/stages.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  plain,
  replayTests,
  type Vector,
  wantOf,
} from './replayer.ts'

function boolTest(run: (input: Input) => boolean) {
  return (input: Input, line: Vector): Difference[] => compare(wantOf<{ want: boolean }>(line).want, run(input))
}

const pair = (input: Input) =>
  [input['current'] as Condition | undefined, input['desired'] as Condition | undefined] as const

function trueCondition(kind: Placement['kind']) {
  return (input: Input, line: Vector): Difference[] => {
    const { clusterCount, generation } = input['context'] as { clusterCount: number; generation: number }
    const { message: _, ...want } = wantOf<{ want: Condition }>(line).want
    const { message, ...got } = placementCondition(kind, input['condition'] as Stage, 'True', generation, clusterCount)
    // The wording is ours, but it must say how many clusters it speaks of.
    return [...compare(want, got), ...compare(true, message.includes(String(clusterCount)), 'message names the count')]
  }
}

export const conditions = replayTests('condition', {
  TestEqualCondition: boolTest((input) => saysSame(...pair(input))),
  TestEqualConditionIgnoreReason: boolTest((input) => saysSameIgnoringReason(...pair(input))),
  TestIsConditionStatusTrue: boolTest(({ cond, latestGeneration }) =>
    isTrueAt(cond as Condition | undefined, (latestGeneration ?? 0) as number),
  ),
  TestIsConditionStatusFalse: boolTest(({ cond, latestGeneration }) =>
    isFalseAt(cond as Condition | undefined, (latestGeneration ?? 0) as number),
  ),
  TestTrueClusterResourcePlacementCondition: trueCondition('ClusterResourcePlacement'),
  TestTrueResourcePlacementCondition: trueCondition('ResourcePlacement'),
})

/** Times and messages of conditions are not compared. */
function bare(conditions: readonly Condition[] | undefined) {
  return (conditions ?? []).map(({ message: _, lastTransitionTime: __, ...condition }) => condition)
}

export const memberClusters = replayTests('membercluster', {
  TestSyncInternalMemberClusterStatus(input, line) {
    const cluster = input['memberCluster'] as MemberCluster
    const reported = input['internalMemberCluster'] as Pick<MemberCluster, 'status'> | undefined
    const { wantedMemberCluster: want } = wantOf<{ wantedMemberCluster: Pick<MemberCluster, 'status'> }>(line)
    const got = withReport(
      cluster,
      reported && (reported.status ?? {}),
      input['expectedAgents'] as string[],
      plain({ secondsFromNow: 0 }) as string,
    )
    const byType = ({ type }: { readonly type: string }) => type
    const agents = (status: MemberCluster['status']) =>
      (status?.agentStatus ?? []).map((agent) => ({ ...agent, conditions: bare(agent.conditions) }))
    const rest = ({ conditions: _, agentStatus: __, ...status }: NonNullable<MemberCluster['status']>) => status
    return [
      ...compareUnordered(bare(want.status?.conditions), bare(got.conditions), 'conditions', byType),
      ...compareUnordered(agents(want.status), agents(got), 'agentStatus', byType),
      ...compare(rest(want.status ?? {}), rest(got)),
    ]
  },
})

function placementOf(value: unknown): Placement {
  const { $kind, ...placement } = value as Placement & { $kind: Placement['kind'] }
  return { ...placement, kind: $kind }
}

const keyOf = ({ kind, metadata }: Placement) => [kind, metadata.namespace ?? '', metadata.name].join('/')

export const schedulerWatcher = replayTests('scheduler-watcher', {
  TestIsPlacementFullyScheduled: boolTest(({ placement }) => isFullyScheduled(placementOf(placement))),
  TestClassifyPlacements(input, line) {
    const want = (wantOf<{ want?: unknown[] }>(line).want ?? []).map(placementOf)
    const got = wokenPlacements('open', ((input['placements'] ?? []) as unknown[]).map(placementOf))
    return compare(want.map(keyOf), got.map(keyOf))
  },
})
