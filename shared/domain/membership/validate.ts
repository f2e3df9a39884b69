// What can be wrong with a member cluster as a user writes it, and whether it may be deleted.
import type { Taint } from '../../api/member-cluster.ts'
import { labelValueProblem, qualifiedNameProblem } from '../names.ts'

/** Everything wrong with the taints of a cluster. */
export function taintProblems(taints: readonly Taint[] = []): string[] {
  const texts = new Set(taints.map(({ key, value = '', effect }) => JSON.stringify([key, value, effect])))
  return [
    ...taints.flatMap(({ key, value = '' }) => {
      const keyProblem = qualifiedNameProblem(key)
      const valueProblem = labelValueProblem(value)
      return [
        ...(keyProblem ? [`invalid taint key ${JSON.stringify(key)}: ${keyProblem}`] : []),
        ...(valueProblem ? [`invalid taint value ${JSON.stringify(value)}: ${valueProblem}`] : []),
      ]
    }),
    ...(texts.size === taints.length ? [] : ['taints must be unique']),
  ]
}
