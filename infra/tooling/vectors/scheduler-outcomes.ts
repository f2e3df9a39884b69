// What comes of a scheduling cycle: bindings kept, made and given up, and the decisions told.
import type { ClusterDecision } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { PlacementKey } from '../../../shared/api/message.ts'
import { placementLocation } from '../../../shared/app/fleet-lists.ts'
import { bindingName } from '../../../shared/domain/scheduler/binding-name.ts'
import { byRemoval, classifyBindings, downscale, matchBindings } from '../../../shared/domain/scheduler/bindings.ts'
import {
  lookUp,
  report,
  reportNamed,
  type SchedulingOutcome,
  surplusOf,
} from '../../../shared/domain/scheduler/cycle.ts'
import { listedDecisions, sameDecisions, selectedDecision } from '../../../shared/domain/scheduler/decisions.ts'
import { fleetOf, nameOf } from '../../../shared/domain/scheduler/fleet.ts'
import {
  bindings,
  bindingText,
  byCluster,
  failable,
  filtered,
  list,
  names,
  scored,
  snapshotIn,
  type UpstreamFiltered,
  type UpstreamScored,
  wantedNames,
} from './fake-plugins.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  replayTests,
  type Vector,
  vectorNow,
  wantOf,
} from './replayer.ts'
import { bindingOf, type UpstreamBinding } from './upstream.ts'

function decisionsTest(bindingsField: string, wantField: string, exact: boolean) {
  return (input: Input, line: Vector): Difference[] => {
    const got = listedDecisions(
      {
        selected: list<unknown>(input[bindingsField]).map(bindings),
        notPicked: list<UpstreamScored>(input['notPicked']).map(scored),
        filtered: list<UpstreamFiltered>(input['filtered']).map(filtered),
      },
      { total: 1000, unselected: input['maxUnselectedClusterDecisionCount'] as number },
    )
    const brief = ({ clusterName, selected }: ClusterDecision) => ({ clusterName, selected })
    const wanted = list<ClusterDecision>(wantOf<Record<string, unknown>>(line)[wantField])
    return compare(exact ? wanted : wanted.map(brief), exact ? got : got.map(brief), 'decisions')
  }
}

function compareOutcome(line: Vector, got: SchedulingOutcome): Difference[] {
  const want = wantOf<{
    wantObservedCRPGeneration: number
    wantDecisions?: ClusterDecision[]
    wantCondition: Condition
  }>(line)
  return [
    ...compare(want.wantObservedCRPGeneration, got.observedGeneration, 'observedGeneration'),
    ...compare(want.wantDecisions, got.listed, 'decisions'),
    ...compare(want.wantCondition.status, got.condition.status, 'condition.status'),
    ...compare(want.wantCondition.reason, got.condition.reason, 'condition.reason'),
    ...compare(want.wantCondition.observedGeneration, got.condition.observedGeneration, 'condition.observedGeneration'),
  ]
}

