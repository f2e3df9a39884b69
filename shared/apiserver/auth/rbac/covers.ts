// Nobody gives away more than they hold: which of some rules a holder of other rules lacks, and how that is worded.
import { coversPath, type PolicyRule } from './rule.ts'

/** Everything there is; who may aggregate roles must hold it. */
export const fullAuthority: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
]

/** The parts of `wanted` that no rule of `held` covers, one verb on one thing each; empty when all is held. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(brokenDown).filter((part) => !held.some((rule) => covers(rule, part)))
}

function brokenDown({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule[] {
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] }
  const names = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [[]]
  const onResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name) => ({
          ...none,
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          resourceNames: name,
        })),
      ),
    ),
  )
  const onPaths = nonResourceURLs.flatMap((url) =>
    verbs.map((verb) => ({ ...none, verbs: [verb], nonResourceURLs: [url] })),
  )
  return [...onResources, ...onPaths]
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  return (
    holds(rule.verbs, part.verbs) &&
    holds(rule.apiGroups, part.apiGroups) &&
    part.resources.every((resource) => holdsResource(rule.resources, resource)) &&
    holdsNames(rule.resourceNames, part.resourceNames) &&
    part.nonResourceURLs.every((path) => rule.nonResourceURLs.some((url) => coversPath(url, path)))
  )
}

const holds = (held: readonly string[], wanted: readonly string[]) =>
  held.includes('*') || wanted.every((value) => held.includes(value))

function holdsResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true
  const slash = wanted.indexOf('/')
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`)
}

/** A rule without names is about every name; one with names never covers one without. */
function holdsNames(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.length === 0) return true
  return wanted.length > 0 && wanted.every((name) => held.includes(name))
}

/** Rules about the same single resource become one, as they are shown to people. */
export function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>()
  const others: PolicyRule[] = []
  for (const rule of rules) {
    const key = simpleKey(rule)
    const known = key === undefined ? undefined : simple.get(key)
    if (key === undefined) others.push(rule)
    else simple.set(key, known ? { ...known, verbs: [...new Set([...known.verbs, ...rule.verbs])] } : rule)
  }
  return [...others, ...simple.values()]
}

function simpleKey({ apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string | undefined {
  const one = apiGroups.length === 1 && resources.length === 1 && resourceNames.length < 2
  return one && nonResourceURLs.length === 0
    ? JSON.stringify([apiGroups[0], resources[0], ...resourceNames])
    : undefined
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
export function ruleText(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const
  const shown = parts.filter(([, values]) => values.length > 0).map(([name, values]) => `${name}:${quotedList(values)}`)
  return `{${shown.join(', ')}}`
}

/** `["a" "b"]`, as Go prints a list of strings. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
