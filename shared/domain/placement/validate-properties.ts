// What can be wrong with expressions over cluster properties.
import type { ClusterSelectorTerm } from '../../api/placement.ts'
import { qualifiedNameProblem, subdomainProblem } from '../names.ts'
import { compareQuantities, type Quantity, tryParseQuantity } from '../quantity.ts'
import { resourcePropertyPrefix } from '../scheduler/fleet.ts'

type Expression = NonNullable<ClusterSelectorTerm['propertySelector']>['matchExpressions'][number]

const capacityTypes = ['allocatable', 'available', 'total']
const operators = ['Gt', 'Ge', 'Eq', 'Ne', 'Lt', 'Le']

/** Everything wrong with the property expressions of one term. */
export function propertySelectorProblems(expressions: readonly Expression[]): string[] {
  const each = expressions.flatMap(({ name, operator, values }) =>
    [propertyNameProblem(name), operatorProblem(operator, values)].filter((problem) => problem !== undefined),
  )
  return [...each, ...consistencyProblems(expressions)]
}

/** What is wrong with the name of a property, or undefined. */
export function propertyNameProblem(name: string): string | undefined {
  if (name.startsWith(resourcePropertyPrefix)) return resourceNameProblem(name)
  const [first = '', ...others] = name.split('/')
  if (others.length === 0) {
    const problem = qualifiedNameProblem(name)
    return problem && `property name ${name} is not valid: ${problem}`
  }
  const prefix = subdomainProblem(first) && qualifiedNameProblem(first)
  if (prefix) return `property name first segment ${first} is not valid: ${prefix}`
  for (const segment of others) {
    const problem = qualifiedNameProblem(segment)
    if (problem) return `property name segment ${segment} is not valid: ${problem}`
  }
  return undefined
}

function resourceNameProblem(name: string): string | undefined {
  const rest = name.slice(resourcePropertyPrefix.length)
  const dash = rest.indexOf('-')
  if (dash < 0) {
    return `invalid resource property name ${name}, expected format is [PREFIX]/[CAPACITY_TYPE]-[RESOURCE_NAME]`
  }
  if (!capacityTypes.includes(rest.slice(0, dash))) {
    return `invalid capacity type in resource property name ${name}, supported values are [${capacityTypes.join(' ')}]`
  }
  const problem = qualifiedNameProblem(name)
  return problem && `property name ${name} is not valid: ${problem}`
}

/** What is wrong with an operator and its values, or undefined: one value, a quantity. */
export function operatorProblem(operator: string, values: readonly string[]): string | undefined {
  if (!operators.includes(operator)) {
    return `unsupported operator ${operator}, supported values are [${operators.join(' ')}]`
  }
  const [value = ''] = values
  if (values.length !== 1) return `operator ${operator} requires exactly one value, got ${values.length}`
  return tryParseQuantity(value) ? undefined : `value ${JSON.stringify(value)} is not a valid quantity`
}

interface Bound {
  readonly value: Quantity
  readonly text: string
  /** The bound itself is outside. */
  readonly strict: boolean
}

interface Requirements {
  readonly equal: readonly Bound[]
  readonly unequal: readonly Bound[]
  readonly lower: Bound | undefined
  readonly upper: Bound | undefined
}

/** Expressions about one property that no value can meet together. Malformed values are reported elsewhere. */
export function consistencyProblems(expressions: readonly Expression[]): string[] {
  const names = [...new Set(expressions.map(({ name }) => name))]
  return names.flatMap((name) => {
    const about = expressions.filter((expression) => expression.name === name)
    const problem = about.length < 2 ? undefined : contradiction(requirementsOf(about))
    return problem ? [`property ${name}: ${problem}`] : []
  })
}

function requirementsOf(expressions: readonly Expression[]): Requirements {
  const of = (...wanted: string[]) =>
    expressions.flatMap(({ operator, values }): Bound[] => {
      const text = values[0] ?? ''
      const value = wanted.includes(operator) ? tryParseQuantity(text) : undefined
      return value ? [{ value, text, strict: operator === 'Gt' || operator === 'Lt' }] : []
    })
  return {
    equal: of('Eq'),
    unequal: of('Ne'),
    lower: tightest(of('Gt', 'Ge'), 1),
    upper: tightest(of('Lt', 'Le'), -1),
  }
}

/** The bound that leaves least; of equal ones a strict one. `direction` is 1 for lower bounds, -1 for upper ones. */
function tightest(bounds: readonly Bound[], direction: 1 | -1): Bound | undefined {
  const [first, ...others] = bounds
  if (!first) return undefined
  return others.reduce((best, bound) => {
    const order = compareQuantities(bound.value, best.value) * direction
    return order > 0 || (order === 0 && bound.strict) ? bound : best
  }, first)
}

function contradiction({ equal, unequal, lower, upper }: Requirements): string | undefined {
  const [value] = equal
  if (value && equal.some((other) => compareQuantities(other.value, value.value) !== 0)) {
    return `conflicting Eq values ${equal.map(({ text }) => text).join(', ')}`
  }
  if (value && unequal.some((other) => compareQuantities(other.value, value.value) === 0)) {
    return `conflicting Eq and Ne on value ${value.text}`
  }
  if (lower && upper) {
    const order = compareQuantities(lower.value, upper.value)
    if (order > 0 || (order === 0 && (lower.strict || upper.strict))) {
      return `bounds ${lower.text} and ${upper.text} exclude all values`
    }
  }
  return value && outside(value, lower, upper)
}

function outside(value: Bound, lower: Bound | undefined, upper: Bound | undefined): string | undefined {
  const below = lower && compareQuantities(value.value, lower.value)
  if (lower && below !== undefined && (below < 0 || (below === 0 && lower.strict))) {
    return `Eq value ${value.text} violates lower bound ${lower.text}`
  }
  const above = upper && compareQuantities(value.value, upper.value)
  return upper && above !== undefined && (above > 0 || (above === 0 && upper.strict))
    ? `Eq value ${value.text} violates upper bound ${upper.text}`
    : undefined
}
