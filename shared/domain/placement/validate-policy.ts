// What can be wrong with a placement policy, by placement type.
import type { ClusterSelectorTerm, PlacementPolicy, Toleration } from '../../api/placement.ts'
import { labelSelectorProblem } from '../label-selector.ts'
import { labelValueProblem, qualifiedNameProblem, subdomainProblem } from '../names.ts'
import { propertyNameProblem, propertySelectorProblems } from './validate-properties.ts'

/** Longest name of a member cluster. */
const longestClusterName = 63

/** Everything wrong with a policy. No policy means PickAll and is fine. */
export function policyProblems(policy: PlacementPolicy | undefined): string[] {
  switch (policy?.placementType) {
    case 'PickFixed':
      return pickFixedProblems(policy)
    case 'PickN':
      return pickNProblems(policy)
    default:
      return policy ? pickAllProblems(policy) : []
  }
}

function pickFixedProblems(policy: PlacementPolicy): string[] {
  const names = policy.clusterNames ?? []
  return [
    ...names.flatMap(clusterNameProblems),
    ...when(new Set(names).size !== names.length, 'cluster names must be unique for policy type PickFixed'),
    ...when(
      policy.numberOfClusters !== undefined,
      'number of clusters must be nil for policy type PickFixed, only valid for PickN placement policy type',
    ),
    ...when(
      policy.affinity !== undefined,
      'affinity must be nil for policy type PickFixed, only valid for PickAll/PickN placement policy types',
    ),
    ...when(
      filled(policy.topologySpreadConstraints),
      'topology spread constraints needs to be empty for policy type PickFixed, only valid for PickN policy type',
    ),
    ...when(
      filled(policy.tolerations),
      'tolerations needs to be empty for policy type PickFixed, only valid for PickAll/PickN',
    ),
  ]
}

function clusterNameProblems(name: string): string[] {
  const problem = subdomainProblem(name)
  return [
    ...when(problem !== undefined, `PickFixed cluster name ${name} is not a valid member name: ${problem}`),
    ...when(
      name.length > longestClusterName,
      `PickFixed cluster name ${name} cannot have length exceeding ${longestClusterName}`,
    ),
  ]
}

function pickAllProblems(policy: PlacementPolicy): string[] {
  const cluster = policy.affinity?.clusterAffinity
  return [
    ...when(
      filled(policy.clusterNames),
      'cluster names needs to be empty for policy type PickAll, only valid for PickFixed policy type',
    ),
    ...when(
      policy.numberOfClusters !== undefined,
      'number of clusters must be nil for policy type PickAll, only valid for PickN placement policy type',
    ),
    ...requiredProblems(policy),
    ...when(
      filled(cluster?.preferredDuringSchedulingIgnoredDuringExecution),
      'PreferredDuringSchedulingIgnoredDuringExecution will be ignored for placement policy type PickAll',
    ),
    ...when(
      filled(policy.topologySpreadConstraints),
      'topology spread constraints needs to be empty for policy type PickAll, only valid for PickN policy type',
    ),
    ...tolerationProblems(policy.tolerations),
  ]
}

function pickNProblems(policy: PlacementPolicy): string[] {
  const { numberOfClusters } = policy
  return [
    ...when(
      filled(policy.clusterNames),
      'cluster names needs to be empty for policy type PickN, only valid for PickFixed policy type',
    ),
    ...when(numberOfClusters === undefined, 'number of cluster cannot be nil for policy type PickN'),
    ...when((numberOfClusters ?? 0) < 0, `number of clusters cannot be ${numberOfClusters} for policy type PickN`),
    ...requiredProblems(policy),
    ...preferredProblems(policy),
    ...spreadProblems(policy),
    ...tolerationProblems(policy.tolerations),
  ]
}

