// JSON text as Go's encoder writes it: sorted member names, no spaces, HTML characters escaped. Hashes and annotations
// shared with KubeFleet are made of this text.

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** The text of a JSON value; members that are `undefined` are left out. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => goJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) return mapText(value)
  return scalarText(value)
}

/** Written by hand because JSON.stringify puts member names that look like numbers first. */
function mapText(map: object): string {
  const members = Object.entries(map)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${scalarText(key)}:${goJson(member)}`)
  return `{${members.join(',')}}`
}

function scalarText(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, (one) => escapes[one] ?? one)
}
