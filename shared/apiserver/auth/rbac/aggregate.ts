// ClusterRoles made of others: `aggregationRule` selects them by label, and their rules become its own.
import { z } from 'zod'
import type { KubeObject } from '../../../api/kube-object.ts'
import { LabelSelector, selects } from '../../selector/selects.ts'
import { type PolicyRule, rulesOf } from './rule.ts'

const Aggregation = z.looseObject({
  aggregationRule: z.looseObject({ clusterRoleSelectors: z.array(LabelSelector).nullish() }),
})

/** Whether a ClusterRole takes its rules from others; what it says itself then counts for nothing. */
export function aggregates(role: KubeObject): boolean {
  return role['aggregationRule'] !== undefined && role['aggregationRule'] !== null
}

/** The rules of every ClusterRole by name, with those of aggregating roles worked out, through any number of steps. */
export function aggregatedRules(roles: readonly KubeObject[]): ReadonlyMap<string, readonly PolicyRule[]> {
  const byName = [...roles].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const members = new Map(byName.filter(aggregates).map((role) => [role, membersOf(role, byName)]))
  const reached = (role: KubeObject, seen: Set<KubeObject>): readonly PolicyRule[] => {
    if (seen.has(role)) return []
    seen.add(role)
    return members.get(role)?.flatMap((member) => reached(member, seen)) ?? rulesOf(role)
  }
  return new Map(byName.map((role) => [nameOf(role), distinct(reached(role, new Set()))]))
}

const nameOf = ({ metadata }: KubeObject) => metadata.name ?? ''

function membersOf(role: KubeObject, byName: readonly KubeObject[]): KubeObject[] {
  const parsed = Aggregation.safeParse(role)
  if (!parsed.success) return []
  const selectors = parsed.data.aggregationRule.clusterRoleSelectors ?? []
  return selectors.flatMap((selector) => byName.filter(({ metadata }) => selects(selector, metadata.labels ?? {})))
}

function distinct(rules: readonly PolicyRule[]): PolicyRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()]
}
