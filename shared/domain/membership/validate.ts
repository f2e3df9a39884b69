// What can be wrong with a member cluster as a user writes it, and whether it may be deleted.
import type { Taint } from '../../api/member-cluster.ts'
import { labelValueProblem, qualifiedNameProblem } from '../names.ts'

/**
 * Why a cluster may not be deleted yet, or undefined: while other clusters import services it exports, its networking agents
 * must first take them back. `exports` are the names of its exports that are not going already.
 */
export function removalProblem({
  networking,
  validationMode = 'Strict',
  exports,
}: {
  readonly networking: boolean
  readonly validationMode?: 'Strict' | 'Skip' | undefined
  readonly exports: readonly string[]
}): string | undefined {
  if (!networking || validationMode === 'Skip' || exports.length === 0) return undefined
  return `Please delete serviceExport ${exports.join(', ')} in the member cluster before leaving, request is denied`
}

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
