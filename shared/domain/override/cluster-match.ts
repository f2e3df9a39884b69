// Overrides: which rules change which objects on which clusters, and how. Rollout asks which overrides a binding carries,
// the worker applies them; the invariant is that both read the same rules in the same order.
import type { OverrideRule } from '../../api/override.ts'
import { labelMatcher } from '../label-selector.ts'

type Labels = Readonly<Record<string, string>> | undefined

/**
 * Whether a rule applies to a cluster with these labels. No selector matches no cluster, no terms match every cluster, a
 * term without a label selector matches none. Throws InvalidInputError for a malformed selector.
 */
export function ruleMatchesCluster(rule: OverrideRule, labels: Labels): boolean {
  return ruleMatcher(rule)(labels)
}

/** `ruleMatchesCluster` for many clusters: the rule is read once. Throws InvalidInputError for a malformed selector. */
export function ruleMatcher({ clusterSelector }: OverrideRule): (labels: Labels) => boolean {
  if (clusterSelector === undefined) return () => false
  const terms = clusterSelector.clusterSelectorTerms ?? []
  if (terms.length === 0) return () => true
  const matchers = terms.flatMap(({ labelSelector }) => (labelSelector ? [labelMatcher(labelSelector)] : []))
  return (labels) => matchers.some((matches) => matches(labels))
}
