// Overrides: which rules change which objects on which clusters, and how. Rollout asks which overrides a binding carries,
// the worker applies them; the invariant is that both read the same rules in the same order.
import type { OverrideRule } from '../../api/override.ts'
import { matchesLabels } from '../label-selector.ts'

/**
 * Whether a rule applies to a cluster with these labels. No selector matches no cluster, no terms match every cluster, a
 * term without a label selector matches none. Throws InvalidInputError for a malformed selector.
 */
export function ruleMatchesCluster(rule: OverrideRule, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (rule.clusterSelector === undefined) return false
  const terms = rule.clusterSelector.clusterSelectorTerms ?? []
  if (terms.length === 0) return true
  return terms.some(({ labelSelector }) => labelSelector !== undefined && matchesLabels(labelSelector, labels))
}
