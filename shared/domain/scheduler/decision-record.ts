// The decision a placement keeps: written anew when somebody else is picked or another rule decides about a cluster,
// brought up to date in place when only what was seen changed, and left alone when it says the same.
import type { ClusterReason, SchedulingDecision } from '../../api/decision.ts'
import type { DecisionMark, PlacementHeader } from '../../api/placement-record.ts'
import { sha256 } from '../placement/canonical-json.ts'

export interface DecisionInput {
  /** As it is to be written. */
  readonly header: PlacementHeader
  readonly policySnapshot: { readonly name: string; readonly placementGeneration: number }
  readonly reasons: readonly ClusterReason[]
  /** RFC 3339. */
  readonly now: string
}

/** The decision to write and its mark for the header, or undefined when the newest one kept says the same. */
export function nextDecision({
  header,
  policySnapshot,
  reasons,
  now,
}: DecisionInput): { readonly decision: SchedulingDecision; readonly mark: DecisionMark } | undefined {
  const { name, placementGeneration } = policySnapshot
  const scheduled = header.scheduling?.policySnapshot === name ? header.scheduling.condition : undefined
  const content = hashOf([name, placementGeneration, scheduled?.status, scheduled?.reason, ...reasons.map(facts)])
  const stored = header.decided
  if (stored?.content === content) return undefined
  const outcome = hashOf([name, ...reasons.map(({ cluster, selected, plugin }) => [cluster, selected, plugin])])
  const number = stored === undefined ? 1 : stored.number + (stored.outcome === outcome ? 0 : 1)
  return {
    mark: { number, outcome, content },
    decision: {
      number,
      decidedAt: now,
      policySnapshot: name,
      placementGeneration,
      ...(scheduled && { scheduled }),
      clusters: [...reasons],
    },
  }
}

/** A reason without its prose, which may tell how long ago something was. */
function facts({ reason: _, ...rest }: ClusterReason) {
  return rest
}

function hashOf(value: unknown): string {
  return sha256(JSON.stringify(value)).slice(0, 16)
}
