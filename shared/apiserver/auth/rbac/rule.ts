// RBAC decides in pure functions over plain data: one rule, and what it allows.
import { z } from 'zod'
import type { KubeObject } from '../../../api/kube-object.ts'
import type { Attributes } from '../../options.ts'

const names = z
  .array(z.string())
  .nullish()
  .transform((list): readonly string[] => list ?? [])

/** `rules[]` of a Role or ClusterRole; absent lists are empty. */
const PolicyRule = z.object({
  verbs: names,
  apiGroups: names,
  resources: names,
  resourceNames: names,
  nonResourceURLs: names,
})
export type PolicyRule = Readonly<z.infer<typeof PolicyRule>>

const Rules = z.looseObject({ rules: z.array(PolicyRule).nullish() })

/** The rules a role says itself. One that cannot be read has none. */
export function rulesOf(role: KubeObject): readonly PolicyRule[] {
  const parsed = Rules.safeParse(role)
  return (parsed.success ? parsed.data.rules : undefined) ?? []
}

const all = '*'

const has = (list: readonly string[], value: string) => list.includes(all) || list.includes(value)

/** Whether a rule allows what a request wants to do. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false
  return attributes.path === undefined
    ? resourceAllowed(rule, attributes)
    : rule.nonResourceURLs.some((url) => coversPath(url, attributes.path ?? ''))
}

/** A create or list has no name, so a rule with names does not allow it. */
function resourceAllowed(rule: PolicyRule, { group, resource, subresource, name }: Attributes): boolean {
  if (!has(rule.apiGroups, group ?? '')) return false
  if (!resourceMatches(rule.resources, resource ?? '', subresource)) return false
  return rule.resourceNames.length === 0 || rule.resourceNames.includes(name ?? '')
}

/** `*`, `a/b`, or `*` `/b` for the subresource b of anything. */
function resourceMatches(resources: readonly string[], resource: string, subresource: string | undefined): boolean {
  if (!subresource) return has(resources, resource)
  return has(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`)
}

/** `*` at the end stands for anything. */
export function coversPath(url: string, path: string): boolean {
  if (url === path || url === all) return true
  return url.endsWith(all) && path.startsWith(url.replace(/\*+$/, ''))
}
