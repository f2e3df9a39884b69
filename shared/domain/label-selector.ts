// Kubernetes label selectors: matching labels, and saying what is wrong with a selector. Used by selection, scheduling,
// overrides and validation.
import type { LabelSelector } from '../api/placement.ts'
import { InvalidInputError } from '../errors.ts'
import { labelValueProblem, qualifiedNameProblem } from './names.ts'

type Labels = Readonly<Record<string, string>>
type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

/** A selector checked once and matched often. */
export type LabelMatcher = (labels: Labels | undefined) => boolean

/**
 * Compiles a selector. No selector, and a selector without requirements, match everything.
 * Throws InvalidInputError when the selector is malformed.
 */
export function labelMatcher(selector: LabelSelector | undefined): LabelMatcher {
  const problem = selector && labelSelectorProblem(selector)
  if (problem) throw new InvalidInputError(problem)
  const equal = Object.entries(selector?.matchLabels ?? {})
  const expressions = selector?.matchExpressions ?? []
  return (labels = {}) =>
    equal.every(([key, value]) => own(labels, key) === value) &&
    expressions.every((requirement) => meets(labels, requirement))
}

/** Whether `labels` match. Throws like `labelMatcher`; compile once when many are matched. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return labelMatcher(selector)(labels)
}

/** What is wrong with a selector, or undefined when it can be used. */
export function labelSelectorProblem(selector: LabelSelector): string | undefined {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const problem = keyProblem(key) ?? valuesProblem(key, [value])
    if (problem) return problem
  }
  for (const requirement of selector.matchExpressions ?? []) {
    const problem = requirementProblem(requirement)
    if (problem) return problem
  }
  return undefined
}

function requirementProblem({ key, operator, values = [] }: Requirement): string | undefined {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        return `label selector: key ${JSON.stringify(key)}: for 'in', 'notin' operators, values set can't be empty`
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) return `label selector: for key ${JSON.stringify(key)}, ${operator} must have no values`
      break
    default:
      return `label selector: ${JSON.stringify(operator)} is not a valid label selector operator, use In, NotIn, Exists or DoesNotExist`
  }
  return keyProblem(key) ?? valuesProblem(key, values)
}

function keyProblem(key: string): string | undefined {
  const problem = qualifiedNameProblem(key)
  return problem && `label selector: key ${JSON.stringify(key)}: ${problem}`
}

function valuesProblem(key: string, values: readonly string[]): string | undefined {
  for (const value of values) {
    const problem = labelValueProblem(value)
    if (problem) return `label selector: value ${JSON.stringify(value)} of key ${JSON.stringify(key)}: ${problem}`
  }
  return undefined
}

function meets(labels: Labels, { key, operator, values = [] }: Requirement): boolean {
  const value = own(labels, key)
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const listed = value !== undefined && values.includes(value)
  return operator === 'In' ? listed : !listed
}

/** Labels are user data: a key such as `constructor` must not find what every object inherits. */
function own(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
