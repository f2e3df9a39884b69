// The order of API versions: stable before beta before alpha, newer before older, anything else last by name.

const shape = /^v(\d+)(?:(alpha|beta)(\d+))?$/
const stability: Readonly<Record<string, number>> = { alpha: 0, beta: 1 }

/** Sorts the preferred version first. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [rank(a), rank(b)]
  if (!first && !second) return a < b ? -1 : 1
  if (!first) return 1
  if (!second) return -1
  const at = first.findIndex((part, index) => part !== second[index])
  return at < 0 ? 0 : (second[at] ?? 0) - (first[at] ?? 0)
}

function rank(version: string): readonly number[] | undefined {
  const match = shape.exec(version)
  if (!match) return undefined
  const [, major = '0', word, minor = '0'] = match
  return [word === undefined ? 2 : (stability[word] ?? 0), Number(major), Number(minor)]
}
