// Variables in override values: the name and the labels of the cluster an object goes to.
import { InvalidInputError } from '../../errors.ts'

export interface ClusterFacts {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>> | undefined
}

const nameVariable = '$' + '{MEMBER-CLUSTER-NAME}'
const labelPrefix = '$' + '{MEMBER-CLUSTER-LABEL-KEY-'

/** The text with every variable replaced. Throws InvalidInputError for a label the cluster lacks or an open variable. */
export function withVariables(text: string, cluster: ClusterFacts): string {
  return withLabels(
    text.replaceAll(nameVariable, () => cluster.name),
    cluster,
  )
}

/** Replaces label variables only. A label's value is not looked at again, so the work is bounded by the text. */
export function withLabels(text: string, { name, labels = {} }: ClusterFacts): string {
  const pieces: string[] = []
  let from = 0
  for (let start = text.indexOf(labelPrefix); start >= 0; start = text.indexOf(labelPrefix, from)) {
    const keyStart = start + labelPrefix.length
    const end = text.indexOf('}', keyStart)
    if (end < 0)
      throw new InvalidInputError(`input ${JSON.stringify(text)} is missing the closing bracket of a label variable`)
    const key = text.slice(keyStart, end)
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    if (value === undefined) throw new InvalidInputError(`label key ${key} not found on cluster ${name}`)
    pieces.push(text.slice(from, start), value)
    from = end + 1
  }
  return pieces.join('') + text.slice(from)
}

/** A patch value with its variables replaced in its JSON text, member names included. Throws InvalidInputError. */
export function valueFor(value: unknown, cluster: ClusterFacts): unknown {
  if (value === undefined) return undefined
  const text = withVariables(JSON.stringify(value), cluster)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new InvalidInputError(`the value is not valid JSON once its variables are replaced: ${text}`)
  }
}
