// Setting a single scheduler plugin up from a vector, and comparing its answers.
import type { MemberCluster } from '../../../shared/api/member-cluster.ts'
import type { PlacementPolicy } from '../../../shared/api/placement.ts'
import { fleetOf } from '../../../shared/domain/scheduler/fleet.ts'
import type { CycleContext, Plugin, PluginFactory, Score, Verdict } from '../../../shared/domain/scheduler/plugin.ts'
import { compare, type Difference, type Input, type Vector, vectorNow, wantOf } from './replayer.ts'
import { bindingOf, type UpstreamBinding } from './upstream.ts'

export interface UpstreamVerdict {
  readonly code: string
  readonly reasons?: readonly string[]
  readonly sourcePlugin?: string
}

export interface UpstreamScore {
  readonly TopologySpreadScore?: number
  readonly AffinityScore?: number
  readonly ObsoletePlacementAffinityScore?: number
}

/** A wanted plugin answer against ours; reasons only where the vector has them. */
export function compareVerdict(
  wanted: UpstreamVerdict | undefined,
  got: Verdict | undefined,
  field: string,
): Difference[] {
  if (!wanted || !got) {
    return wanted === undefined && got === undefined
      ? []
      : [{ field, wanted: wanted ?? 'success', got: got ?? 'success' }]
  }
  return [
    ...compare(wanted.code, got.code, `${field}.code`),
    ...compare(wanted.sourcePlugin, got.plugin, `${field}.plugin`),
    ...(wanted.reasons && wanted.reasons.length > 0 ? compare(wanted.reasons, got.reasons, `${field}.reasons`) : []),
  ]
}

/** Points under upstream's names. */
export function upstreamScore(score: Partial<Score>): UpstreamScore {
  return {
    TopologySpreadScore: score.topologySpread ?? 0,
    AffinityScore: score.affinity ?? 0,
    ObsoletePlacementAffinityScore: score.obsoleteAffinity ?? 0,
  }
}

export type Snapshot = {
  readonly metadata?: { readonly namespace?: string }
  readonly spec?: { readonly policy?: PlacementPolicy }
}

export interface Setting {
  readonly snapshot?: Snapshot | undefined
  readonly clusters?: readonly MemberCluster[]
  readonly current?: readonly UpstreamBinding[]
  readonly obsolete?: readonly UpstreamBinding[]
}

export function contextOf({ snapshot, clusters = [], current = [], obsolete = [] }: Setting): CycleContext {
  return {
    fleet: fleetOf(clusters),
    policy: snapshot?.spec?.policy,
    namespace: snapshot?.metadata?.namespace,
    current: current.map(bindingOf),
    obsolete: obsolete.map(bindingOf),
    now: vectorNow,
  }
}

export function plugin(factory: PluginFactory, setting: Setting): Plugin {
  return factory(contextOf(setting))
}

export const list = <T>(value: unknown) => (value ?? []) as T[]
export const snapshotIn = (input: Input) => (input['ps'] ?? input['policySnapshot'] ?? input['policy']) as Snapshot

export function filterTest(factory: PluginFactory, field = 'wantStatus') {
  return (input: Input, line: Vector): Difference[] => {
    const context = input['context'] as { policy?: Snapshot } | undefined
    const cluster = input['cluster'] as MemberCluster
    const snapshot = snapshotIn(input) ?? context?.policy
    const got = plugin(factory, { snapshot, clusters: [cluster] }).filter?.(cluster)
    return compareVerdict(wantOf<Record<string, UpstreamVerdict>>(line)[field], got, 'filter')
  }
}

export function preFilterTest(factory: PluginFactory) {
  return (input: Input, line: Vector): Difference[] =>
    compareVerdict(
      wantOf<{ wantStatus?: UpstreamVerdict }>(line).wantStatus,
      plugin(factory, {
        snapshot: snapshotIn(input),
        clusters: list(input['clusters']),
        current: list(input['bindings']),
      }).preFilter?.(),
      'preFilter',
    )
}