function requiredProblems({ affinity }: PlacementPolicy): string[] {
  const terms = affinity?.clusterAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.clusterSelectorTerms ?? []
  return terms.flatMap((term) => [
    ...labelProblems(term),
    ...when(
      term.propertySorter !== undefined,
      'PropertySorter is not allowed for RequiredDuringSchedulingIgnoredDuringExecution affinity',
    ),
    ...propertySelectorProblems(term.propertySelector?.matchExpressions ?? []),
  ])
}

function preferredProblems({ affinity }: PlacementPolicy): string[] {
  const terms = affinity?.clusterAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return terms.flatMap(({ preference }) => [
    ...labelProblems(preference),
    ...when(
      preference.propertySelector !== undefined,
      'PropertySelector is not allowed for PreferredDuringSchedulingIgnoredDuringExecution affinity',
    ),
    ...sorterProblems(preference),
  ])
}

function sorterProblems({ propertySorter }: ClusterSelectorTerm): string[] {
  if (!propertySorter) return []
  const { name, sortOrder } = propertySorter
  const problem = propertyNameProblem(name)
  return [
    ...(problem ? [problem] : []),
    ...when(
      sortOrder !== 'Ascending' && sortOrder !== 'Descending',
      `invalid property sort order ${sortOrder}, supported values are Ascending and Descending`,
    ),
  ]
}

function labelProblems({ labelSelector }: ClusterSelectorTerm): string[] {
  const problem = labelSelector && labelSelectorProblem(labelSelector)
  return problem ? [`the labelSelector in cluster selector is invalid: ${problem}`] : []
}

function spreadProblems({ topologySpreadConstraints = [] }: PlacementPolicy): string[] {
  const known = ['', 'DoNotSchedule', 'ScheduleAnyway']
  return topologySpreadConstraints
    .map(({ whenUnsatisfiable = '' }) => whenUnsatisfiable)
    .filter((type) => !known.includes(type))
    .map((type) => `unknown unsatisfiable type ${type}, supported values are DoNotSchedule and ScheduleAnyway`)
}

/** Everything wrong with tolerations. */
export function tolerationProblems(tolerations: readonly Toleration[] = []): string[] {
  const texts = new Set(tolerations.map(tolerationText))
  return [
    ...tolerations.flatMap(oneTolerationProblems),
    ...when(texts.size !== tolerations.length, 'tolerations must be unique'),
  ]
}

function oneTolerationProblems({ key = '', operator, value = '' }: Toleration): string[] {
  const keyProblem = key === '' ? undefined : qualifiedNameProblem(key)
  const problems = keyProblem ? [`invalid toleration key ${key}: ${keyProblem}`] : []
  if (operator === 'Exists') {
    return [...problems, ...when(value !== '', 'toleration value needs to be empty, when operator is Exists')]
  }
  const valueProblem = labelValueProblem(value)
  return [
    ...problems,
    ...when(key === '', 'toleration key cannot be empty, when operator is Equal'),
    ...(valueProblem ? [`invalid toleration value ${value}: ${valueProblem}`] : []),
  ]
}

/** Whether an old toleration is missing from the new list: tolerations may only be added. */
export function lostTolerations(old: readonly Toleration[] = [], next: readonly Toleration[] = []): boolean {
  const kept = new Set(next.map(tolerationText))
  return old.some((toleration) => !kept.has(tolerationText(toleration)))
}

function tolerationText({ key = '', operator = '', value = '', effect = '' }: Toleration): string {
  return JSON.stringify([key, operator, value, effect])
}

/** Whether the way of picking changed, which is not allowed. No policy counts as PickAll. */
export function placementTypeChanged(old: PlacementPolicy | undefined, next: PlacementPolicy | undefined): boolean {
  return (old?.placementType ?? 'PickAll') !== (next?.placementType ?? 'PickAll')
}

function filled(list: readonly unknown[] | undefined): boolean {
  return (list?.length ?? 0) > 0
}

/** The problem as a list, when there is one. */
export function when(condition: boolean, problem: string): string[] {
  return condition ? [problem] : []
}
