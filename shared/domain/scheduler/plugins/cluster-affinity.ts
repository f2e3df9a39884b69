// Required cluster affinity refuses clusters; preferred cluster affinity scores them.
import type { MemberCluster } from '../../../api/member-cluster.ts'
import type { ClusterSelectorTerm } from '../../../api/placement.ts'
import { InvalidInputError } from '../../../errors.ts'
import { type LabelMatcher, labelMatcher } from '../../label-selector.ts'
import { compareQuantities, parseQuantity, type Quantity } from '../../quantity.ts'
import type { Fleet } from '../fleet.ts'
import type { PluginFactory } from '../plugin.ts'
import { seenWords, termWords } from '../term-words.ts'

const name = 'ClusterAffinity'

type ReadProperty = Fleet['property']
export type PreferredTerm = { readonly weight: number; readonly preference: ClusterSelectorTerm }

/** Least and greatest value of a property over the whole fleet; both absent when no cluster reports it. */
export interface Range {
  readonly min?: Quantity | undefined
  readonly max?: Quantity | undefined
}

/** Required terms are ORed; a cluster that matches none is unschedulable. Preferred terms add up. */
export const clusterAffinity: PluginFactory = ({ fleet, policy }) => {
  const affinity = policy?.affinity?.clusterAffinity
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.clusterSelectorTerms ?? []
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const matchers = required.map((term) => lazily(() => termMatcher(term)))
  const preferences = preferred.map((term) => lazily(() => termScorer(term)))
  let ranges: ReadonlyMap<string, Range> = new Map()
  return {
    name,
    stable: true,
    preFilter: () =>
      required.length > 0
        ? undefined
        : { code: 'Skip', reasons: ['no required cluster affinity terms to enforce'], plugin: name },
    filter: (cluster) =>
      matchers.some((matcher) => matcher()(cluster, fleet.property))
        ? undefined
        : {
            code: 'ClusterUnschedulable',
            reasons: ['cluster does not match with any of the required cluster affinity terms'],
            plugin: name,
          },
    preScore() {
      if (preferred.length === 0) {
        return { code: 'Skip', reasons: ['no preferred cluster affinity terms specified'], plugin: name }
      }
      ranges = propertyRanges(fleet.clusters, preferred, fleet.property)
      return undefined
    },
    score(cluster) {
      let affinity = 0
      for (const [index, { weight }] of preferred.entries()) {
        if (weight !== 0) affinity += preferences[index]?.()(cluster, ranges, fleet.property) ?? 0
      }
      return { affinity }
    },
    explain: (cluster) => ({ wanted: required.map(termWords).join(', or '), seen: seenWords(required, cluster) }),
    scoreParts: (cluster) =>
      preferred.map(({ weight, preference }, index) => {
        const points = weight === 0 ? 0 : (preferences[index]?.()(cluster, ranges, fleet.property) ?? 0)
        return `${points} of ${weight} for ${termWords(preference)}: ${seenWords([preference], cluster) || 'any'}`
      }),
  }
}

/** Makes something the first time it is asked for: a malformed term nobody reads must do no harm. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/**
 * One required term: labels first, then property expressions in order, each read only until the result is known.
 * A property the cluster does not report fails every operator. Throws InvalidInputError on malformed terms and values.
 */
export function termMatcher(term: ClusterSelectorTerm): (cluster: MemberCluster, property: ReadProperty) => boolean {
  const labels = labelMatcher(term.labelSelector)
  const expressions = (term.propertySelector?.matchExpressions ?? []).map(({ name, operator, values }) => ({
    name,
    test: lazily(() => comparison(operator, values)),
  }))
  return (cluster, property) =>
    labels(cluster.metadata.labels) &&
    expressions.every((expression) => {
      const value = property(cluster, expression.name)
      return value !== undefined && expression.test()(value)
    })
}

const orders: Readonly<Record<string, (order: number) => boolean>> = {
  Gt: (order) => order > 0,
  Ge: (order) => order >= 0,
  Eq: (order) => order === 0,
  Ne: (order) => order !== 0,
  Lt: (order) => order < 0,
  Le: (order) => order <= 0,
}

