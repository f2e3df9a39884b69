// What can be wrong with a placement, and whether a change of one is allowed.
import type { GroupVersionKind } from '../../api/kube-object.ts'
import type { IntOrPercent, Placement, ResourceSelectorTerm, RolloutStrategy } from '../../api/placement.ts'
import { labelSelectorProblem } from '../label-selector.ts'
import { isNamespaceKind, kindText } from './kinds.ts'
import { lostTolerations, placementTypeChanged, policyProblems, when } from './validate-policy.ts'

/** Longest name of a placement: it becomes a label value. */
const longestName = 63

/** The kinds the hub knows; undefined while it cannot say. */
export type KnownKinds = { find(kind: GroupVersionKind): { readonly namespaced: boolean } | undefined } | undefined

type Checked = Pick<Placement, 'kind' | 'metadata' | 'spec'>

/** Everything wrong with a placement of either kind; empty when it is fine. */
export function placementProblems({ kind, metadata, spec }: Checked, kinds: KnownKinds): string[] {
  return [
    ...when((metadata.name?.length ?? 0) > longestName, `the name field cannot have length exceeding ${longestName}`),
    ...selectorProblems(kind, spec.resourceSelectors, kinds),
    ...policyProblems(spec.policy).map((problem) => `the placement policy field is invalid: ${problem}`),
    ...strategyProblems(spec.strategy).map((problem) => `the rollout Strategy field  is invalid: ${problem}`),
  ]
}

/** Whether any selector takes a namespace as the scope of the others. */
export function usesNamespaceScope(selectors: readonly ResourceSelectorTerm[]): boolean {
  return selectors.some((term) => isNamespaceKind(term) && term.selectionScope === 'NamespaceWithResourceSelectors')
}

function selectorProblems(
  placementKind: Placement['kind'],
  selectors: readonly ResourceSelectorTerm[],
  kinds: KnownKinds,
): string[] {
  const anyScope = usesNamespaceScope(selectors)
  return selectors.flatMap((selector) => [
    ...when(
      Boolean(selector.name) && selector.labelSelector !== undefined,
      `the labelSelector and name fields are mutually exclusive in selector ${shown(selector)}`,
    ),
    ...labelProblems(selector),
    ...kindProblems(placementKind, selector, kinds, anyScope),
  ])
}

function labelProblems({ labelSelector }: ResourceSelectorTerm): string[] {
  const problem = labelSelector && labelSelectorProblem(labelSelector)
  return problem ? [`the labelSelector in resource selector is invalid: ${problem}`] : []
}

function kindProblems(
  placementKind: Placement['kind'],
  selector: ResourceSelectorTerm,
  kinds: KnownKinds,
  anyScope: boolean,
): string[] {
  if (!kinds) return ['cannot perform resource scope check for now, please retry']
  const found = kinds.find(selector)
  if (!found) return [`failed to get GVR of the selector ${shown(selector)}: no such kind is known`]
  const missing = 'resource is not found in schema (please retry) or it is'
  if (placementKind === 'ResourcePlacement') {
    return when(!found.namespaced, `${missing} a cluster scoped resource: ${shown(selector)}`)
  }
  return when(found.namespaced && !anyScope, `${missing} not a cluster scoped resource: ${shown(selector)}`)
}

function shown(selector: ResourceSelectorTerm): string {
  return `${kindText(selector)}${selector.name ? `, Name=${selector.name}` : ''}`
}

/** Everything wrong with a rollout strategy. */
export function strategyProblems(strategy: RolloutStrategy | undefined): string[] {
  const type: string = strategy?.type ?? ''
  const rolling = strategy?.rollingUpdate
  const period = rolling?.unavailablePeriodSeconds
  const { type: applyType, serverSideApplyConfig } = strategy?.applyStrategy ?? {}
  const applyProblems = when(
    serverSideApplyConfig !== undefined && applyType !== 'ServerSideApply',
    'serverSideApplyConfig is only valid for ServerSideApply strategy type',
  )
  if (type === 'External') {
    // The misspelling is part of KubeFleet's text.
    return [
      ...when(rolling !== undefined, 'rollingUpdateConifg is not valid for ExternalRollout strategy type'),
      ...applyProblems,
    ]
  }
  return [
    ...when(
      type !== '' && type !== 'RollingUpdate',
      `unsupported rollout strategy type \`${type}\`, supported types are RollingUpdate and External`,
    ),
    ...when(
      period !== undefined && period < 0,
      `unavailablePeriodSeconds must be greater than or equal to 0, got ${period}`,
    ),
    ...amountProblems('maxUnavailable', rolling?.maxUnavailable),
    ...amountProblems('maxSurge', rolling?.maxSurge),
    ...applyProblems,
  ]
}

function amountProblems(field: string, amount: IntOrPercent | undefined): string[] {
  if (amount === undefined) return []
  const percent = typeof amount === 'string' ? /^([+-]?\d{1,9})%$/.exec(amount)?.[1] : undefined
  if (typeof amount === 'string' && percent === undefined) {
    return [`${field} \`${amount}\` is invalid: expected a number or a percentage such as 25%`]
  }
  return when(Number(percent ?? amount) < 0, `${field} must be greater than or equal to 0, got \`${amount}\``)
}

export interface AdmissionAnswer {
  readonly allowed: boolean
  readonly message: string
}

/**
 * Whether a placement may be written. An old object that is itself invalid may only be let go of. `label` names what is
 * written in the messages, e.g. `v1beta1 CRP`.
 */
export function admitPlacement(
  { old, next, label }: { readonly old?: Checked | undefined; readonly next: Checked; readonly label: string },
  kinds: KnownKinds,
): AdmissionAnswer {
  if (old) {
    const before = aggregate(placementProblems(old, kinds))
    if (before !== undefined) {
      return next.metadata.deletionTimestamp
        ? { allowed: true, message: `allow update on old invalid ${label} with DeletionTimestamp set` }
        : deny(`deny update on old invalid ${label} with DeletionTimestamp not set ${before}`)
    }
    if (placementTypeChanged(old.spec.policy, next.spec.policy)) return deny('placement type is immutable')
    if (lostTolerations(old.spec.policy?.tolerations, next.spec.policy?.tolerations)) {
      return deny('tolerations have been updated/deleted, only additions to tolerations are allowed')
    }
  }
  const problems = aggregate(placementProblems(next, kinds))
  return problems === undefined
    ? { allowed: true, message: `any user is allowed to modify ${label}` }
    : deny(`deny create/update ${label} has invalid fields ${problems}`)
}

function deny(message: string): AdmissionAnswer {
  return { allowed: false, message }
}

/** One problem as it is, several in brackets, as Kubernetes lists errors; undefined when there is none. */
export function aggregate(problems: readonly string[]): string | undefined {
  const distinct = [...new Set(problems)]
  if (distinct.length === 0) return undefined
  return distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`
}