export const schedulerOutcomes = replayTests('scheduler-framework', {
  TestClassifyBindings(input, line) {
    const want = wantOf<Record<string, unknown>>(line)
    const fleet = fleetOf(list(input['clusters']))
    const got = classifyBindings(bindings(input['bindings']), snapshotIn(input).name, fleet.byName)
    const wantedClasses = {
      bound: 'wantBound',
      scheduled: 'wantScheduled',
      obsolete: 'wantObsolete',
      unscheduled: 'wantUnscheduled',
      dangling: 'wantDangling',
      deleting: 'wantDeleting',
    } as const
    return Object.entries(wantedClasses).flatMap(([ours, theirs]) =>
      compare(wantedNames(want[theirs]), names(got[ours as keyof typeof got]), ours),
    )
  },
  TestCrossReferencePickedClustersAndDeDupBindings(input, line) {
    const want = wantOf<{
      wantToCreate?: UpstreamBinding[]
      wantToPatch?: { updated: UpstreamBinding }[]
      wantToDelete?: UpstreamBinding[]
    }>(line)
    const { crpName } = input['context'] as { crpName: string }
    const got = matchBindings(
      list<UpstreamScored>(input['picked']).map(scored),
      bindings(input['obsolete']),
      bindings(input['unscheduled']),
      {
        policySnapshot: snapshotIn(input).name,
        decide: ({ cluster, score }) => selectedDecision(nameOf(cluster), score),
        newName: (cluster) => bindingName(crpName, cluster, '00000000'),
        createdAt: new Date(vectorNow).toISOString(),
      },
    )
    const texts = (items: readonly UpstreamBinding[] | undefined) => (items ?? []).map(bindingOf).map(bindingText)
    const prefixed = got.create.every(({ name, targetCluster }) => name.startsWith(`${crpName}-${targetCluster}-`))
    const patched = want.wantToPatch?.map(({ updated }) => updated)
    return [
      ...compareUnordered(texts(want.wantToCreate), got.create.map(bindingText), 'create', byCluster),
      ...compareUnordered(texts(patched), got.patch.map(bindingText), 'patch', byCluster),
      ...compareUnordered(wantedNames(want.wantToDelete), names(got.unschedule), 'unschedule'),
      ...compare(true, prefixed, 'names'),
    ]
  },
  TestUpdatePolicySnapshotStatusFromBindings(input, line) {
    const selected = list<unknown>(input['existing']).map(bindings)
    const outcome = {
      selected,
      notPicked: list<UpstreamScored>(input['notPicked']).map(scored),
      filtered: list<UpstreamFiltered>(input['filtered']).map(filtered),
    }
    const got = report({ input: { policySnapshot: snapshotIn(input) } }, outcome, selected.flat().length)
    const unselected = input['maxUnselectedClusterDecisionCount'] as number
    return compareOutcome(line, { ...got, listed: listedDecisions(outcome, { total: 1000, unselected }) })
  },
  TestUpdatePolicySnapshotStatusForPickFixedPlacementType: (input, line) =>
    compareOutcome(
      line,
      reportNamed(
        { policySnapshot: snapshotIn(input) },
        { valid: list(input['valid']), ineligible: list(input['invalid']), unknown: list(input['notFound']) },
      ),
    ),
  TestShouldDownscale(input, line) {
    const want = wantOf<{ wantAct: boolean; wantCount: number }>(line)
    const number = (name: string) => (input[name] ?? 0) as number
    const got = surplusOf(snapshotIn(input).policy, number('desired'), number('present'), number('obsolete'))
    return [...compare(want.wantAct, got !== undefined, 'act'), ...compare(want.wantCount, got ?? 0, 'count')]
  },
  TestSortByClusterScoreAndName: (input, line) =>
    compare(
      wantedNames(wantOf<{ want?: unknown }>(line).want),
      names([...bindings(input['bindings'])].sort(byRemoval)),
    ),
  TestNewSchedulingDecisionsFromBindings: decisionsTest('existing', 'want', true),
  TestNewSchedulingDecisionsFromOversized: decisionsTest('bindingSets', 'wantDecisions', false),
  TestEqualDecisions: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, sameDecisions(list(input['current']), list(input['desired']))),
  TestDownscale: (input, line) =>
    failable(
      line,
      () => downscale(bindings(input['scheduled']), bindings(input['bound']), input['count'] as number),
      (got) => {
        const want = wantOf<Record<'wantUpdatedScheduled' | 'wantUpdatedBound' | 'wantUnscheduled', unknown>>(line)
        return [
          ...compare(wantedNames(want.wantUpdatedScheduled), names(got.scheduled), 'scheduled'),
          ...compare(wantedNames(want.wantUpdatedBound), names(got.bound), 'bound'),
          ...compareUnordered(wantedNames(want.wantUnscheduled), names(got.unschedule), 'unscheduled'),
          ...compare([], names(got.unschedule.filter(({ state }) => state !== 'Unscheduled')), 'unscheduled.state'),
        ]
      },
    ),
  TestCrossReferenceClustersWithTargetNames(input, line) {
    const want = wantOf<{
      wantValid?: MemberCluster[]
      wantInvalid?: { cluster: MemberCluster; reason: string }[]
      wantNotFound?: string[]
    }>(line)
    const { current } = input['context'] as { current: MemberCluster[] }
    const got = lookUp(list(input['target']), { fleet: fleetOf(current), now: vectorNow })
    const brief = (items: readonly { cluster: MemberCluster; reason: string }[] | undefined) =>
      (items ?? []).map(({ cluster, reason }) => ({ cluster: nameOf(cluster), reason }))
    return [
      ...compare((want.wantValid ?? []).map(nameOf), got.valid.map(nameOf), 'valid'),
      ...compare(brief(want.wantInvalid), brief(got.ineligible), 'invalid'),
      ...compare(want.wantNotFound, got.unknown, 'notFound'),
    ]
  },
  TestGenerateBinding(input, line) {
    const want = wantOf<{
      expectedType?: string
      expectedNamespace?: string
      expectedLabel?: string
      expectedError: boolean
    }>(line)
    const key = PlacementKey.safeParse(input['placementKey'])
    if (want.expectedError || !key.success) return compare(want.expectedError, !key.success, 'failed')
    const { namespace, name } = placementLocation(key.data).key
    const kind = namespace ? 'ResourceBinding' : 'ClusterResourceBinding'
    return compare([want.expectedType, want.expectedNamespace, want.expectedLabel], [kind, namespace ?? '', name])
  },
  TestClusterResourceBindingUniqueName: (input, line) =>
    failable(
      line,
      () => bindingName(input['crpName'] as string, input['clusterName'] as string, '0123456789abcdef'),
      (got) => {
        const want = wantOf<{ wantPrefix: string; wantLength: number }>(line)
        return [
          ...compare(want.wantPrefix, got.slice(0, want.wantPrefix.length), 'prefix'),
          ...compare(want.wantLength, got.length, 'length'),
        ]
      },
    ),
})
