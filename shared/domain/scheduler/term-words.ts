// Selector terms in words: what one asks for, and what a cluster has of it.
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { ClusterSelectorTerm, LabelSelector } from '../../api/placement.ts'
import { resourcePropertyPrefix } from './fleet.ts'

const comparisons: Readonly<Record<string, string>> = { Gt: '>', Ge: '>=', Eq: '=', Ne: '!=', Lt: '<', Le: '<=' }

/** `region=west and kubernetes-fleet.io/node-count>=5`; a term without requirements asks for nothing. */
export function termWords({ labelSelector, propertySelector, propertySorter }: ClusterSelectorTerm): string {
  const properties = (propertySelector?.matchExpressions ?? []).map(
    ({ name, operator, values }) => `${name}${comparisons[operator] ?? ` ${operator} `}${values.join(',')}`,
  )
  const order = propertySorter ? [`${propertySorter.name} ${propertySorter.sortOrder.toLowerCase()}`] : []
  return [...labelWords(labelSelector), ...properties, ...order].join(' and ') || 'any cluster'
}

function labelWords({ matchLabels, matchExpressions }: LabelSelector = {}): string[] {
  return [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(matchExpressions ?? []).map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key
      if (operator === 'DoesNotExist') return `!${key}`
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(', ')})`
    }),
  ]
}

/** Every label and property the terms ask about, as the cluster has it: `region=east, no zone`. */
export function seenWords(terms: readonly ClusterSelectorTerm[], cluster: MemberCluster): string {
  const labels = new Set(
    terms.flatMap(({ labelSelector }) => [
      ...Object.keys(labelSelector?.matchLabels ?? {}),
      ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
    ]),
  )
  const properties = new Set(
    terms.flatMap(({ propertySelector, propertySorter }) => [
      ...(propertySelector?.matchExpressions ?? []).map(({ name }) => name),
      ...(propertySorter ? [propertySorter.name] : []),
    ]),
  )
  return [
    ...[...labels].map((key) => words(key, valueIn(cluster.metadata.labels, key))),
    ...[...properties].map((name) => words(name, propertyText(cluster, name))),
  ].join(', ')
}

function words(name: string, value: string | undefined): string {
  return value === undefined ? `no ${name}` : `${name}=${value}`
}

const usageFields = { total: 'capacity', allocatable: 'allocatable', available: 'available' } as const

/** The value as the cluster reports it, whether it is a quantity or not. */
function propertyText({ status }: MemberCluster, name: string): string | undefined {
  if (!name.startsWith(resourcePropertyPrefix)) return valueIn(status?.properties, name)?.value
  const usage = name.slice(resourcePropertyPrefix.length)
  const dash = usage.indexOf('-')
  const field = valueIn(usageFields, usage.slice(0, dash))
  const amount = field && valueIn(status?.resourceUsage?.[field], usage.slice(dash + 1))
  return amount === undefined ? undefined : String(amount)
}

/** Names come from users: `constructor` must not find what every object inherits. */
function valueIn<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map && Object.hasOwn(map, key) ? map[key] : undefined
}
