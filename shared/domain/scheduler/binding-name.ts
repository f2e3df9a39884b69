// Names of bindings.
import { InvalidInputError } from '../../errors.ts'
import { dnsLabelProblem } from '../names.ts'

/** Characters kept of the placement's name, the cluster's name and the random suffix: together a DNS label of at most 63. */
const lengths = { placement: 26, cluster: 27, suffix: 8 } as const

/**
 * `<placement>-<cluster>-<suffix>`, each cut to its length. `suffix` is random text such as a UUID. Dots become dashes:
 * a name with a dot is a fine placement or cluster name but no part of a label. Throws InvalidInputError when the names
 * hold anything else a DNS label must not.
 */
export function bindingName(placement: string, cluster: string, suffix: string): string {
  const name = `${part(placement, lengths.placement)}-${part(cluster, lengths.cluster)}-${suffix.slice(0, lengths.suffix)}`
  const problem = dnsLabelProblem(name)
  if (problem) throw new InvalidInputError(`${JSON.stringify(name)} cannot name a binding: ${problem}`)
  return name
}

function part(name: string, length: number): string {
  return name.slice(0, length).replaceAll('.', '-')
}
