// Parses and matches label selectors: the text of `?labelSelector=` and the LabelSelector object of the API.
import { InvalidInputError } from '../../errors.ts'
import { RequirementParser } from './label-parser.ts'
import {
  checkedRequirement,
  type LabelOperator,
  type LabelRequirement,
  requirementMatches,
} from './label-requirement.ts'
import { labelKeyComplaints } from './label-syntax.ts'

export type { LabelOperator, LabelRequirement } from './label-requirement.ts'

export type Labels = Readonly<Record<string, string>> | undefined

/** A parsed selector; all requirements must hold. */
export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[]
  /** True when there is no requirement: everything matches. */
  readonly empty: boolean
  matches(labels: Labels): boolean
}

/** metav1.LabelSelector as it comes out of an object; operators are `In`, `NotIn`, `Exists`, `DoesNotExist`. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | null | undefined
  readonly matchExpressions?:
    | readonly {
        readonly key: string
        readonly operator: string
        readonly values?: readonly string[] | null | undefined
      }[]
    | null
    | undefined
}

/** Selectors longer than this are refused before parsing. */
const maxSelectorLength = 65_536

const noLabels: Readonly<Record<string, string>> = {}

function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (labels) => requirements.every((requirement) => requirementMatches(requirement, labels ?? noLabels)),
  }
}

/**
 * Parses the text of a `labelSelector` parameter; an empty text matches everything.
 * Throws InvalidInputError (HTTP 400) in Kubernetes' words.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  if (text.length > maxSelectorLength) {
    throw new InvalidInputError(`label selector is longer than ${maxSelectorLength} characters`)
  }
  return matcherOf(new RequirementParser(text).parse())
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'not-exists',
}

function expressionRequirement(key: string, operator: string, values: readonly string[]): LabelRequirement {
  const known = Object.hasOwn(objectOperators, operator) ? objectOperators[operator] : undefined
  if (known === undefined) {
    throw new InvalidInputError(`${JSON.stringify(operator)} is not a valid label selector operator`)
  }
  const list = JSON.stringify(values)
  if ((known === 'in' || known === 'notin') && values.length === 0) {
    throw new InvalidInputError(
      `values: Invalid value: ${list}: for 'in', 'notin' operators, values set can't be empty`,
    )
  }
  if ((known === 'exists' || known === 'not-exists') && values.length > 0) {
    throw new InvalidInputError(
      `values: Invalid value: ${list}: values set must be empty for exists and does not exist`,
    )
  }
  const complaints = labelKeyComplaints(key)
  if (complaints.length > 0) {
    throw new InvalidInputError(`key: Invalid value: ${JSON.stringify(key)}: ${complaints.join('; ')}`)
  }
  return checkedRequirement(key, known, values)
}

/**
 * The matcher of a LabelSelector object. An absent selector matches nothing, an empty one everything.
 * Throws InvalidInputError for unknown operators and bad keys or values.
 */
export function labelSelectorMatcher(selector: LabelSelectorObject | null | undefined): LabelMatcher {
  if (selector === null || selector === undefined) return { requirements: [], empty: false, matches: () => false }
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    expressionRequirement(key, 'In', [value]),
  )
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    expressionRequirement(key, operator, values ?? []),
  )
  return matcherOf([...pairs, ...expressions])
}

/** Whether labels satisfy a LabelSelector object; see {@link labelSelectorMatcher}. */
export function matchesLabelSelector(selector: LabelSelectorObject | null | undefined, labels: Labels): boolean {
  return labelSelectorMatcher(selector).matches(labels)
}
