// The plugins of one rule each: taints, namespaces, eligibility, same placement.
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import { eligibility } from '../../../shared/domain/membership/eligibility.ts'
import { isVerdict } from '../../../shared/domain/scheduler/plugin.ts'
import { clusterEligibility } from '../../../shared/domain/scheduler/plugins/cluster-eligibility.ts'
import { namespaceAffinity } from '../../../shared/domain/scheduler/plugins/namespace-affinity.ts'
import { samePlacementAffinity } from '../../../shared/domain/scheduler/plugins/same-placement-affinity.ts'
import { taintToleration } from '../../../shared/domain/scheduler/plugins/taint-toleration.ts'
import {
  compareVerdict,
  filterTest,
  list,
  plugin,
  preFilterTest,
  type UpstreamScore,
  type UpstreamVerdict,
  upstreamScore,
} from './plugin-answers.ts'
import { compare, replayTests, vectorNow, wantOf } from './replayer.ts'

export const taintPlugin = replayTests('scheduler-tainttoleration', { TestFilter: filterTest(taintToleration) })

export const namespacePlugin = replayTests('scheduler-namespaceaffinity', {
  TestPreFilter: preFilterTest(namespaceAffinity),
  TestFilter: filterTest(namespaceAffinity),
})

export const eligibilityPlugin = replayTests('scheduler-clustereligibility', {
  TestFilter(input, line) {
    const cluster = input['cluster'] as MemberCluster
    const got = plugin(clusterEligibility, { clusters: [cluster] }).filter?.(cluster)
    const { want } = wantOf<{ want?: UpstreamVerdict }>(line)
    return compareVerdict(want && { ...want, reasons: [] }, got, 'filter')
  },
  TestIsClusterEligible(input, line) {
    const want = wantOf<{ wantEligible: boolean; wantReasonPrefix: string }>(line)
    const limits = input['context'] as { heartbeatCheckTimeoutSeconds: number; healthCheckTimeoutSeconds: number }
    const { eligible, reason } = eligibility(input['cluster'] as MemberCluster, vectorNow, {
      heartbeatMs: limits.heartbeatCheckTimeoutSeconds * 1000,
      unhealthyMs: limits.healthCheckTimeoutSeconds * 1000,
    })
    const starts = reason.startsWith(want.wantReasonPrefix)
    return [
      ...compare(want.wantEligible, eligible, 'eligible'),
      ...(starts ? [] : [{ field: 'reason', wanted: want.wantReasonPrefix, got: reason }]),
    ]
  },
})

function named(name: string): MemberCluster {
  const identity = { kind: 'User', name }
  return {
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name },
    spec: { identity },
  }
}

export const samePlacementPlugin = replayTests('scheduler-sameplacementaffinity', {
  TestFilter(input, line) {
    const { clusterName } = input['context'] as { clusterName: string }
    const got = plugin(samePlacementAffinity, { current: list(input['scheduledOrBoundBindings']) }).filter?.(
      named(clusterName),
    )
    return compareVerdict(wantOf<{ want?: UpstreamVerdict }>(line).want, got, 'filter')
  },
  TestScore(input, line) {
    const { clusterName } = input['context'] as { clusterName: string }
    const got =
      plugin(samePlacementAffinity, { obsolete: list(input['obsoleteBindings']) }).score?.(named(clusterName)) ?? {}
    if (isVerdict(got)) return [{ field: 'score', wanted: 'points', got }]
    return compare(wantOf<{ want: UpstreamScore }>(line).want, upstreamScore(got), 'score')
  },
})
