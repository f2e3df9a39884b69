// Values as Go's `%v` prints them, the way KubeFleet shows them in drift and diff details.

/**
 * The text of a JSON value. Numbers of the member cluster are floats there, so large ones are written with an exponent;
 * those of the hub are whole numbers if they look like it.
 */
export function goText(value: unknown, numbers: 'hub' | 'member'): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return numbers === 'hub' && Number.isInteger(value) ? String(value) : floatText(value)
  if (Array.isArray(value)) return `[${value.map((item) => goText(item, numbers)).join(' ')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${key}:${goText(member, numbers)}`)
    return `map[${members.join(' ')}]`
  }
  return String(value)
}

/** The shortest digits that say the number, with an exponent of two digits at least from a million on and below 0.0001. */
function floatText(value: number): string {
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(value)
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
