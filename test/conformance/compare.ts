// Two values side by side: every place where they differ.

export interface Difference {
  /** Where in the answer: `code`, `headers.warnings[0]`, `body.metadata.labels`. */
  readonly path: string
  /** Undefined where the server had nothing. */
  readonly real: unknown
  readonly hub: unknown
}

/** Differences in the order of the real answer. Lists are compared place by place. */
export function differencesOf(real: unknown, hub: unknown, path = ''): readonly Difference[] {
  if (Object.is(real, hub)) return []
  if (Array.isArray(real) && Array.isArray(hub)) {
    const longest = Math.max(real.length, hub.length)
    return Array.from({ length: longest }, (_value, index) =>
      differencesOf(real[index], hub[index], `${path}[${index}]`),
    ).flat()
  }
  if (isFields(real) && isFields(hub)) {
    const keys = [...new Set([...Object.keys(real), ...Object.keys(hub)])]
    return keys.flatMap((key) => differencesOf(real[key], hub[key], joined(path, key)))
  }
  return [{ path, real, hub }]
}

function joined(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}["${key}"]`
  return path === '' ? key : `${path}.${key}`
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for the path itself and whatever lies below it. */
export function covers(path: string, at: string): boolean {
  return at === path || (at.startsWith(path) && /^[.[]/.test(at.slice(path.length)))
}
