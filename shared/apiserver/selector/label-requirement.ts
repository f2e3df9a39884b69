// One requirement of a label selector: what it may hold, and when labels satisfy it.
import { InvalidInputError } from '../../errors.ts'
import { labelValueComplaints } from './label-syntax.ts'

export type LabelOperator = 'in' | 'notin' | 'exists' | 'not-exists' | 'gt' | 'lt'

/** One condition on one label. `values` is empty for exists and not-exists, one integer text for gt and lt. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

const int64 = /^[-+]?[0-9]+$/
const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

function parseInt64(text: string): bigint | undefined {
  if (!int64.test(text) || text.length > 20) return undefined
  const parsed = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return parsed > int64Max || parsed < int64Min ? undefined : parsed
}

/** Checks values against the operator; throws InvalidInputError in Kubernetes' words. */
export function checkedRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const complaints: string[] = []
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((text, index) => {
      if (parseInt64(text) !== undefined) return
      complaints.push(
        `values[${index}]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    })
  }
  values.forEach((text, index) => {
    const wrong = labelValueComplaints(text)
    if (wrong.length > 0) {
      complaints.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(text)}: ${wrong.join('; ')}`)
    }
  })
  if (complaints.length === 1) throw new InvalidInputError(complaints[0])
  if (complaints.length > 1) throw new InvalidInputError(`[${complaints.join(', ')}]`)
  return { key, operator, values }
}

/** Whether labels satisfy a requirement; an absent label is never equal, never in and always not in. */
export function requirementMatches(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined
    case 'not-exists':
      return value === undefined
    case 'in':
      return value !== undefined && requirement.values.includes(value)
    case 'notin':
      return value === undefined || !requirement.values.includes(value)
    default: {
      const left = value === undefined ? undefined : parseInt64(value)
      const right = parseInt64(requirement.values[0] ?? '')
      if (left === undefined || right === undefined) return false
      return requirement.operator === 'gt' ? left > right : left < right
    }
  }
}
