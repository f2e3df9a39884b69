// A plan in one line.
import type { ClusterReason } from '../../api/decision.ts'
import type { ClusterPlan } from '../../api/plan.ts'

/** Names a line holds. */
const namesShown = 5

export interface SummaryInput {
  readonly problem: string | undefined
  readonly reasons: readonly ClusterReason[]
  readonly clusters: readonly ClusterPlan[]
  /** Objects selected. */
  readonly objects: number
}

/** `2 of 5 clusters picked (one, two), 4 objects selected; on clusters 8 objects added, 0 changed, 0 removed`. */
export function summaryOf({ problem, reasons, clusters, objects }: SummaryInput): string {
  if (problem !== undefined) return `not scheduled: ${problem}`
  const picked = reasons.filter(({ selected }) => selected).map(({ cluster }) => cluster)
  const names = picked.length > namesShown ? [...picked.slice(0, namesShown), '…'] : picked
  const sum = (field: 'added' | 'changed' | 'removed') => clusters.reduce((total, plan) => total + plan[field], 0)
  return (
    `${picked.length} of ${reasons.length} clusters picked${names.length > 0 ? ` (${names.join(', ')})` : ''}, ` +
    `${objects} objects selected; on clusters ${sum('added')} objects added, ${sum('changed')} changed, ${sum('removed')} removed`
  )
}