function comparison(operator: string, values: readonly string[]): (value: Quantity) => boolean {
  const [text, ...others] = values
  if (text === undefined || others.length > 0) {
    throw new InvalidInputError(`property expression: ${operator} needs exactly one value, got ${values.length}`)
  }
  const wanted = parseQuantity(text)
  const holds = Object.hasOwn(orders, operator) ? orders[operator] : undefined
  if (!holds) {
    throw new InvalidInputError(
      `property expression: ${JSON.stringify(operator)} is not an operator, use Gt, Ge, Eq, Ne, Lt or Le`,
    )
  }
  return (value) => holds(compareQuantities(value, wanted))
}

/** Least and greatest values of every property a preferred term sorts by, over all clusters; first seen wins a tie. */
export function propertyRanges(
  clusters: readonly MemberCluster[],
  preferred: readonly PreferredTerm[],
  property: ReadProperty,
): Map<string, Range> {
  const names = new Set(preferred.flatMap(({ preference }) => preference.propertySorter?.name ?? []))
  return new Map([...names].map((sorted) => [sorted, rangeOf(clusters, (cluster) => property(cluster, sorted))]))
}

function rangeOf(clusters: readonly MemberCluster[], read: (cluster: MemberCluster) => Quantity | undefined): Range {
  let min: Quantity | undefined
  let max: Quantity | undefined
  for (const cluster of clusters) {
    const value = read(cluster)
    if (value === undefined) continue
    if (min === undefined || compareQuantities(value, min) < 0) min = value
    if (max === undefined || compareQuantities(value, max) > 0) max = value
  }
  return { min, max }
}

type TermScorer = (cluster: MemberCluster, ranges: ReadonlyMap<string, Range>, property: ReadProperty) => number

/** Points of one preferred term: nothing when labels differ, the weight without a sorter, else a share of the weight. */
export function termScorer({ weight, preference }: PreferredTerm): TermScorer {
  const labels: LabelMatcher = labelMatcher(preference.labelSelector)
  const sorter = preference.propertySorter
  return (cluster, ranges, property) => {
    if (!labels(cluster.metadata.labels)) return 0
    if (!sorter) return weight
    return shareOf(weight, sorter.sortOrder, property(cluster, sorter.name), ranges.get(sorter.name))
  }
}

/**
 * The part of `weight` for a value between the least and the greatest of the fleet. Nothing when the cluster does not
 * report the value or all values are equal. Throws InvalidInputError for an unknown order, and when the range is missing,
 * has no end or does not hold the value.
 */
export function shareOf(weight: number, order: string, value: Quantity | undefined, range: Range | undefined): number {
  if (value === undefined) return 0
  if (!range?.min || !range.max) throw new InvalidInputError('property sorter: no cluster was seen with a value')
  if (compareQuantities(range.min, range.max) === 0) return 0
  if (compareQuantities(value, range.min) < 0 || compareQuantities(value, range.max) > 0) {
    throw new InvalidInputError('property sorter: a value lies outside of those seen in the fleet')
  }
  const [low, high] = [range.min.approximate, range.max.approximate]
  if (!Number.isFinite(high - low) || high === low) {
    throw new InvalidInputError('property sorter: values are too large, or too close, to be compared as numbers')
  }
  // Two notations of one value may become floats a hair apart; such a value is at the bound, not beyond it.
  const share = (Math.min(Math.max(value.approximate, low), high) - low) / (high - low)
  if (order === 'Descending') return roundHalfAway(share * weight)
  if (order === 'Ascending') return roundHalfAway((1 - share) * weight)
  throw new InvalidInputError(
    `property sorter: ${JSON.stringify(order)} is not a sort order, use Ascending or Descending`,
  )
}

/** Math.round rounds negative halves up; scores round them away from zero. Never gives -0. */
function roundHalfAway(value: number): number {
  const whole = Math.trunc(Math.abs(value))
  const magnitude = Math.abs(value) - whole >= 0.5 ? whole + 1 : whole
  return value < 0 && magnitude !== 0 ? -magnitude : magnitude
}
