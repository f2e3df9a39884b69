// Overrides: which rules change which objects on which clusters, and how. Rollout asks which overrides a binding carries,
// the worker applies them; the invariant is that both read the same rules in the same order.

import type { OverrideRule } from '../../api/override.ts'
import type { LabelSelector } from '../../api/placement.ts'

type Labels = Readonly<Record<string, string>>

/** Whether a rule applies to a cluster with these labels. No selector matches no cluster, no terms match every cluster. */
export function ruleMatchesCluster(rule: OverrideRule, labels: Labels | undefined): boolean {
  if (rule.clusterSelector === undefined) return false
  const terms = rule.clusterSelector.clusterSelectorTerms ?? []
  if (terms.length === 0) return true
  return terms.some(({ labelSelector }) => labelSelector !== undefined && selectorMatches(labelSelector, labels ?? {}))
}

/** metav1.LabelSelector over a label map. An operator nobody knows matches nothing. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  const value = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, wanted]) => value(key) === wanted) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const found = value(key)
      switch (operator) {
        case 'In':
          return found !== undefined && values.includes(found)
        case 'NotIn':
          return found === undefined || !values.includes(found)
        case 'Exists':
          return found !== undefined
        case 'DoesNotExist':
          return found === undefined
        default:
          return false
      }
    })
  )
}
