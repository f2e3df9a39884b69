// What would change on one cluster, from what it is to have now to what it would be to have.
import type { KubeObject } from '../../api/kube-object.ts'
import type { RolloutStrategy } from '../../api/placement.ts'
import type { Wanted } from '../../api/placement-record.ts'
import type { ClusterPlan, ObjectChange } from '../../api/plan.ts'
import type { Rendered } from '../work/render.ts'
import { changesOf } from './changes.ts'

/** Undefined: the placement has no snapshot of its own. */
export type Target = Rendered | undefined

export interface ClusterPlanInput {
  readonly cluster: string
  readonly strategy: RolloutStrategy | undefined
  readonly before: Wanted | undefined
  readonly after: Wanted | undefined
  /** What the cluster is to have now. */
  readonly current: Rendered | { readonly kind: 'missing'; readonly message: string } | undefined
  /** What it would be to have. */
  readonly target: () => Target
}

/** Changes listed for one cluster. */
const listLimit = 100

/** Speaks of the end of the rollout, not of its steps. */
export function clusterPlan(input: ClusterPlanInput): ClusterPlan {
  const { cluster, strategy, before, after } = input
  const current = manifestsOf(input.current)
  const nothing: ClusterPlan = { cluster, action: 'Keep', added: 0, changed: 0, removed: 0 }
  if (after?.deletedAt !== undefined || after === undefined) return leaving(nothing, before, current)
  if (strategy?.type === 'External') return { ...nothing, action: after.state === 'Bound' ? 'Keep' : 'Wait' }
  if (after.state === 'Unscheduled') return withChanges({ ...nothing, action: 'Remove' }, changesOf(current, []))
  if (strategy?.applyStrategy?.type === 'ReportDiff') return { ...nothing, action: 'Compare' }
  const target = input.target()
  if (target?.kind === 'failed') return { ...nothing, problem: target.message }
  const changes = changesOf(current, manifestsOf(target))
  const fresh = before === undefined || before.payload === ''
  return withChanges({ ...nothing, action: fresh ? 'Place' : changes.length > 0 ? 'Update' : 'Keep' }, changes)
}

/** It is being removed already, and may be taken again when that is over. */
function leaving(nothing: ClusterPlan, before: Wanted | undefined, current: readonly KubeObject[]): ClusterPlan {
  if (before?.deletedAt !== undefined) return { ...nothing, action: 'Wait' }
  return withChanges({ ...nothing, action: 'Remove' }, changesOf(current, []))
}

function manifestsOf(rendered: ClusterPlanInput['current']): readonly KubeObject[] {
  return rendered?.kind === 'rendered' ? rendered.manifests.map(({ object }) => object) : []
}

function withChanges(plan: ClusterPlan, changes: readonly ObjectChange[]): ClusterPlan {
  const count = (kind: ObjectChange['change']) => changes.filter(({ change }) => change === kind).length
  return {
    ...plan,
    added: count('Added'),
    changed: count('Changed'),
    removed: count('Removed'),
    ...(changes.length > 0 && { objects: changes.slice(0, listLimit) }),
  }
}
