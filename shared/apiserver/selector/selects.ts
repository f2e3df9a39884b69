// A LabelSelector object against labels: every label and every expression must hold; an empty selector selects all.
import { z } from 'zod'

export const LabelSelector = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
})
export type LabelSelector = z.infer<typeof LabelSelector>

/** An operator that does not exist selects nothing. */
export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Readonly<Record<string, string>>) {
  const value = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  const pairs = Object.entries(matchLabels ?? {})
  return (
    pairs.every(([key, wanted]) => value(key) === wanted) &&
    (matchExpressions ?? []).every(({ key, operator, values }) => holds(operator, values ?? [], value(key)))
  )
}

function holds(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
